"""Whether passages tell one story, and which of them tell it later. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from qa.answering.extractive.quotation import Quotation
from vectorstore.text.dates import CALENDAR_WORDS
from vectorstore.text.words import stem
from vectorstore.types import ScoredPassage

SAME_NAMES = 0.25
"""Two passages tell one story if of the names in that with fewer, the other has at least this
share. In NewsQA's articles, which tell different stories, hardly a pair that was taken for versions
of one thing reaches it; on the development questions, every right pair does."""

_NAME_IN_A_SENTENCE = re.compile(r"(?<=[\w,;:)”’] )[A-Z][\w’'.-]*\w")


def tell_one_story(one: ScoredPassage, other: ScoredPassage) -> bool:
    """Whether two passages name the same people, places and things often enough.

    Where one has no names, nothing speaks against it.
    """
    some, others = _names(one), _names(other)
    return len(some & others) >= SAME_NAMES * min(len(some), len(others))


def newest_of_a_story_first(
    quotes: Sequence[Quotation], passages: Sequence[ScoredPassage]
) -> list[Quotation]:
    """The quotes that tell the story of the first, newest first, and then the others; those that
    are not of the newest day of that story say of which earlier one they are."""
    first = passages[quotes[0].passage]
    of_story = [each for each in quotes if tell_one_story(first, passages[each.passage])]
    others = [each for each in quotes if each not in of_story]
    dated = sorted(of_story, key=lambda each: _day(each, passages) or date.min, reverse=True)
    newest = _day(dated[0], passages)
    return [
        each
        if (day := _day(each, passages)) is None or day == newest
        else replace(each, earlier=day)
        for each in dated
    ] + others


def _day(quote: Quotation, passages: Sequence[ScoredPassage]) -> date | None:
    return passages[quote.passage].article.published


def _names(found: ScoredPassage) -> frozenset[str]:
    """The stems of the words within the sentences of a passage and its title that begin with a
    capital, months and weekdays aside."""
    text = f"{found.article.title}.\n{found.passage.text}"
    words = (match[0] for match in _NAME_IN_A_SENTENCE.finditer(text))
    return frozenset(stem(word) for word in words if word.lower() not in CALENDAR_WORDS)
