"""The values that travel between the modules of this package: frozen, typed, no library."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Unit vectors, one a row: shape (n, d)."""


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


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article besides its text."""

    id: str
    title: str = ""
    published: date | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it was read. `text` is never altered afterwards.

    `skipped` are the ranges of `text` that are not prose (a date line, front matter, promotion):
    in order, disjoint, and never part of a passage.
    """

    info: ArticleInfo
    text: str
    skipped: tuple[Span, ...] = ()

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def content_hash(self) -> str:
        """Hex digest of everything a reader could tell two versions of the article apart by."""
        # Lone surrogates cannot be encoded as UTF-8, and must not make two texts look alike.
        content = repr((self.info, self.text, self.skipped))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A range of an article that is embedded and found as one: `text == article.text[start:end]`.

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
    """Which articles a search may look at. Empty means all; dates are inclusive.

    An article without a date is outside every date range.
    """

    published_from: date | None = None
    published_to: date | None = None
    sources: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product is their likeness."""

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
        """The most tokens of a text that the model reads, its own marks not counted."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, in the order given; shape (len(texts), dimension), each of length 1."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, however many the model would read."""

    def token_spans(self, text: str) -> list[Span]:
        """Where the tokens of a text are, in order."""
