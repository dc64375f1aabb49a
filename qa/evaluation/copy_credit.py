"""Counts a copy as the expected article if it has the expected words.

Of several copies, the search shows and the answer cites one, and a question file names one. These
need not be the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from qa.evaluation.question_file import GoldSpan
from qa.types import Citation, PassageResult
from vectorstore.copies import find_words

Found = TypeVar("Found", Citation, PassageResult)


def as_expected(
    found: Sequence[Found],
    expected: Sequence[GoldSpan],
    copies_of: Callable[[str], frozenset[str]],
    article_text: Callable[[str], str],
) -> tuple[Found, ...]:
    """The passages or citations. One from a copy of an expected article that holds the expected
    words gets that article's id, and a range at the same offset from the words there.

    `copies_of` returns the ids of an article's copies, `article_text` the text of an article.
    """
    return tuple(_as_expected(each, expected, copies_of, article_text) for each in found)


def _as_expected(
    found: Found,
    expected: Sequence[GoldSpan],
    copies_of: Callable[[str], frozenset[str]],
    article_text: Callable[[str], str],
) -> Found:
    if found.cluster is None or any(gold.article_id == found.article_id for gold in expected):
        return found
    words = article_text(found.article_id)[found.start : found.end]
    for gold in expected:
        span = find_words(words, gold.text)
        if span is not None and found.article_id in copies_of(gold.article_id):
            start = gold.start - span.start
            end = max(gold.end, start + len(words))
            return replace(found, article_id=gold.article_id, start=start, end=end)
    return found
