"""What a text affirms and what it denies."""

import pytest

from qa.verification.claims.negation import read_polarity, says_the_opposite


@pytest.mark.parametrize(
    ("text", "denials"),
    [
        ("It stopped selling cars.", 1),
        ("He quit smoking.", 1),
        ("Shares dropped during trading.", 0),
        ("The senators endorsed spending cuts.", 0),
        ("The rally ended during lunch.", 0),
    ],
)
def test_what_ends_is_denied_only_where_a_verb_says_so(text: str, denials: int) -> None:
    assert read_polarity(text).denials == denials


def test_a_federal_government_is_not_the_opposite_of_the_united_states() -> None:
    claim = read_polarity("The federal government sued Google.")
    assert not says_the_opposite(claim, read_polarity("The United States sued Google."))
