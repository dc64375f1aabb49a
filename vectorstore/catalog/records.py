"""What the catalog takes and gives: articles with their passages, pages, numbers, matches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from vectorstore.types import Article, ArticleInfo, Passage, SkippedSpan, Span


@dataclass(frozen=True, slots=True)
class RepeatedParagraph:
    """A paragraph of an article, and what it is recognised by in others."""

    fingerprint: str
    span: Span


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """An article as it was read, with the passages it is found by.

    `repeated` are the paragraphs left out of them because many articles hold them.
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
class ArticlePage:
    """Some of the articles, newest first; `next_cursor` asks for those after them."""

    articles: tuple[ListedArticle, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the catalog holds, in numbers; sources with their articles, the largest first."""

    articles: int
    passages: int
    published_from: date | None
    published_to: date | None
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A passage that a full-text query matched. `bm25` is positive; higher is better."""

    passage_id: str
    article_id: str
    bm25: float


def skipping(article: Article, repeated: Iterable[Span]) -> Article:
    """The article with its repeated paragraphs skipped too.

    Ranges stay in order and disjoint; those that touch are merged if the reason is the same.
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
