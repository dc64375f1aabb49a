"""The values passed between the modules of this package: frozen and typed."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Unit vectors, one per row: shape (n, d)."""

SkipReason = Literal["metadata", "page", "promotional", "repeated"]
"""Why a range of an article is not searched: it is a date line or front matter, the header or
footer of a page, promotion or navigation, or a paragraph repeated in many articles."""


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

    `reason` is None for articles indexed before reasons were stored.
    """

    start: int
    end: int
    reason: SkipReason | None = None

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known about an article besides its text: the base of every type with these fields."""

    title: str = ""
    published: date | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None

    def metadata(self) -> dict[str, Any]:
        """These fields by name, without a subclass's own, to pass to another type's constructor.

        >>> ArticleInfo("a", title="A lobby loses a member").metadata()["title"]
        'A lobby loses a member'
        """
        return {name: getattr(self, name) for name in METADATA_FIELDS}


METADATA_FIELDS = tuple(field.name for field in fields(Metadata))


@dataclass(frozen=True, slots=True)
class ArticleInfo(Metadata):
    """An article without its text."""

    id: str
    pages: tuple[int, ...] = ()
    """Where each page begins in the text, in order; empty for formats without pages."""

    @property
    def hashed(self) -> str:
        """The string that hashes are computed from. A test pins its format, because changing it
        would make every article of an existing index look changed."""
        return (
            f"ArticleInfo(id={self.id!r}, title={self.title!r}, published={self.published!r},"
            f" source={self.source!r}, author={self.author!r}, url={self.url!r})"
        )


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it was read; `text` is never changed afterwards.

    `skipped` are the ranges of `text` that are not prose: in order, disjoint, and never part of a
    passage.
    """

    info: ArticleInfo
    text: str
    skipped: tuple[SkippedSpan, ...] = ()
    keep_all: bool = False
    """Keep even paragraphs repeated in many articles; set by a reader that skipped nothing."""

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def content_hash(self) -> str:
        """A hex digest that differs whenever the article does.

        The reasons for skipped ranges are not part of it. The format is pinned, like
        `ArticleInfo.hashed`.
        """
        spans = [f"Span(start={start}, end={end})" for start, end, _ in self.skipped]
        skipped = f"({', '.join(spans)}{',' if len(spans) == 1 else ''})"
        content = f"({self.info.hashed}, {self.text!r}, {skipped})" + "keep_all" * self.keep_all
        content += f"pages{self.info.pages}" if self.info.pages else ""
        # Texts that differ only in lone surrogates must differ in their hashes.
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def page_at(pages: Sequence[int], position: int) -> int | None:
    """The number of the page, from 1, that a position is on; None if there are no pages.

    >>> page_at((0, 100, 100, 250), 100), page_at((), 100)
    (3, None)
    """
    return max(1, bisect_right(pages, position)) if pages else None


@dataclass(frozen=True, slots=True)
class Passage:
    """A range of an article, embedded and retrieved as a unit: `text == article.text[start:end]`.

    `sentences` are ranges of the article's text, in order, within [start, end).
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
class Reading:
    """What a reader made of a passage and a question."""

    sentences: tuple[float, ...]
    """For each sentence, the log-odds that it answers, against nothing in the passage doing so."""
    words: tuple[Span | None, ...] = ()
    """For each sentence, the words in it that answer if it does, as a range of the passage's text;
    None, or an empty tuple for all, if unknown."""

    @property
    def log_odds(self) -> float:
        """That any sentence of the passage answers, against none."""
        return float(np.logaddexp.reduce(self.sentences))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles that are copies of each other: the `id` of the earliest, and how many there are."""

    id: str
    articles: int


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage found for a question. `score` is in [0, 1]; higher is better.

    `prior` is the score of the search alone. `reading` is None if no reader read it, `cluster` if
    the article has no copies.
    """

    passage: Passage
    article: ArticleInfo
    score: float
    prior: float = 0.0
    reading: Reading | None = None
    cluster: Cluster | None = None

    @property
    def article_id(self) -> str:
        return self.article.id

    @property
    def start(self) -> int:
        return self.passage.start

    @property
    def end(self) -> int:
        return self.passage.end

    @property
    def told_by(self) -> str:
        """The story that the article and its copies tell, by the id of the earliest."""
        return self.cluster.id if self.cluster else self.article.id


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

    def let_through(self, article: ArticleInfo) -> bool:
        day = article.published
        if (self.published_from or self.published_to) and day is None:
            return False
        return (
            (day is None or (self.published_from or day) <= day <= (self.published_to or day))
            and (not self.sources or article.source in self.sources)
            and (not self.article_ids or article.id in self.article_ids)
        )


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product is their similarity."""

    @property
    def name(self) -> str:
        """The model's name, in the index and in error messages."""

    @property
    def fingerprint(self) -> str | None:
        """Equal for models with the same weights, whose vectors are comparable; None if unknown."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, not counting special tokens."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order; shape (len(texts), dimension)."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, including those beyond `max_tokens`."""

    def token_spans(self, text: str) -> list[Span]:
        """The ranges of a text's tokens, in order."""


class Reader(Protocol):
    """Reads passages for a question."""

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        """One reading per passage, in order. Raises UserError if its model cannot be used."""


class Reranker(Protocol):
    """Scores how well passages answer a question."""

    def log_odds(self, question: str, passages: Sequence[ScoredPassage]) -> list[float]:
        """One number per passage, in order. Raises UserError if its model cannot be used."""
