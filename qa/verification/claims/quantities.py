"""Quantities in English text, normalised so that "$1.2bn" equals "1.2 billion dollars"."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

from vectorstore.text.patterns import covered, only_plain_case, preceding
from vectorstore.types import Span

Hedge = Literal["", "about", "over", "under"]

_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: value
    for value, word in zip(
        range(20, 100, 10),
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        strict=True,
    )
}
_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "m": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "b": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
    "t": 10**12,
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=2,
    )
}
NUMBER_WORDS = frozenset([*_SMALL, *_TENS, "hundred", "thousand", "million", "billion", "dozen"])
# In fractions, such as "two fifths".
_DENOMINATORS = {"half": 2, "halve": 2, "quarter": 4} | {
    word: value for word, value in _ORDINALS.items() if value > 2
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

_NUMERAL = r"\d{1,3}(?:[,\u00a0\u202f]\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_WORD = "|".join([*sorted([*_SMALL, *_TENS], key=len, reverse=True)])
_BIG = "hundred|thousand|million|billion|trillion"
_WORDS = (
    rf"(?:(?:{_WORD})|an?(?=[\s-](?:{_BIG}|dozen)))"
    rf"(?:(?:[\s-]|\sand\s)(?:{_WORD}|{_BIG}|dozen))*"
)
_DENOMINATOR = "|".join(sorted(_DENOMINATORS, key=len, reverse=True))
# "A fifth" may be an ordinal, unless "of" follows.
_FRACTION = (
    rf"(?:(?:{_WORD})[\s-](?:{_DENOMINATOR})s\b|one-(?:{_DENOMINATOR})\b"
    rf"|(?:an?|one)[\s-](?:{_DENOMINATOR})(?=\sof\b)"
    rf"|half(?:\sa(?=\s(?:{_BIG}|dozen)))?)"
)
_ORDINAL = "|".join(_ORDINALS)
_QUANTITY = re.compile(
    rf"""
    (?<![\w.]) (?<![A-Za-z]-) (?<!\d,)
    (?:(?P<money>(?:US|C|A|HK|S)?\$|[€£¥₿]|\b(?:USD|EUR|GBP|JPY|BTC|ETH))\s?)?
    (?:
        (?P<ordinal>\d+(?=st\b|nd\b|rd\b|th\b)|\b(?:(?:{"|".join(_TENS)})-(?:first|{_ORDINAL})|{_ORDINAL})\b)
      | (?P<fraction>{_FRACTION})
      | (?P<numeral>{_NUMERAL})(?!\d)
      | (?P<words>{_WORDS})\b
    )
    (?:st|nd|rd|th)?
    (?:(?:[\s-](?P<scale>thousand|million|billion|trillion|mn|bn|tn)|(?P<short>k|mn?|bn?|tn?))(?!\w))?
    (?:
        \s?(?P<percent>%|(?:-|\s)?per\s?cent(?:age\s+points?)?\b|pct\b|percentage[\s-]points?\b)
      | [\s-](?P<basis>basis[\s-]points?)\b
      | [\s-](?:US\s|U\.S\.\s)?(?P<currency>dollar|cent|euro|pound|yen|yuan|rupee|bitcoin|ether|USD
            |EUR|GBP|BTC|ETH)s?\b
      | [\s-](?P<time>second|minute|hour|day|week|month|year|decade)s?\b
    )?
    (?![A-Za-z])(?!\.\d)(?!-[A-Z]\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MORE = (
    r"(?:no (?:less|fewer) than|(?<!no )(?<!not )more than|over|above|at least|exceed\w*|"
    r"upwards of)"
)
_LESS = r"(?:nearly|almost|under|below|(?<!no )(?:less|fewer) than|not? more than|up to|close to)"
_NEAR = r"(?:about|around|roughly|approximately|some|an estimated|estimated|~|≈|circa)"
_HEDGES: tuple[tuple[Hedge, str], ...] = (("over", _MORE), ("under", _LESS), ("about", _NEAR))
_HEDGED = [
    (hedge, re.compile(rf"\b{words}\s+(?:an?\s)?$|[~≈]$", re.IGNORECASE))
    for hedge, words in _HEDGES
]
_NOT_COUNTS = re.compile(
    r"\bone\s+(?:of|another|day|or\s+more)\b|\bone-(?:time|off|sided)\b", re.IGNORECASE
)
_BEFORE_ONE = re.compile(
    r"\b(?:no|any|some|every|each|which|the|this|that|last|other)\s$", re.IGNORECASE
)
_RANGE = re.compile(r"\s?(?:-|–|—|\bto\b|\band\b|\bor\b)\s?\Z")


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
        quantity
        for match in _QUANTITY.finditer(text)
        if not any(mask[match.start() : match.end()])
        for quantity in _read(match, text)
    ]
    return list(_with_ranges(found, text))


def _read(match: re.Match[str], text: str) -> Iterator[Quantity]:
    value, digits, unit = _value(match)
    if match["words"] and match["words"].lower() == "one" and not match["scale"]:
        after = _NOT_COUNTS.match(text, match.start())
        if after or preceding(_BEFORE_ONE, text, match.start()):
            return
    if match["ordinal"] and not match["ordinal"][0].isdigit() and match["time"] is None:
        unit = "ordinal"
    scale = (match["scale"] or match["short"] or "").lower()
    if scale:
        value *= _SCALES[scale]
    readings = [(value, unit)]
    if match["percent"]:
        readings = [(value, "%")]
    elif match["basis"]:
        readings = [(value / 100, "%")]
    elif match["money"] or match["currency"]:
        named = (match["money"] or match["currency"]).lower()
        readings = [(value / 100, "USD")] if named == "cent" else [(value, _MONEY[named])]
    elif match["time"] and unit != "ordinal":
        base, factor = _TIME[match["time"].lower()]
        readings = [(value * factor, base)]
    elif match["fraction"] and not scale:
        readings = [(value * 100, "%"), (value, "")]
    hedge: Hedge = next((h for h, p in _HEDGED if preceding(p, text, match.start())), "")
    yield Quantity(match.start(), match.end(), match[0], tuple(readings), digits, hedge)


def _value(match: re.Match[str]) -> tuple[Decimal, int, str]:
    """The number before scale and unit, its significant digits, and its unit if it is ordinal."""
    if ordinal := match["ordinal"]:
        if ordinal.isdigit():
            return Decimal(ordinal), len(ordinal), "ordinal"
        tens, _, last = ordinal.lower().rpartition("-")
        return Decimal(_TENS.get(tens, 0) + _ORDINALS.get(last, 1)), 9, "ordinal"
    if fraction := match["fraction"]:
        return _fraction_value(fraction), 9, ""
    if numeral := match["numeral"]:
        plain = re.sub(r"[^\d.]", "", numeral)
        written = plain.replace(".", "").lstrip("0")
        return Decimal(plain), len(written if "." in plain else written.rstrip("0")) or 1, ""
    value = _words_value(match["words"])
    return value, len(str(value).rstrip("0")) or 1, ""


def _fraction_value(words: str) -> Decimal:
    """
    >>> [str(_fraction_value(words)) for words in ("half a", "one-fifth", "three quarters")]
    ['0.5', '0.2', '0.75']
    """
    *numerator, denominator = re.split(r"[\s-]+", words.lower().removesuffix(" a"))
    whole = _words_value(" ".join(numerator)) if numerator else Decimal(1)
    return whole / _DENOMINATORS[denominator.removesuffix("s")]


def _words_value(words: str) -> Decimal:
    """Number words added up: "two hundred and fifty thousand" is 250000."""
    total = current = 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in {"a", "an"}:
            current = 1
        elif word in _SMALL or word in _TENS:
            current += _SMALL.get(word, 0) or _TENS.get(word, 0)
        elif word == "dozen":
            current = max(current, 1) * 12
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current = 0
    return Decimal(total + current)


def _with_ranges(found: list[Quantity], text: str) -> Iterator[Quantity]:
    """In ranges such as "5 to 7 percent" and "$5-7 million", both numbers may share a unit."""
    for index, quantity in enumerate(found):
        lent: list[tuple[Decimal, str]] = []
        if index + 1 < len(found) and _ranges(text, quantity, found[index + 1]):
            lent += _lent(quantity.readings[0], found[index + 1])
        if index and _ranges(text, found[index - 1], quantity):
            (value, unit), (_, money) = quantity.readings[0], found[index - 1].readings[0]
            lent += [(value, money)] if not unit else []
        yield replace(quantity, readings=tuple(dict.fromkeys([*quantity.readings, *lent])))


def _ranges(text: str, first: Quantity, second: Quantity) -> bool:
    return bool(_RANGE.match(text[first.end : second.start]))


def _lent(reading: tuple[Decimal, str], after: Quantity) -> Iterator[tuple[Decimal, str]]:
    (value, unit), (_, next_unit) = reading, after.readings[0]
    if not unit:
        yield value, next_unit
    scale = re.search(rf"{_BIG}", after.text.lower())
    if value < 1000 and scale:
        yield value * _SCALES[scale[0]], unit or next_unit


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
    money = {*_MONEY.values()}
    if "" in {unit, other} and {unit, other} & money:
        return value >= 1000
    return {unit, other} == {"", "ordinal"}


def _values_agree(claimed: Quantity, value: Decimal, other: Decimal) -> bool:
    if value == other:
        return True
    # Two or more digits may be rounded without a hedge; one digit needs "about".
    if claimed.digits < (1 if claimed.hedge else 2) or not other:
        return False
    # Beyond Decimal's precision; nobody rounds to that many digits.
    if claimed.digits > _MOST_DIGITS:
        return False
    if claimed.hedge == "over":
        return value < other <= value * Decimal("1.1")
    if claimed.hedge == "under":
        return value * Decimal("0.9") <= other < value
    step = Decimal(1).scaleb(other.adjusted() - claimed.digits + 1)
    return value in {(other / step).quantize(Decimal(1), how) * step for how in _ROUNDINGS}


_MOST_DIGITS = 27
_ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)
