"""Quantities in English text, normalised so that "$1.2bn" equals "1.2 billion dollars"."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

from vectorstore.text.number_words import (
    AND_FRACTION,
    CARDINAL,
    FRACTION,
    ORDINAL,
    SCALES,
    cardinal_value,
    fraction_value,
    ordinal_value,
)
from vectorstore.text.patterns import covered, only_plain_case, preceding
from vectorstore.types import Span

Hedge = Literal["", "about", "over", "under"]

_SCALES = {
    **SCALES,
    "k": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "t": 10**12,
    "tn": 10**12,
    "dozen": 12,
}
_MONEY = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "dollar": "USD",
    "c$": "CAD",
    "a$": "AUD",
    "hk$": "HKD",
    "s$": "SGD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "pound": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "yen": "JPY",
    "yuan": "CNY",
    "won": "KRW",
    "rupee": "INR",
    "₿": "BTC",
    "btc": "BTC",
    "bitcoin": "BTC",
    "eth": "ETH",
    "ether": "ETH",
}
_CURRENCIES = frozenset(_MONEY.values())
# Durations are compared in a common unit: 18 months equal 1.5 years.
_TIME = {
    "second": ("second", 1),
    "minute": ("second", 60),
    "hour": ("second", 3600),
    "day": ("day", 1),
    "week": ("day", 7),
    "month": ("month", 1),
    "year": ("month", 12),
    "decade": ("month", 120),
    "century": ("month", 1200),
}
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"

_COMMA = r"[,\u00a0\u202f]"
_NUMERAL = (
    rf"\d{{1,3}}(?:{_COMMA}\d{{3}}){{1,40}}(?:\.\d+)?|\d{{1,2}}(?:,\d\d){{1,4}},\d{{3}}"
    rf"|\d+(?:\.\d+)?|\.\d+"
)
_QUANTITY = re.compile(
    rf"""
    (?<![\w.]) (?<![A-Za-z]-)
    (?:(?P<money>(?:US|C|A|HK|S)?\$|[€£¥₿]|\b(?:USD|EUR|GBP|JPY|BTC|ETH))\s?)?
    (?:
        (?P<ordinal>\d+(?=st\b|nd\b|rd\b|th\b))
      | \b(?P<fraction>{FRACTION})(?:[\s-]an?(?=\s(?:{"|".join(SCALES)}|dozen)\b))?
      | \b(?!first\b)(?P<ordinal_words>{ORDINAL})
      | (?P<over>[1-9])/(?P<under>[2-9]|10)(?![\d/])
      | (?P<numeral>{_NUMERAL})(?!\d)(?P<vulgar>[{_VULGAR}])?
      | (?P<vulgar_alone>[{_VULGAR}])
      | \b(?P<words>{CARDINAL})(?P<and>{AND_FRACTION})?
    )
    (?:st|nd|rd|th)?
    (?:(?:[\s-](?P<scale>{"|".join(SCALES)}|mn|bn|tn|dozen)|(?P<short>k|mn?|bn?|tn?))(?!\w))?
    (?:
        \s?(?P<percent>%|(?:-|\s)?per\s?cent(?:age\s{{1,3}}points?)?\b|pct\b|percentage[\s-]points?\b)
      | [\s-](?P<basis>basis[\s-]points?)\b
      | [\s-](?:US\s|U\.S\.\s)?(?P<currency>dollar|cent|euro|pound|yen|won|yuan|rupee|bitcoin|ether
            |USD|EUR|GBP|BTC|ETH)s?\b
      | [\s-](?P<time>second|minute|hour|day|week|month|year|decade|century|centurie)s?\b
    )?
    (?![A-Za-z])(?!\.\d)(?!-[A-Z]\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MORE = (
    r"(?:no (?:less|fewer) than|(?<!no )(?<!not )more than|over|above|at least|exceed\w{0,3}|"
    r"upwards of)"
)
_LESS = r"(?:nearly|almost|under|below|(?<!no )(?:less|fewer) than|not? more than|up to|close to)"
_NEAR = r"(?:about|around|roughly|approximately|some|an estimated|estimated|~|≈|circa)"
_HEDGES: tuple[tuple[Hedge, str], ...] = (("over", _MORE), ("under", _LESS), ("about", _NEAR))
_HEDGED = [
    (hedge, re.compile(rf"\b{words}\s{{1,3}}(?:an?\s)?$|[~≈]$", re.IGNORECASE))
    for hedge, words in _HEDGES
]
_NOT_COUNTS = re.compile(
    r"one\s{1,3}(?:of|another|day|or\s{1,3}more)\b|one-(?:time|off|sided)\b", re.IGNORECASE
)
_BEFORE_ONE = re.compile(
    r"\b(?:no|any|some|every|each|which|the|this|that|last|other)\s$", re.IGNORECASE
)
_MINUS = re.compile(r"(?:\A|[\s(])[-\u2212]\Z")
_RANGE = re.compile(r"\s?(?:-|–|—|\bto\b|\band\b|\bor\b)\s?\Z")
_LONGEST_RANGE = 6
_SCALE = re.compile("|".join(SCALES))
_EXACT = 9
"""The significant digits of an exact number."""
_MOST_DIGITS = 27
"""Decimal's precision; nobody rounds to more."""
_ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, with every possible reading as (value, unit).

    Units: "" (a count), "%", "ordinal", an ISO currency, or "second", "day", "month" for time.
    `digits` is how many significant digits were written: 1.20 has 3, 400 has 1.
    """

    start: int
    end: int
    text: str
    readings: tuple[tuple[Decimal, str], ...]
    digits: int
    hedge: Hedge = ""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def find_quantities(text: str, taken: Iterable[Span] = ()) -> list[Quantity]:
    """The quantities in `text`, in order, outside the ranges `taken` (dates, names).

    >>> [(int(q.readings[0][0]), q.readings[0][1]) for q in find_quantities("$1.2bn, four in ten")]
    [(1200000000, 'USD'), (4, ''), (10, '')]
    """
    text = only_plain_case(text)
    mask = covered(len(text), taken)
    found = [
        _quantity(match, text)
        for match in _QUANTITY.finditer(text)
        if not any(mask[match.start() : match.end()]) and not _is_no_count(match, text)
    ]
    return list(_with_ranges(found, text))


def _is_no_count(match: re.Match[str], text: str) -> bool:
    """Whether "one" stands for somebody or something: "one of them", "this one"."""
    if not match["words"] or match["words"].lower() != "one" or match["scale"]:
        return False
    return bool(
        _NOT_COUNTS.match(text, match.start()) or preceding(_BEFORE_ONE, text, match.start())
    )


def _quantity(match: re.Match[str], text: str) -> Quantity:
    value, digits = _number(match)
    scale = (match["scale"] or match["short"] or "").lower()
    if scale:
        value *= _SCALES[scale]
    if preceding(_MINUS, text, match.start()):
        value = -value
    hedge: Hedge = next((h for h, words in _HEDGED if preceding(words, text, match.start())), "")
    readings = _readings(match, value, bool(scale))
    return Quantity(match.start(), match.end(), match[0], readings, digits, hedge)


def _number(match: re.Match[str]) -> tuple[Decimal, int]:
    """The number before its scale and unit, and its significant digits."""
    if match["ordinal"]:
        return Decimal(match["ordinal"]), len(match["ordinal"])
    if match["ordinal_words"]:
        return Decimal(ordinal_value(match["ordinal_words"])), _EXACT
    if match["fraction"]:
        return fraction_value(match["fraction"]), _EXACT
    if match["over"]:
        return Decimal(match["over"]) / Decimal(match["under"]), _EXACT
    if match["vulgar_alone"]:
        return _vulgar_value(match["vulgar_alone"]), _EXACT
    if match["numeral"]:
        # Decimal digits of any script.
        plain = re.sub(r"[^\d.]", "", match["numeral"])
        plain = re.sub(r"\d", lambda digit: str(int(digit[0])), plain)
        written = plain.replace(".", "").lstrip("0")
        digits = len(written if "." in plain else written.rstrip("0")) or 1
        if match["vulgar"]:
            return Decimal(plain) + _vulgar_value(match["vulgar"]), _EXACT
        return Decimal(plain), digits
    value = cardinal_value(match["words"])
    if match["and"]:
        return value + fraction_value(match["and"]), _EXACT
    return Decimal(value), len(str(value).rstrip("0")) or 1


def _vulgar_value(character: str) -> Decimal:
    numerator, denominator = unicodedata.normalize("NFKC", character).split("\u2044")
    return Decimal(numerator) / Decimal(denominator)


def _readings(
    match: re.Match[str], value: Decimal, scaled: bool
) -> tuple[tuple[Decimal, str], ...]:
    if match["percent"]:
        return ((value, "%"),)
    if match["basis"]:
        return ((value / 100, "%"),)
    if match["money"] or match["currency"]:
        name = (match["money"] or match["currency"]).lower()
        return ((value / 100, "USD"),) if name == "cent" else ((value, _MONEY[name]),)
    if match["ordinal"] or match["ordinal_words"]:
        return ((value, "ordinal"),)
    if match["time"]:
        unit, factor = _TIME[match["time"].lower().replace("centurie", "century")]
        return ((value * factor, unit),)
    share = match["fraction"] or match["over"] or match["vulgar_alone"]
    return ((value * 100, "%"), (value, "")) if share and not scaled else ((value, ""),)


def _with_ranges(found: list[Quantity], text: str) -> Iterator[Quantity]:
    """In ranges such as "5 to 7 percent" and "$5-7 million", both numbers may share a unit."""
    for index, quantity in enumerate(found):
        lent: list[tuple[Decimal, str]] = []
        if index + 1 < len(found) and _is_range(text, quantity, found[index + 1]):
            lent += _lent(quantity.readings[0], found[index + 1])
        if index and _is_range(text, found[index - 1], quantity):
            (value, unit), (_, money) = quantity.readings[0], found[index - 1].readings[0]
            lent += [(value, money)] if not unit else []
        yield replace(quantity, readings=tuple(dict.fromkeys([*quantity.readings, *lent])))


def _is_range(text: str, first: Quantity, second: Quantity) -> bool:
    between = second.start - first.end
    return between <= _LONGEST_RANGE and bool(_RANGE.match(text[first.end : second.start]))


def _lent(reading: tuple[Decimal, str], after: Quantity) -> Iterator[tuple[Decimal, str]]:
    (value, unit), (_, next_unit) = reading, after.readings[0]
    if not unit:
        yield value, next_unit
    scale = _SCALE.search(after.text.lower())
    if value < 1000 and scale:
        yield value * SCALES[scale[0]], unit or next_unit


def same_quantity(claimed: Quantity, source: Quantity) -> bool:
    """Whether `source` supports `claimed`: it is equal, or rounds to it as its hedge allows."""
    if {claimed.hedge, source.hedge} == {"over", "under"}:
        return False
    return any(
        _units_agree(unit, other_unit, value) and _values_agree(claimed, value, other)
        for value, unit in claimed.readings
        for other, other_unit in source.readings
    )


def _units_agree(unit: str, other: str, value: Decimal) -> bool:
    if unit == other:
        return True
    if "" in {unit, other} and {unit, other} & _CURRENCIES:
        return value >= 1000
    return {unit, other} == {"", "ordinal"}


def _values_agree(claimed: Quantity, value: Decimal, other: Decimal) -> bool:
    if value == other:
        return True
    # Two or more digits may be rounded without a hedge; one digit needs "about".
    fewest = 1 if claimed.hedge else 2
    if not fewest <= claimed.digits <= _MOST_DIGITS or not other:
        return False
    if claimed.hedge == "over":
        return value < other <= value * Decimal("1.1")
    if claimed.hedge == "under":
        return value * Decimal("0.9") <= other < value
    step = Decimal(1).scaleb(other.adjusted() - claimed.digits + 1)
    return value in {(other / step).quantize(Decimal(1), how) * step for how in _ROUNDINGS}
