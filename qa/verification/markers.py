"""Where the citation markers of a sentence stand: before the punctuation that ends it."""

import re
from collections.abc import Sequence

_END = re.compile(r"[.!?…]+$")
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_]\.){2,}$")


def with_markers(sentence: str, numbers: Sequence[int]) -> str:
    """The sentence with the numbers of its citations.

    They stand before its final punctuation, and at its end where it has none, where a quotation
    mark or a bracket follows the punctuation, and where its full stop is that of an abbreviation.

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
