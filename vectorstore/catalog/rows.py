"""Converts values to columns and back."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from vectorstore.types import Article, ArticleInfo, Passage, SkippedSpan, Span

# Columns of `articles a` and `passages p`, in the order in which `*_from` reads them.
INFO = "a.id, a.title, a.published, a.source, a.author, a.url, a.pages"
PASSAGE = 'p.id, p.start, p."end", p.text, p.sentences'


def place_from(cursor: str) -> tuple[int, int]:
    """The date and the row in a cursor; raises ValueError."""
    day, row = (int(part) for part in cursor.split("."))
    if max(abs(day), abs(row)) >= 2**63:
        raise ValueError(f"{cursor!r} names a place that no article can have.")
    return day, row


def date_number(day: date | None) -> int | None:
    return None if day is None else number_of(day)


def number_of(day: date) -> int:
    """A date as an integer that sorts in the same order.

    >>> number_of(date(2022, 4, 20))
    20220420
    """
    return day.year * 10_000 + day.month * 100 + day.day


def date_from(number: int | None) -> date | None:
    if number is None:
        return None
    return date(number // 10_000, number // 100 % 100, number % 100)


def info_values(info: ArticleInfo) -> tuple[object, ...]:
    return (
        info.id,
        info.title,
        date_number(info.published),
        info.source,
        info.author,
        info.url,
    )


def article_values(article: Article, content: int) -> tuple[object, ...]:
    """The values of the columns `id` to `keep_all`, and of `pages`; `content` is the row of the
    text."""
    skipped, pages = json.dumps(article.skipped), json.dumps(article.info.pages)
    return (*info_values(article.info), content, skipped, int(article.keep_all), pages)


def article_from(row: Sequence[Any]) -> Article:
    return Article(info_from(row), row[7], skipped_from_json(row[8]), bool(row[9]))


def info_from(row: Sequence[Any]) -> ArticleInfo:
    article_id, title, published, source, author, url, pages = row[:7]
    return ArticleInfo(
        article_id,
        tuple(json.loads(pages)),
        title=title,
        published=date_from(published),
        source=source,
        author=author,
        url=url,
    )


def passage_from(row: Sequence[Any]) -> Passage:
    return Passage(row[7], row[0], row[8], row[9], row[10], spans_from_json(row[11]))


def skipped_from_json(text: str) -> tuple[SkippedSpan, ...]:
    return tuple(SkippedSpan(*each) for each in json.loads(text))


def spans_from_json(text: str) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in json.loads(text))
