"""Whether passages tell the same story, and which of them are later. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from qa.answering.extractive.question_analysis import AnswerType, QuestionAnalysis
from qa.answering.extractive.quotation import Quotation
from qa.answering.extractive.sentence_ranking import Candidate, Ranked
from vectorstore.text.acronyms import stems_and_acronyms
from vectorstore.text.dates import CALENDAR_WORDS
from vectorstore.text.words import stem, stems_of
from vectorstore.types import ScoredPassage

SAME_NAMES = 0.25
"""Two passages tell the same story if they share at least this fraction of the names in the one
with fewer. In NewsQA's articles, which tell different stories, hardly any pair mistaken for
versions of one thing reaches it; on the development questions, every correct pair does."""
ANSWERS = 0.0
"""The least log-odds from the reader for a sentence of a later article to count as an answer: it is
more likely to be one than its passage is to have none."""
AS_MUCH_ASKED = 0.5
"""A passage of a later article must cover the question's words at least this fraction as well as
the best passage does, each with its title."""

_NAME = re.compile(r"\b[A-Z]\w+(?:\.\w+)?")
_SUBJECT = re.compile(
    r"[A-Z][\w’'-]+(?: (?:[A-Z]\.|[A-Z][\w’'-]+))+"
    r" (?:was|were|is|are|has|had|will|would|faces|got)\b"
)
_NAME_IN_A_SENTENCE = re.compile(r"(?<=[\w,;:)”’] )[A-Z][\w’'.-]*\w")


def tell_one_story(one: ScoredPassage, other: ScoredPassage) -> bool:
    """Whether two passages share enough names of people, places and things.

    If one has no names, nothing speaks against it.
    """
    some, others = _names(one), _names(other)
    return len(some & others) >= SAME_NAMES * min(len(some), len(others))


def names_another(question: str, text: str) -> bool:
    """Whether a text is about something whose name differs from one in the question by a dot and
    what follows it.

    >>> names_another("Who runs Binance.US?", "Binance has a new chief.")
    True
    >>> names_another("Who runs Binance?", "Binance.US has a new chief.")
    True
    >>> names_another("Who runs Binance?", "Binance, unlike Binance.US, has one.")
    False
    """
    return any(
        re.search(rf"\b{re.escape(name)}\b(?!\.\w)", text) is None
        and re.search(rf"\b{re.escape(name.partition('.')[0])}\b", text) is not None
        for name in _NAME.findall(question)
    )


def has_another_subject(names: frozenset[str], sentence: str) -> bool:
    """Whether a sentence has none of these names, by stem, and its subject is a full name.

    >>> names = frozenset({"sam", "bankman"})
    >>> has_another_subject(names, "Caroline Ellison was sentenced to two years.")
    True
    >>> has_another_subject(names, "He was sentenced to 25 years, Judge Lewis Kaplan said.")
    False
    """
    if not names or _SUBJECT.match(sentence) is None:
        return False
    return names.isdisjoint(stems_and_acronyms(sentence))


def about_what_is_named(
    question: str, chosen: Sequence[Candidate], passages: Sequence[ScoredPassage]
) -> list[Candidate]:
    """The sentences without those of passages about another thing of a similar name, if others are
    left."""
    found = (
        each for each in chosen if not names_another(question, _read_in(passages[each.passage]))
    )
    return list(found) or list(chosen)


def with_later_word(
    question: QuestionAnalysis,
    chosen: Sequence[Candidate],
    order: Sequence[Ranked],
    passages: Sequence[ScoredPassage],
) -> list[Candidate]:
    """The sentences to quote, preceded by the best sentence that the reader takes for an answer in
    the newest article of the same story, if that is newer and about what is asked."""
    story = [passages[chosen[0].passage]]
    newest = newest_day(story, (passages[each.passage] for each in chosen))
    if newest is None:
        return list(chosen)
    asked = AS_MUCH_ASKED * question.share_in(_stems(story[0]))
    asks_for_no_name = question.kind not in (AnswerType.PERSON, AnswerType.OTHER)
    later = [
        each.candidate
        for each in order
        if (day := each.candidate.article.published) is not None
        and day > newest
        and each.candidate.reading is not None
        and each.candidate.reading >= ANSWERS
        and tell_one_story(story[0], passages[each.candidate.passage])
        and not names_another(question.text, _read_in(passages[each.candidate.passage]))
        and not (asks_for_no_name and has_another_subject(question.names, each.candidate.text))
        and question.share_in(_stems(passages[each.candidate.passage])) >= asked
    ]
    # Of several from one day, the first is the best.
    last = max(later, key=lambda each: each.article.published or date.min, default=None)
    return list(chosen) if last is None else [last, *chosen]


def newest_of_a_story_first(
    quotes: Sequence[Quotation], passages: Sequence[ScoredPassage]
) -> list[Quotation]:
    """The quotes that tell the same story as the first, newest first, then the others. Those of the
    story that are older than its newest day are labelled with their own."""
    story: list[Quotation] = []
    others: list[Quotation] = []
    for each in quotes:
        told = (passages[other.passage] for other in story)
        is_same = not story or any(tell_one_story(e, passages[each.passage]) for e in told)
        (story if is_same else others).append(each)
    dated = sorted(story, key=lambda each: _day(each, passages) or date.min, reverse=True)
    newest = _day(dated[0], passages)
    if newest is None:
        return list(quotes)
    return [
        each
        if (day := _day(each, passages)) is None or day == newest
        else replace(each, earlier=day)
        for each in dated
    ] + others


def until_later(quotes: Sequence[Quotation], passages: Sequence[ScoredPassage]) -> list[Quotation]:
    """The quotes, the first labelled with the day until which its story goes on, if later articles
    were found."""
    first, *rest = quotes
    earlier = (passages[each.passage] for each in quotes if each.earlier)
    later = later_day([passages[first.passage], *earlier], passages)
    return list(quotes) if later is None else [replace(first, later=later), *rest]


def later_day(story: Sequence[ScoredPassage], passages: Sequence[ScoredPassage]) -> date | None:
    """The day of the newest passage that tells the same story as `story`, if later than its own."""
    newest, own = newest_day(story, passages), newest_day(story, story)
    return newest if newest is not None and own is not None and newest > own else None


def newest_day(story: Sequence[ScoredPassage], found: Iterable[ScoredPassage]) -> date | None:
    """The day of the newest passage in `found` that tells the same story as any in `story`; None if
    none has a day."""
    days = [each.article.published for each in found if any(tell_one_story(e, each) for e in story)]
    return max((each for each in days if each is not None), default=None)


def _day(quote: Quotation, passages: Sequence[ScoredPassage]) -> date | None:
    return passages[quote.passage].article.published


def _stems(found: ScoredPassage) -> frozenset[str]:
    return frozenset(stems_of(_read_in(found)))


def _read_in(found: ScoredPassage) -> str:
    return f"{found.article.title}\n{found.passage.text}"


def _names(found: ScoredPassage) -> frozenset[str]:
    """The names in a passage and its title."""
    return _names_in(f"{found.article.title}.\n{found.passage.text}")


@lru_cache(maxsize=128)
def _names_in(text: str) -> frozenset[str]:
    """The stems of capitalised words that do not open a sentence, except months and weekdays."""
    words = (match[0] for match in _NAME_IN_A_SENTENCE.finditer(text))
    return frozenset(stem(word) for word in words if word.lower() not in CALENDAR_WORDS)
