"""The values that the catalog takes and returns."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from vectorstore.types import Article, ArticleInfo, Cluster, Passage, SkippedSpan, Span


@dataclass(frozen=True, slots=True)
class RepeatedParagraph:
    """A paragraph of an article, and the fingerprint that identifies it in others."""

    fingerprint: str
    span: Span


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """An article as it was read, with its passages.

    `repeated` are the paragraphs left out of the passages because many articles contain them.
    """

    article: Article
    passages: tuple[Passage, ...]
    repeated: tuple[RepeatedParagraph, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article of the catalog with the number of its passages."""

    info: ArticleInfo
    passages: int


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that are copies of each other, the earliest first and undated ones last.

    `articles` holds at most `MOST_MEMBERS` of them; `count` is their number.
    """

    articles: tuple[ArticleInfo, ...]
    count: int

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.articles[0].id, self.count)


MOST_MEMBERS = 100


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of articles, newest first. `next_cursor` is None on the last page."""

    articles: tuple[ListedArticle, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over the catalog. `sources` come with their numbers of articles, largest first."""

    articles: int
    passages: int
    published_from: date | None
    published_to: date | None
    sources: tuple[tuple[str, int], ...]


class PassageFacts(NamedTuple):
    """A passage's row in the catalog, its number of words, and its article's date and source.

    `published` is a number from `number_of`, or None for an undated article.
    """

    row: int
    words: int
    published: int | None
    source: str | None


def skipping(article: Article, repeated: Iterable[Span]) -> Article:
    """The article with these repeated paragraphs skipped too.

    Ranges stay in order and disjoint; adjacent ones are merged if they have the same reason.
    """
    merged: list[SkippedSpan] = []
    more = (SkippedSpan(start, end, "repeated") for start, end in repeated)
    for start, end, reason in sorted((*article.skipped, *more), key=lambda span: span[:2]):
        last = merged[-1] if merged else SkippedSpan(0, 0)
        if merged and start <= last.end and reason == last.reason:
            merged[-1] = SkippedSpan(last.start, max(last.end, end), reason)
        elif end > last.end:
            merged.append(SkippedSpan(max(start, last.end), end, reason))
    return replace(article, skipped=tuple(merged))
