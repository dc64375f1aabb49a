"""The values that travel between the modules of this package: frozen and typed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Unit vectors, one per row: shape (n, d)."""

SkipReason = Literal["metadata", "promotional", "repeated"]
"""Why a stretch of an article is not searched: it is a date line or front matter, it promotes or
navigates, or many articles hold the same paragraph."""


class Span(NamedTuple):
    """The half-open range [start, end) of Unicode code points in an article's text.

    >>> text = "Joined in August 2020."
    >>> Span(10, 21).of(text)
    'August 2020'
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


class SkippedSpan(NamedTuple):
    """A range of an article's text that is not searched.

    `reason` is None for an article that was indexed before reasons were kept.
    """

    start: int
    end: int
    reason: SkipReason | None = None

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known about an article besides its text: the base of every type that carries it."""

    title: str = ""
    published: date | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None

    def metadata(self) -> dict[str, Any]:
        """These fields by name, without those of a subclass, for the constructor of another type.

        >>> ArticleInfo("a", title="A lobby loses a member").metadata()["title"]
        'A lobby loses a member'
        """
        return {name: getattr(self, name) for name in METADATA_FIELDS}


METADATA_FIELDS = tuple(field.name for field in fields(Metadata))


@dataclass(frozen=True, slots=True)
class ArticleInfo(Metadata):
    """An article without its text."""

    id: str

    @property
    def hashed(self) -> str:
        """What hashes are made of. It is spelled out, and pinned by a test, because another
        spelling would make every article of an existing index look changed."""
        return (
            f"ArticleInfo(id={self.id!r}, title={self.title!r}, published={self.published!r},"
            f" source={self.source!r}, author={self.author!r}, url={self.url!r})"
        )


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it was read. `text` is never altered afterwards.

    `skipped` are the ranges of `text` that are not prose: in order, disjoint, and never part of a
    passage.
    """

    info: ArticleInfo
    text: str
    skipped: tuple[SkippedSpan, ...] = ()
    keep_all: bool = False
    """Whether paragraphs are kept that many articles hold; its reader has kept all others."""

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def content_hash(self) -> str:
        """Hex digest of everything that tells two versions of the article apart.

        Why a range is skipped is not part of it. The form is pinned, as `ArticleInfo.hashed` is.
        """
        spans = [f"Span(start={start}, end={end})" for start, end, _ in self.skipped]
        skipped = f"({', '.join(spans)}{',' if len(spans) == 1 else ''})"
        content = f"({self.info.hashed}, {self.text!r}, {skipped})" + "keep_all" * self.keep_all
        # Lone surrogates cannot be encoded as UTF-8, and must not make two texts look alike.
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A range of an article, embedded and retrieved as a unit: `text == article.text[start:end]`.

    `sentences` are the ranges of its sentences in the article, in order, inside [start, end).
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]

    def sentence_text(self, sentence: Span) -> str:
        return self.text[sentence.start - self.start : sentence.end - self.start]


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage found for a question. `score` is in [0, 1]; higher is better."""

    passage: Passage
    article: ArticleInfo
    score: float


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles to search. Empty means all of them; dates are inclusive.

    An article without a date is outside every date range.
    """

    published_from: date | None = None
    published_to: date | None = None
    sources: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product is their similarity."""

    @property
    def name(self) -> str:
        """What the index and its errors call the model."""

    @property
    def fingerprint(self) -> str | None:
        """Equal for models with the same weights, whose vectors can be compared; None: unknown."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """The most tokens of a text that the model reads, not counting its special tokens."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, in the order given; shape (len(texts), dimension), unit length."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, even beyond those that the model reads."""

    def token_spans(self, text: str) -> list[Span]:
        """Where the tokens of a text are, in order."""
