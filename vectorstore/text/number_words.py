"""Numbers written in English words.

The patterns are built from the tables of word values, so that whatever is recognised has a value.
They are strings to compile with IGNORECASE, and expect a word boundary before them.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

_UNITS = dict(
    zip("one two three four five six seven eight nine".split(), range(1, 10), strict=True)
)
_TEENS = dict(
    zip(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        range(10, 20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_MULTIPLES = {"dozen": 12, "hundred": 100}
_ADDED = {"zero": 0, "a": 1, "an": 1, **_UNITS, **_TEENS, **_TENS}

_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def _ordinals(cardinals: dict[str, int]) -> dict[str, int]:
    return {
        _IRREGULAR_ORDINALS.get(word) or re.sub(r"y$", "ie", word) + "th": value
        for word, value in cardinals.items()
    }


_UNIT_ORDINALS = _ordinals(_UNITS)
_ORDINALS = _UNIT_ORDINALS | _ordinals({**_TEENS, **_TENS, "hundred": 100, **SCALES})
# A second is a time or the one after the first, never a half.
_DENOMINATORS = {"half": 2, "halve": 2, "quarter": 4} | {
    word: value for word, value in _ORDINALS.items() if value > 2
}

NUMBER_WORDS = frozenset({**_ADDED, **_MULTIPLES, **SCALES}) - {"a", "an"}


def _either(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})"


_GAP = r"(?:\s{1,3}|-)"
_AND = rf"(?:\s{{1,3}}and)?{_GAP}"
_BELOW_100 = (
    rf"(?:{_either(_TENS)}(?:{_GAP}{_either(_UNITS)})?|{_either([*_TEENS, *_UNITS, 'zero'])})\b"
)
# In "between one million and two million" the "two" is not part of the first number.
_NO_HUNDREDS = rf"(?!{_GAP}{_either(_MULTIPLES)}\b)"
_NO_SCALE = rf"(?!{_GAP}{_either([*_MULTIPLES, *SCALES])}\b)"
_BELOW_1000 = (
    rf"(?:(?:{_BELOW_100}|an?){_GAP}hundred\b(?:{_AND}{_BELOW_100}{_NO_HUNDREDS})?|{_BELOW_100})"
)
_THOUSANDS = rf"(?:{_BELOW_1000}|an?){_GAP}thousand\b(?:{_AND}{_BELOW_1000}{_NO_SCALE})?"
_LARGE = rf"(?:{_BELOW_1000}|an?){_GAP}{_either(SCALES)}\b(?:{_GAP}{_THOUSANDS})?"

CARDINAL = rf"(?:(?:{_BELOW_100}|an?){_GAP}dozen\b|{_THOUSANDS}|{_LARGE}|{_BELOW_1000})"
ORDINAL = rf"(?:{_either(_TENS)}-{_either(_UNIT_ORDINALS)}|{_either(_ORDINALS)})\b"
_DENOMINATOR = _either(_DENOMINATORS)
# "A fifth" and "one quarter" are fractions only if no noun follows that they could number.
_NO_NOUN = r"(?=\s{0,3}(?:[^\w\s-]|\Z)|\s(?:of|more|less|as|in|by|from|since|to|on|over|and|or)\b)"
FRACTION = (
    rf"(?:(?!two{_GAP}quarters){_BELOW_100}{_GAP}{_DENOMINATOR}s"
    rf"|one(?:-|{_GAP}(?!quarter)){_DENOMINATOR}|(?:an?|one){_GAP}{_DENOMINATOR}\b{_NO_NOUN}"
    r"|half)\b"
)
AND_FRACTION = rf"\s{{1,3}}and{_GAP}(?:an?|{_BELOW_100}){_GAP}{_DENOMINATOR}s?\b"
"""What follows a number in "two and a half", and is worth 0.5."""


def cardinal_value(words: str) -> int:
    """The value of a match of CARDINAL.

    >>> cardinal_value("two hundred and fifty thousand"), cardinal_value("a dozen")
    (250000, 12)
    """
    total = current = 0
    for word in _words(words):
        if word in SCALES:
            total, current = total + current * SCALES[word], 0
        elif word in _MULTIPLES:
            current *= _MULTIPLES[word]
        else:
            current += _ADDED.get(word, 0)  # "and" is worth nothing
    return total + current


def ordinal_value(words: str) -> int:
    """The value of a match of ORDINAL.

    >>> ordinal_value("third"), ordinal_value("twenty-first")
    (3, 21)
    """
    *tens, last = _words(words)
    return sum(_TENS[word] for word in tens) + _ORDINALS[last]


def fraction_value(words: str) -> Decimal:
    """The value of a match of FRACTION or AND_FRACTION.

    >>> fraction_value("seven tenths"), fraction_value("one-fifth"), fraction_value("and a half")
    (Decimal('0.7'), Decimal('0.2'), Decimal('0.5'))
    """
    *numerator, denominator = _words(words)
    divisor = _DENOMINATORS.get(denominator) or _DENOMINATORS[denominator.removesuffix("s")]
    return Decimal(cardinal_value(" ".join(numerator)) or 1) / divisor


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())
