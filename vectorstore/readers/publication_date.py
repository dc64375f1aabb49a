"""The day of publication, in the forms that people and programs write."""

import re
from datetime import date
from email.utils import parsedate_to_datetime

from vectorstore.text.dates import MONTHS

_ISO = re.compile(r"\s*(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?!\d)")
_NAMED = re.compile(
    r"\s*(?:\w{3,9},?\s+)??(?:(?P<month>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?P<day_first>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month_second>[A-Za-z]{3,9})\.?)"
    r",?\s+(?P<year>\d{4})(?!\d)"
)


def parse_published(value: object) -> date | None:
    """The date that `value` begins with; None when there is none, or when it is ambiguous.

    The day is taken as written: a time and its zone do not shift it.

    >>> parse_published("2022-04-20T23:30:00-05:00")
    datetime.date(2022, 4, 20)
    >>> parse_published("April 20, 2022")
    datetime.date(2022, 4, 20)
    >>> parse_published("04/05/2022") is None
    True
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)[:100]
    if (iso := _ISO.match(text)) and (iso[2] or len(iso[3] + iso[4]) == 4):
        return _date(int(iso[1]), int(iso[3]), int(iso[4]))
    if named := _NAMED.match(text):
        month = (named["month"] or named["month_second"]).lower()[:3]
        if month in MONTHS:
            day = int(named["day"] or named["day_first"])
            return _date(int(named["year"]), MONTHS[month], day)
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
