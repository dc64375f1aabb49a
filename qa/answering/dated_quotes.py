"""Dated quotes about a name or a question, in order: a timeline. Pure.

A sentence that states when something happened is dated by that. If an article's best sentence
states no date, it is dated by publication, and the entry says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from qa.answering.extractive.question_analysis import topic_words
from qa.answering.extractive.quotation import is_prose, quote_of
from qa.types import Citation
from vectorstore.text.dates import DateMention, day_name, implied_dates
from vectorstore.text.words import stem, stems_of
from vectorstore.types import ScoredPassage, Span

ABOUT = 0.5
"""The share of the topic's words that a sentence, or its title and passage, must have to be about
it."""
MOST_ENTRIES = 50

DatedBy = Literal["event", "publication"]

_SAID = re.compile(
    r"\b(?:said|says|told|reported|announced|disclosed|stated|wrote|according)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_NOT_THEN = re.compile(
    r"\b(?:before|until|till|by|article of|report of|articles? from|due|than in|than on)\s"
    r"(?:the\s|early\s|late\s|end\sof\s)*$",
    re.IGNORECASE,
)

_DATELINE = re.compile(
    r"^[A-Z][\w .'’/-]*(?:, [A-Z][\w .]*)??, [A-Z][a-z]+\.? \d{1,2}(?:, \d{4})?"
    r"\s*(?:\([^)]{1,40}\)\s*)?[-–—]"
)
"""The place and day at the head of an agency's report: those of the report, not of an event."""
_TO_COME = re.compile(
    r"\bnext\s$|\b(?:will|shall|won['’]t|faces?|due|expect(?:s|ed)|scheduled|plans?|planned"
    r"|set (?:to|for)|begins?|starts?|opens?|(?:is|are) to)\b"
    r"(?:(?!\b(?:was|were|has|have|had)\b)[^.;]){0,60}$",
    re.IGNORECASE,
)
"""Words before a day that is still to come."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A quote and the day it is about, "2022-04-20", or month, "2022-04".

    `dated_by` says whether the quote states it or the article was published then.
    """

    day: str
    dated_by: DatedBy
    citation: Citation


@dataclass(frozen=True, slots=True)
class Timeline:
    """What articles say about something, in date order; the body of `GET /timeline`."""

    about: str
    entries: tuple[TimelineEntry, ...]
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """Sentence `number` of a passage, the share of the topic that it has, and its day."""

    passage: int
    number: int
    share: float
    day: str | None


def timeline_of(
    about: str, passages: Sequence[ScoredPassage], as_of: date | None = None
) -> Timeline:
    """The timeline of what passages say; one entry for each day that has an event.

    Entries are numbered in order. `passages` should not include several copies of one.
    """
    wanted = frozenset(stem(word) for word in topic_words(about))
    told = list(_told(wanted, passages))
    of_events = [each for each in told if each.day is not None]
    chosen = [*_one_of_each_day(of_events, passages), *_best_of_each(told, passages)]
    dated = sorted((_day_of(each, passages), each.passage, each.number, each) for each in chosen)
    seen: set[tuple[str, Span]] = set()
    entries: list[TimelineEntry] = []
    for day, _, _, each in dated[:MOST_ENTRIES]:
        found = passages[each.passage]
        span = quote_of(each.passage, found, each.number).span
        if day and (found.article.id, span) not in seen:
            seen.add((found.article.id, span))
            citation = Citation.of(len(entries) + 1, found, span)
            entries.append(TimelineEntry(day, "event" if each.day else "publication", citation))
    return Timeline(about, tuple(entries), as_of)


def event_day(sentence: str, published: date) -> str | None:
    """The day or month in which a sentence says that something happens, in ISO format.

    >>> event_day("It opened on 4 May, the mayor said on Friday.", date(2025, 5, 12))
    '2025-05-04'
    >>> event_day("It will not open before 1 September.", date(2025, 5, 12)) is None
    True
    >>> event_day("It was founded in November 2024.", date(2025, 3, 3))
    '2024-11'
    >>> event_day("OSLO, Jan 7 (AP) - It sank on Monday.", date(2025, 1, 7))
    '2025-01-06'
    >>> event_day("The planned merger was approved on Tuesday.", date(2025, 5, 9))
    '2025-05-06'
    >>> event_day("Whoever wins will be sworn in on Jan. 4.", date(2024, 11, 26))
    '2025-01-04'
    """
    dateline = _DATELINE.match(sentence)
    begins = dateline.end() if dateline else 0
    days = [
        (_fullness(each), each.start, each)
        for each in implied_dates(sentence, published)
        if each.month is not None
        and each.years
        and each.start >= begins
        and not _is_of_another(sentence, each)
    ]
    if not days:
        return None
    mention = min(days, key=lambda each: each[:2])[2]
    year = _year_of(mention, published)
    if not mention.day:
        if _is_to_come(sentence, mention) and (year, mention.month) < (
            published.year,
            published.month,
        ):
            year += 1
        return f"{year}-{mention.month:02}"
    day = _on(year, mention)
    if day is not None and day < published and _is_to_come(sentence, mention):
        by_weekday = _is_by_weekday(sentence, mention)
        day = day + timedelta(days=7) if by_weekday else _on(year + 1, mention)
    return None if day is None else day.isoformat()


def as_markdown(timeline: Timeline) -> str:
    """The timeline as a list, each entry with its quote and source."""
    lines = [f"# {_plain(timeline.about)}", ""]
    if timeline.as_of is not None:
        lines += [f"As of {day_name(timeline.as_of)}.", ""]
    for each in timeline.entries:
        found = each.citation
        day = shown_day(each.day) + ("" if each.dated_by == "event" else " (published)")
        place = f"characters {found.start} to {found.end}"
        where = ", ".join(part for part in (found.title, found.source, found.article_id) if part)
        lines.append(f"- **{day}**: “{_plain(found.quote)}” ({_plain(where)}, {place})")
    return "\n".join(lines) + "\n"


def shown_day(day: str) -> str:
    """
    >>> shown_day("2022-04-20"), shown_day("2022-04")
    ('20 April 2022', 'April 2022')
    """
    if len(day) == len("2022-04"):
        return f"{date.fromisoformat(f'{day}-01'):%B %Y}"
    return day_name(date.fromisoformat(day))


def _told(wanted: frozenset[str], passages: Sequence[ScoredPassage]) -> Iterator[_Told]:
    """The sentences about the topic: in passages about it, those that name part of it or say on
    which day something happened."""
    for index, found in enumerate(passages):
        around = frozenset(stems_of(f"{found.article.title}\n{found.passage.text}"))
        if _share(wanted, around) <= ABOUT and not wanted <= around:
            continue
        for number, span in enumerate(found.passage.sentences):
            text = found.passage.sentence_text(span)
            published = found.article.published
            if not is_prose(text) or published is None:
                continue
            share = _share(wanted, frozenset(stems_of(text)))
            day = event_day(text, published)
            if share > 0 or day is not None:
                yield _Told(index, number, share, day)


def _share(wanted: frozenset[str], stems: frozenset[str]) -> float:
    return len(wanted & stems) / max(1, len(wanted))


def _one_of_each_day(told: Iterable[_Told], passages: Sequence[ScoredPassage]) -> Iterator[_Told]:
    """For each day, of the sentences that date something to it, the one with most of the topic; of
    equals, the earliest article's."""
    kept: dict[str, _Told] = {}
    for each in told:
        day = each.day or ""
        if day not in kept or _rank(each, passages) < _rank(kept[day], passages):
            kept[day] = each
    return iter(kept.values())


def _rank(told: _Told, passages: Sequence[ScoredPassage]) -> tuple[float, bool, date, int]:
    """Ranks what was written after an event before what announces it."""
    published = passages[told.passage].article.published or date.max
    announces = published.isoformat() < (told.day or "")
    return (-told.share, announces, published, told.number)


def _best_of_each(told: Iterable[_Told], passages: Sequence[ScoredPassage]) -> Iterator[_Told]:
    """Each article's sentence with most of the topic, if it states no day."""
    best: dict[str, _Told] = {}
    for each in told:
        article = passages[each.passage].article.id
        other = best.get(article)
        if other is None or (each.share, each.day is not None) > (
            other.share,
            other.day is not None,
        ):
            best[article] = each
    return (each for each in best.values() if each.day is None and each.share >= ABOUT)


def _day_of(told: _Told, passages: Sequence[ScoredPassage]) -> str:
    published = passages[told.passage].article.published
    return told.day or (published.isoformat() if published else "")


def _fullness(mention: DateMention) -> int:
    """0 for a day, 1 for a month."""
    return 0 if mention.day else 1


def _is_of_another(sentence: str, mention: DateMention) -> bool:
    """Whether a date is that of a statement or a limit, not of what the sentence reports."""
    before = sentence[: mention.start]
    words = re.sub(r"\s(?:on|in|at)\s$", " ", before)
    by_weekday = _is_by_weekday(sentence, mention)
    return bool(_NOT_THEN.search(before)) or (by_weekday and bool(_SAID.search(words)))


def _is_by_weekday(sentence: str, mention: DateMention) -> bool:
    """Whether a day is written without a number."""
    return not any(each.isdigit() for each in sentence[mention.start : mention.end])


def _is_to_come(sentence: str, mention: DateMention) -> bool:
    """Whether a sentence speaks of a day to come without saying the year."""
    written = sentence[mention.start : mention.end]
    return not re.search(r"\d{4}", written) and bool(_TO_COME.search(sentence[: mention.start]))


def _on(year: int, mention: DateMention) -> date | None:
    try:
        return date(year, mention.month or 1, mention.day or 1)
    except ValueError:
        return None


def _year_of(mention: DateMention, published: date) -> int:
    """The year of a date; of several possible ones, the nearest to the day of publication."""
    if len(mention.years) == 1:
        return next(iter(mention.years))
    return min(mention.years, key=lambda year: abs(_months(year, mention) - _months_of(published)))


def _months(year: int, mention: DateMention) -> int:
    return 12 * year + (mention.month or 1)


def _months_of(day: date) -> int:
    return 12 * day.year + day.month


def _plain(text: str) -> str:
    return " ".join(text.split())
