"""What regular expressions over prose need to stay linear and predictable. Pure."""

import re
from collections.abc import Iterable

from vectorstore.types import Span

CONTEXT = 40


def preceding(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str] | None:
    """The match right before a position, within CONTEXT characters; the pattern ends with `$`.

    >>> preceding(re.compile(r"about $"), "about 5", 6) is not None
    True
    """
    return pattern.search(text, max(0, position - CONTEXT), position)


# Characters that `re.IGNORECASE` equates with the ASCII letters s, i and k; str.lower does not.
_ODD_CASE = dict.fromkeys(map(ord, "\u017f\u0130\u0131\u212a"), "\ufffd")


def only_plain_case(text: str) -> str:
    """`text`, same length, without the letters that only IGNORECASE equates with ASCII ones."""
    return text.translate(_ODD_CASE)


def covered(length: int, spans: Iterable[Span]) -> bytearray:
    """One byte per character of a text: 1 where one of `spans` covers it, else 0."""
    mask = bytearray(length)
    for start, end in spans:
        mask[start:end] = b"\x01" * (end - start)
    return mask
