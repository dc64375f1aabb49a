"""Numbers in words: whatever a pattern recognises has a value."""

import re

from hypothesis import given
from hypothesis import strategies as st

from vectorstore.text.number_words import (
    AND_FRACTION,
    CARDINAL,
    FRACTION,
    NUMBER_WORDS,
    ORDINAL,
    cardinal_value,
    fraction_value,
    ordinal_value,
)

WORDS = (
    *NUMBER_WORDS,
    *"a an and of half halves quarter quarters third fifths tenth twelfth twentieths".split(),
    *"first second ninth hundredths thousandth millionth -".split(),
)
phrases = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
phrases |= phrases.map(lambda phrase: phrase.replace(" - ", "-").upper())


@given(phrases)
def test_every_match_has_a_value(text: str) -> None:
    for pattern, value in (
        (CARDINAL, cardinal_value),
        (ORDINAL, ordinal_value),
        (FRACTION, fraction_value),
        (AND_FRACTION, fraction_value),
    ):
        for match in re.finditer(rf"\b(?:{pattern})", f"x {text}", re.IGNORECASE):
            assert value(match[0]) >= 0
