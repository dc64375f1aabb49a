"""Adds citation markers to a sentence, before its final punctuation."""

import re
from collections.abc import Sequence

_END = re.compile(r"[.!?…]+$")
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_]\.){2,}$")


def with_markers(sentence: str, numbers: Sequence[int]) -> str:
    """The sentence with the numbers of its citations.

    They go before the final punctuation; at the end if there is none, if a quotation mark or
    bracket follows it, or if the full stop belongs to an abbreviation.

    >>> with_markers("It joined in August 2020.", [1, 3])
    'It joined in August 2020 [1][3].'
    >>> with_markers("He said, “We left.”", [2])
    'He said, “We left.” [2]'
    """
    markers = "".join(f"[{number}]" for number in numbers)
    if not markers:
        return sentence
    end = _END.search(sentence)
    if end is None or _ABBREVIATION.search(sentence):
        return f"{sentence} {markers}"
    return f"{sentence[: end.start()]} {markers}{end[0]}"
