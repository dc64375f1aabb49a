"""The time a question asks about ("in April 2022", "last week", "before 3 May"), as days.

Rules know which words refer to time and how they bound it; dateparser counts back from today, and
`vectorstore.text.dates` parses dates.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from qa.types import Question, ReadTimeframe, SpeaksOf
from vectorstore.text.dates import YEAR, DateMention, day_name, find_dates
from vectorstore.text.words import content_words
from vectorstore.types import Filters, Span


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both inclusive; None is unbounded."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Timeframe:
    """The days that a phrase of a question, `text[span.start:span.end]`, names."""

    days: Days
    span: Span
    speaks_of: SpeaksOf

    def narrowed(self, filters: Filters) -> Filters:
        """The filters, limited to articles from the days named if the phrase dates articles."""
        if self.speaks_of == "happened":
            return filters
        return replace(
            filters,
            published_from=_latest(filters.published_from, self.days.first),
            published_to=earliest(filters.published_to, self.days.last),
        )

    @property
    def favoured(self) -> Filters | None:
        """The articles to prefer: from the days on which something happened, and soon after."""
        if self.speaks_of != "happened":
            return None
        last = self.days.last
        return Filters(
            published_from=self.days.first,
            published_to=None if last is None else last + timedelta(days=DAYS_UNTIL_REPORTED),
        )


_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_UNIT = r"(?:day|week|month|year)"
_RELATIVE = re.compile(
    rf"\b(?:(?P<ago>(?:the\sday\sbefore\s)?yesterday"
    rf"|(?:{_COUNT}|a\sfew|a\scouple\sof)\s{_UNIT}s?\sago)"
    rf"|(?P<today>today)"
    rf"|(?P<which>last|this|previous)\s(?P<unit>week|month|quarter|year)"
    rf"|(?:(?:the|these)\s)?(?:last|past|previous)\s(?P<count>{_COUNT}|few|couple\sof)\s"
    rf"(?P<of>{_UNIT})s?|(?:the\s)?past\s(?P<past>{_UNIT}|quarter))\b",
    re.IGNORECASE,
)
_SEASON = re.compile(
    rf"\b(?:(?P<which>last|this)\s(?P<named>spring|summer|autumn|fall|winter)"
    rf"|(?P<season>spring|summer|autumn|winter|(?<=the\s)fall)(?:\sof|\sin)?\s(?P<year>{YEAR.pattern}))\b",
    re.IGNORECASE,
)
_FIRST_MONTH_OF = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_PART = re.compile(
    r"\b(?:(?:the\s)?(?P<part>early|mid|middle|late|beginning|start|end"
    r"|(?:first|second|last)\s(?:half|week|days))(?:[\s-]|\sof\s)(?:the\s)?)$",
    re.IGNORECASE,
)
_FROM_A_DAY = re.compile(
    r"(?<=\s)(?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)?\s?(?:and|to|until|till|through|[-–])\s?(?:the\s)?$",
    re.IGNORECASE,
)
"""What precedes the second of two days: "3 and 5 May"."""
_LAST_DAYS = {"week": 7, "days": 5}
_CONNECTIVE = re.compile(
    r"(?:^|(?<=[\s,(]))(?P<word>ever since|since|from|after|before|prior to|until|till|up to|by"
    r"|as of|between|in|on|during|throughout|over|within|of|for|at)\s(?:the\s|this\s)?$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s*(?:and|to|until|till|through|[-–])\s*(?:the\s)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|from)\s(?:the\s)?$", re.IGNORECASE)
_NEEDS_A_CONNECTIVE = re.compile(r"\d{4}")
_ONWARDS = re.compile(r"\s(?:on|onwards?)\b", re.IGNORECASE)
_FUTURE = re.compile(
    r"^\W*will\b|\b(?:(?-i:will)|going to|next|upcoming|plans? to)\b", re.IGNORECASE
)
_OF_ARTICLES = re.compile(
    r"\b(?:articles?|reports?|reported|reporting|news|headlines?|stor(?:y|ies)|coverage|covered"
    r"|published|press|wrote|written)\b",
    re.IGNORECASE,
)
PLAIN = frozenset(["", "in", "on", "during", "throughout", "over", "within", "of", "for", "at"])
DAYS_UNTIL_REPORTED = 45
FRESH_DAYS = 62
"""What is said to have happened within this many days was reported since then."""


def timeframe_of(question: str, today: date) -> Timeframe | None:
    """The first phrase of a question that names days; "today" and "last week" count from `today`.

    >>> frame = timeframe_of("Who left the lobby in April 2021?", date(2022, 5, 18))
    >>> frame.days.first.isoformat(), frame.days.last.isoformat(), frame.speaks_of
    ('2021-04-01', '2021-04-30', 'happened')
    >>> frame = timeframe_of("What was reported before 3 May?", date(2022, 5, 18))
    >>> frame.days.first, frame.days.last.isoformat(), frame.speaks_of
    (None, '2022-05-02', 'reported')
    """
    anchors = sorted(_anchors(question, today), key=lambda each: each[0])
    for place, (span, days) in enumerate(anchors):
        connective = _CONNECTIVE.search(question[: span.start])
        word = connective["word"].lower() if connective else ""
        if not word and _NEEDS_A_CONNECTIVE.fullmatch(span.of(question)):
            continue
        if span.of(question).lower() == "today" and not _OF_ARTICLES.search(question):
            continue  # "What is it called today?" asks for the latest report, not for today's
        start = connective.start("word") if connective else span.start
        if word in ("between", "from") and place + 1 < len(anchors):
            following, until = anchors[place + 1]
            if _JOINED.fullmatch(question, span.end, following.start):
                joined = _through(days, until)
                return _timeframe(question, joined, Span(start, following.end), "in", today)
        if word == "from" and not _ONWARDS.match(question, span.end):
            word = "in"  # "news from 2021"
        if days != Days(None, None):
            return _timeframe(question, days, Span(start, span.end), word, today)
    return None


def spans_between(
    question: str, today: date
) -> tuple[Span, tuple[tuple[str, Days], tuple[str, Days]]] | None:
    """The phrase "between May and July 2025" in a question, and each of its ends as written and as
    days; None if there is none.

    >>> span, ends = spans_between("What changed between May and July 2025?", date(2025, 9, 1))
    >>> [(name, days.first.isoformat()) for name, days in ends]
    [('May', '2025-05-01'), ('July 2025', '2025-07-01')]
    """
    anchors = sorted(_anchors(question, today), key=lambda each: each[0])
    for (one, first), (other, last) in pairwise(anchors):
        before = _BETWEEN.search(question[: one.start])
        joined = _JOINED.fullmatch(question, one.end, other.start)
        if before is None or joined is None:
            continue
        ends = ((one.of(question), _before(first, last)), (other.of(question), last))
        return Span(before.start(), other.end), ends
    return None


@dataclass(frozen=True, slots=True)
class When:
    """What a question says about time, and what follows for the search."""

    filters: Filters
    question: str
    """Without a phrase that the filters replace, whose words would be searched for too."""
    favoured: Filters | None = None
    as_of: date | None = None
    read: ReadTimeframe | None = None
    otherwise: "When | None" = None
    """What to use if no article is from these days: "on Thursday" may be in any week."""

    def notice(self, *, answered: bool) -> str | None:
        """A sentence that says which articles were left out; after an answer, only those that a
        later `as_of` would let in."""
        if self.as_of is not None:
            return f"As of {day_name(self.as_of)}: articles published later were left out."
        if answered or self.read is None or self.read.speaks_of == "happened":
            return None
        published = {
            "from": self.read.first and day_name(self.read.first),
            "to": self.read.last and day_name(self.read.last),
        }
        days = " ".join(f"{word} {day}" for word, day in published.items() if day)
        return f"“{self.read.text}”: only articles published {days} were searched."


def time_of(question: Question, asked: str, today: date) -> When:
    """The time a question asks about; `asked` is its standalone form. Dates in its filters take
    precedence over its words."""
    filters, as_of = question.filters, question.as_of
    filters = replace(filters, published_to=earliest(filters.published_to, as_of))
    says = question.reads_dates and not (filters.published_from or question.filters.published_to)
    frame = timeframe_of(asked, as_of or today) if says else None
    if frame is None:
        return When(filters, asked, as_of=as_of)
    if frame.speaks_of == "as_of":
        as_of = earliest(as_of, frame.days.last)
    read = ReadTimeframe(frame.span.of(asked), frame.days.first, frame.days.last, frame.speaks_of)
    searched = asked if frame.speaks_of == "happened" else _without(asked, frame.span)
    may_be_another = frame.speaks_of == "reported" and not _OF_ARTICLES.search(asked)
    otherwise = None
    if may_be_another and _is_a_weekday(read.text):
        otherwise = When(filters, asked, as_of=as_of)
    return When(frame.narrowed(filters), searched, frame.favoured, as_of, read, otherwise)


def _is_a_weekday(phrase: str) -> bool:
    """
    >>> [_is_a_weekday(each) for each in ("on Tuesday", "on Tuesday, May 3", "yesterday")]
    [True, False, False]
    """
    dates = find_dates(phrase)
    return bool(dates) and all(each.weekday is not None for each in dates)


def _without(question: str, span: Span) -> str:
    """
    >>> _without("What was reported in May 2021 about ferries?", Span(18, 29))
    'What was reported about ferries?'
    """
    rest = f"{question[: span.start].rstrip(' ,')} {question[span.end :].lstrip(' ,')}".strip()
    rest = re.sub(r"\s+([?.!,])", r"\1", rest)
    return rest if content_words(rest) else question


def earliest(*days: date | None) -> date | None:
    """The earliest of the days given; None if none is."""
    return min((each for each in days if each is not None), default=None)


def _latest(*days: date | None) -> date | None:
    return max((each for each in days if each is not None), default=None)


def _timeframe(question: str, days: Days, span: Span, word: str, today: date) -> Timeframe:
    """The phrase `word` and `days` as the question means it."""
    if word == "as of":
        return Timeframe(Days(None, days.last), span, "as_of")
    if _OF_ARTICLES.search(question):
        return Timeframe(_bounded(days, word), span, "reported")
    if word in PLAIN and days.first and 0 <= (today - days.first).days <= FRESH_DAYS:
        return Timeframe(Days(days.first, None), span, "reported")
    return Timeframe(_bounded(days, word), span, "happened")


def _anchors(question: str, today: date) -> Iterator[tuple[Span, Days]]:
    """The places where a question names days, and those days."""
    taken: list[Span] = []
    for match in _SEASON.finditer(question):
        taken.append(Span(*match.span()))
        yield taken[-1], _season(match, today)
    dates = list(_joined_to_weekdays(find_dates(question), question))
    for match in _RELATIVE.finditer(question):
        span = Span(*match.span())
        if any(_continues(question, span, each.span) for each in dates):
            continue  # "the last week of May 2022" is a part of that month
        taken.append(span)
        yield span, _relative(match, today)
    for mention in dates:
        if any(each.start < mention.end and mention.start < each.end for each in taken):
            continue
        if mention.half and any(_continues(question, mention.span, each.span) for each in dates):
            continue
        if not mention.years and _FUTURE.search(question):
            continue
        days = _days_of(mention, today)
        if days is not None:
            begins = _FROM_A_DAY.search(question, 0, mention.start) if mention.day else None
            if begins and days.first and int(begins["day"]) < days.first.day:
                since = days.first.replace(day=int(begins["day"]))
                yield Span(begins.start(), mention.end), Days(since, days.last)
                continue
            part = _PART.search(question[: mention.start])
            start = part.start() if part else mention.start
            yield Span(start, mention.end), _part_of(days, part["part"] if part else "")


def _continues(question: str, span: Span, other: Span) -> bool:
    """Whether a date goes on from another phrase: "last quarter of 2021" from "last quarter"."""
    between = question[span.end : other.start]
    overlaps = span.start <= other.start < span.end < other.end
    return overlaps or (other.start > span.end and between.strip().lower() in ("of", "in", ""))


def _joined_to_weekdays(dates: Sequence[DateMention], question: str) -> Iterator[DateMention]:
    """The dates, with a preceding weekday joined to its date: "Tuesday, 3 May"."""
    weekday: DateMention | None = None
    for each in dates:
        is_of_it = weekday and not question[weekday.end : each.start].strip(" ,") and each.day
        if weekday is not None and not is_of_it:
            yield weekday
        if each.weekday is not None:
            weekday = each
            continue
        yield replace(each, start=weekday.start) if weekday and is_of_it else each
        weekday = None
    if weekday is not None:
        yield weekday


def _bounded(days: Days, word: str) -> Days:
    """`days` as bounded by "since", "before" and the like."""
    if word in ("since", "ever since", "from"):
        return Days(days.first, None)
    if word == "after":
        return Days(days.last + timedelta(days=1) if days.last else None, None)
    if word in ("before", "prior to"):
        return Days(None, days.first - timedelta(days=1) if days.first else None)
    if word in ("until", "till", "up to", "by"):
        return Days(None, days.last)
    return days


def _through(first: Days, last: Days) -> Days:
    """From one to the other."""
    return Days(_before(first, last).first, last.last)


def _before(first: Days, last: Days) -> Days:
    """The first of two times in the latest year that puts it before the last: "November to March
    2021" gives the year only at the end."""
    if first.first is None or first.last is None or last.last is None or first.first <= last.last:
        return first
    years = first.first.year - last.last.year
    years += (first.first.month, first.first.day) > (last.last.month, last.last.day)
    return Days(_years_before(first.first, years), _years_before(first.last, years))


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the last of a month stays the last."""
    if (day + timedelta(days=1)).day == 1:
        return _month(day.year - years, day.month + 1) - timedelta(days=1)
    return day.replace(year=day.year - years)


def _relative(match: re.Match[str], today: date) -> Days:
    if match["today"]:
        return Days(today, today)
    if match["ago"]:
        return _parsed(match["ago"], today)
    if match["past"]:
        days = {"quarter": "3 months"}.get(match["past"].lower(), f"1 {match['past']}")
        return Days(_parsed(f"{days} ago", today, exact=True).first, today)
    if match["unit"]:
        return _calendar(match["which"].lower(), match["unit"].lower(), today)
    return Days(_parsed(f"{match['count']} {match['of']}s ago", today, exact=True).first, today)


def _parsed(phrase: str, today: date, *, exact: bool = False) -> Days:
    """What dateparser makes of "three weeks ago": those seven days, or the `exact` one."""
    from dateparser.date import DateDataParser

    for vague, count in (("a few", "3"), ("few", "3"), ("a couple of", "2"), ("couple of", "2")):
        phrase = re.sub(rf"^{vague}\b", count, phrase, flags=re.IGNORECASE)
    settings = {
        "RELATIVE_BASE": datetime.combine(today, time()),
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "current",
        "PREFER_MONTH_OF_YEAR": "current",
    }
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(phrase)
    if found.date_obj is None:
        return Days(None, None)
    day = found.date_obj.date()
    if exact:
        return Days(day, day)
    around = {"week": 3, "month": 15, "year": 183}.get(found.period, 0)
    return Days(day - timedelta(days=around), min(today, day + timedelta(days=around)))


def _calendar(which: str, unit: str, today: date) -> Days:
    """This week, month, quarter or year up to today, or the whole one before it."""
    if unit == "week":
        first = today - timedelta(days=today.weekday())
        before = first - timedelta(days=7)
    elif unit == "year":
        first, before = date(today.year, 1, 1), date(today.year - 1, 1, 1)
    else:
        months = 3 if unit == "quarter" else 1
        month = (today.month - 1) // months * months + 1
        first, before = _month(today.year, month), _month(today.year, month - months)
    return Days(first, today) if which == "this" else Days(before, first - timedelta(days=1))


def _season(match: re.Match[str], today: date) -> Days:
    name = (match["season"] or match["named"]).lower()
    if match["year"]:
        year = int(match["year"])
    else:
        year = today.year
        begun = _month(year, _FIRST_MONTH_OF[name])
        if begun > today or (match["which"].lower() == "last" and _season_end(begun) >= today):
            year -= 1
    first = _month(year, _FIRST_MONTH_OF[name])
    return Days(first, _season_end(first))


def _season_end(first: date) -> date:
    return _month(first.year, first.month + 3) - timedelta(days=1)


def _days_of(mention: DateMention, today: date) -> Days | None:
    """The days of a date; without a year, the most recent such date."""
    if mention.weekday is not None:
        day = today - timedelta(days=(today.weekday() - mention.weekday) % 7)
        return Days(day, day)
    first_month, months = 1, 12
    if mention.month:
        first_month, months = mention.month, 1
    elif mention.quarter:
        first_month, months = 3 * mention.quarter - 2, 3
    elif mention.half:
        first_month, months = 6 * mention.half - 5, 6
    elif not mention.years:
        return None
    years = sorted(mention.years) or [_last_year_with(first_month, mention.day, today)]
    try:
        if mention.day and mention.month:
            day = date(years[0], mention.month, mention.day)
            return Days(day, day)
        return Days(
            _month(years[0], first_month),
            _month(years[-1], first_month + months) - timedelta(days=1),
        )
    except ValueError:  # the 31st of April
        return None


def _last_year_with(month: int, day: int | None, today: date) -> int:
    return today.year if (month, day or 1) <= (today.month, today.day) else today.year - 1


def _part_of(days: Days, part: str) -> Days:
    """The early, middle or late third of `days`, or the half or week that `part` names."""
    if not part or days.first is None or days.last is None:
        return days
    which, _, unit = part.lower().partition(" ")
    if unit:
        count = _LAST_DAYS.get(unit, (days.last - days.first).days // 2 + 1) - 1
        if which == "first":
            return Days(days.first, days.first + timedelta(days=count))
        return Days(days.last - timedelta(days=count), days.last)
    third = (days.last - days.first).days // 3
    if part.lower() in ("early", "beginning", "start"):
        return Days(days.first, days.first + timedelta(days=third))
    if part.lower() in ("late", "end"):
        return Days(days.last - timedelta(days=third), days.last)
    return Days(days.first + timedelta(days=third), days.last - timedelta(days=third))


def _month(year: int, month: int) -> date:
    """The first day of a month; month 13 is the next year's first, month 0 the last year's last."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
