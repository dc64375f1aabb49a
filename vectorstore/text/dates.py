"""Full and partial dates in English text, and what "last year" means in a dated article."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from vectorstore.text.patterns import covered, only_plain_case, preceding
from vectorstore.types import Span

MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january,jan",
            "february,feb",
            "march,mar",
            "april,apr",
            "may",
            "june,jun",
            "july,jul",
            "august,aug",
            "september,sept,sep",
            "october,oct",
            "november,nov",
            "december,dec",
        ],
        start=1,
    )
    for name in names.split(",")
}
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CALENDAR_WORDS = frozenset([*MONTHS, *_WEEKDAYS])
"""Months, their abbreviations without a full stop, and weekdays, in lower case."""
_QUARTERS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "last": 4,
    "final": 4,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
}
_COUNT = {
    word: n
    for n, word in enumerate(
        ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
}

_MONTH = (
    r"(?P<month>January|February|March|April|May|June|July|August|September|October|November"
    r"|December|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = rf"(?P<year>{YEAR.pattern})"
# Each pattern is tried where the ones before it found nothing.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d-]){_YEAR}-(?P<month>0[1-9]|1[0-2])-{_DAY}(?!\d)",
        rf"(?<![\d/])(?P<month>0?[1-9]|1[0-2])/{_DAY}/{_YEAR}(?!\d)",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?!\d|,\d{{3}}|\s?[%$]|\s(?:m|b|tr)illion)(?:,?\s+{_YEAR}\b)?",
        rf"\b(?:the\s+)?{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<quarter>[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth)[\s-]quarter(?:\s+of)?(?:\s+{_YEAR}\b)?",
        rf"\b(?P<quarter>[Ll]ast|[Ff]inal)[\s-]quarter\s(?:of\s)?{_YEAR}\b",
        rf"\bQ(?P<quarter>[1-4])(?:\s+(?:of\s+)?{_YEAR}\b)?",
        rf"\b(?P<half>[Ff]irst|[Ss]econd)\shalf(?:\sof)?(?:\s+{_YEAR}\b)?",
        r"\b(?P<decade>(?:19|20)\d0)s\b",
        rf"(?<![\d,.$€£¥#-])\b{_YEAR}[-–](?P<until>(?:19|20)?\d\d)\b(?![-–]\d)",
        rf"(?<![\d,.$€£¥#]){_YEAR}(?![\d,]\d|\.\d|\s?%|\s(?:m|b|tr)illion)(?!\w)",
        rf"\b{_MONTH}(?!\w)",
        rf"\b(?P<weekday>{'|'.join(d.title() for d in _WEEKDAYS)})\b",
    )
)
_NEAR_MAY = re.compile(
    r"\b(?:in|of|since|by|until|till|last|next|this|early|late|mid|from|to|and|through|between|"
    r"before|after|during|every|for)[\s-]$",
    re.IGNORECASE,
)
_TIME_PHRASE = re.compile(
    r"\b(?:last|next|this|past)\s(?:week|month|year|summer|winter|spring|fall|autumn|weekend"
    r"|season)\b|\b(?:today|yesterday|tomorrow|tonight)\b"
    rf"|\b(?:an?|several|few|\d+|{'|'.join(_COUNT)})\s(?:hour|day|week|month|year|decade)s?\s"
    r"(?:ago|later|earlier)\b"
    r"|\b\d{1,2}(?::\d\d)?\s?(?:a\.m\.|p\.m\.)"
)
_PART_BEFORE = re.compile(r"\b(?:early|late|mid)[\s-]$", re.IGNORECASE)
_PART_AFTER = re.compile(r"\s(?:morning|afternoon|evening|night)\b")
_RELATIVE = re.compile(
    r"\b(?:(?P<which>last|this|next|previous|earlier this|later this|past)[\s-](?P<unit>year|month)"
    r"|(?P<day>yesterday|today|tomorrow)"
    r"|(?P<count>a|two|three|four|five|six|seven|eight|nine|ten|\d{1,4})\s(?P<ago>year|month)s?\s"
    r"(?:ago|earlier))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date, as far as a text states it; unstated parts are None.

    `years` has several values for a range, or if the year was inferred from the article's date.
    """

    start: int
    end: int
    text: str
    years: frozenset[int] = frozenset()
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    half: int | None = None
    weekday: int | None = None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def find_dates(text: str) -> list[DateMention]:
    """The dates in `text`, in order.

    >>> [(sorted(d.years), d.month, d.day) for d in find_dates("on Aug. 5, 2020, and in 2021")]
    [([2020], 8, 5), ([2021], None, None)]
    """
    found: list[DateMention] = []
    taken = bytearray(len(text))
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]) and not _is_other_word(match, text):
                found.append(_mention(match))
                taken[start:end] = b"\x01" * (end - start)
    return sorted(found, key=lambda d: d.start)


def _is_other_word(match: re.Match[str], text: str) -> bool:
    """ "May" or "March" alone is a month only after a word such as "in"."""
    if match[0] not in {"May", "March", "Mar", "Sep", "Dec", "Jan", "Sun"}:
        return False
    return not preceding(_NEAR_MAY, text, match.start())


def _mention(match: re.Match[str]) -> DateMention:
    groups = match.groupdict()
    month = groups.get("month")
    years = {int(groups["year"])} if groups.get("year") else set()
    if until := groups.get("until"):
        years.add(int(until) if len(until) == 4 else int(groups["year"][:2] + until))
    if decade := groups.get("decade"):
        years.update(range(int(decade), int(decade) + 10))
    quarter, half, weekday = (groups.get(name) for name in ("quarter", "half", "weekday"))
    return DateMention(
        match.start(),
        match.end(),
        match[0],
        frozenset(years),
        month=None
        if month is None
        else int(month)
        if month.isdigit()
        else MONTHS[month.lower().rstrip(".")],
        day=int(groups["day"]) if groups.get("day") else None,
        quarter=_QUARTERS[quarter.lower()] if quarter else None,
        half=_QUARTERS[half.lower()] if half else None,
        weekday=_WEEKDAYS.index(weekday.lower()) if weekday else None,
    )


def find_times(text: str) -> list[Span]:
    """Time expressions: dates, and phrases like "last week" or "two days ago"; in order, disjoint.

    >>> text = "It opened early in 2020, on a Monday morning, and closed two days ago."
    >>> [span.of(text) for span in find_times(text)]
    ['2020', 'Monday morning', 'two days ago']
    """
    found = [mention.span for mention in find_dates(text)]
    taken = covered(len(text), found)
    found += [
        Span(*match.span())
        for match in _TIME_PHRASE.finditer(text)
        if not any(taken[match.start() : match.end()])
    ]
    return [_with_part(text, span) for span in sorted(found)]


def _with_part(text: str, span: Span) -> Span:
    """The span with an "early" before it and a "morning" after it."""
    before, after = preceding(_PART_BEFORE, text, span.start), _PART_AFTER.match(text, span.end)
    return Span(before.start() if before else span.start, after.end() if after else span.end)


def implied_dates(text: str, published: date, year_before: int | None = None) -> list[DateMention]:
    """Dates that depend on the day of publication: "last year", "Monday", dates without a year.

    `year_before` is the last year that the article mentions before `text`: a story told in order
    does not repeat it.
    """
    return [
        *(_dated(mention, published, year_before) for mention in find_dates(text)),
        *(_relative(match, published) for match in _RELATIVE.finditer(only_plain_case(text))),
    ]


def _dated(mention: DateMention, published: date, year_before: int | None) -> DateMention:
    if mention.years:
        return mention
    if mention.weekday is not None:
        # "On Tuesday" is the last Tuesday up to the day of publication.
        back = (published.weekday() - mention.weekday) % 7
        return _days_from(mention, published, -back)
    if mention.month is None and mention.quarter is None and mention.half is None:
        return mention
    month = mention.month or (mention.quarter or 2 * (mention.half or 1)) * 3
    # A later month may be this year's, in a plan, or last year's, in a story.
    years = {published.year}
    if mention.month is None or month > published.month:
        years.add(published.year - 1)
    return replace(mention, years=frozenset(years | ({year_before} if year_before else set())))


def _days_from(mention: DateMention, published: date, days: int) -> DateMention:
    try:
        day = published + timedelta(days=days)
    except OverflowError:  # before the year 1, or after 9999
        return mention
    return _on(mention, day)


def _on(mention: DateMention, day: date) -> DateMention:
    return replace(
        mention,
        years=frozenset({day.year}),
        month=day.month,
        day=day.day,
        weekday=day.weekday(),
    )


def _relative(match: re.Match[str], published: date) -> DateMention:
    mention = DateMention(match.start(), match.end(), match[0])
    if word := match["day"]:
        days = {"yesterday": -1, "today": 0, "tomorrow": 1}[word.lower()]
        return _days_from(mention, published, days)
    if unit := match["unit"]:
        which = match["which"].lower()
        back = {"last": 1, "previous": 1, "past": 1, "next": -1}.get(which, 0)
    else:
        unit, count = match["ago"], match["count"].lower()
        back = int(count) if count.isdigit() else _COUNT[count]
    if unit.lower() == "year":
        return replace(mention, years=frozenset({published.year - back}))
    months = published.year * 12 + published.month - 1 - back
    return replace(mention, years=frozenset({months // 12}), month=months % 12 + 1)


def day_name(day: date) -> str:
    """
    >>> day_name(date(2022, 4, 20))
    '20 April 2022'
    """
    return f"{day.day} {day:%B %Y}"


def on_day(day: date) -> DateMention:
    """A full date, as if it had been written out."""
    return _on(DateMention(0, 0, day.isoformat()), day)


def same_date(claimed: DateMention, sources: Iterable[DateMention]) -> bool:
    """Whether one of `sources` supports every part of `claimed`.

    >>> same_date(find_dates("in 2020")[0], find_dates("on Aug. 5, 2020"))
    True
    >>> same_date(find_dates("on Aug. 5, 2020")[0], find_dates("in August 2020"))
    False
    """
    return any(_supports(source, claimed) for source in sources)


def _supports(source: DateMention, claimed: DateMention) -> bool:
    if claimed.years and not claimed.years & source.years:
        return False
    if claimed.month is not None and source.month != claimed.month:
        return False
    if claimed.day is not None and source.day != claimed.day:
        return False
    if claimed.weekday is not None and source.weekday != claimed.weekday:
        return False
    quarter = source.quarter or (source.month and (source.month + 2) // 3)
    if claimed.quarter is not None and quarter != claimed.quarter:
        return False
    half = source.half or (quarter and (quarter + 1) // 2)
    return claimed.half is None or half == claimed.half
