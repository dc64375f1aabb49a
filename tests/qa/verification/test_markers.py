"""Where the markers of a sentence are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.verification.markers import with_markers
from qa.verification.sentence_stream import without_markers

NUMBERS = st.lists(st.integers(1, 20), min_size=1, max_size=3)
WORDS = st.text(st.characters(exclude_characters="[]【】()", exclude_categories=("Cs", "Zs")))
ENDS = st.sampled_from([".", "!", "?", "…", "?!", "...", "", ".”", '."', "”.", ".)", "’", ":", ","])
SENTENCES = st.builds(lambda words, end: f"It said {words} then{end}", WORDS, ENDS)


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("It left within days.", "It left within days [1]."),
        ("Why did it leave?!", "Why did it leave [1]?!"),
        ("It left the U.S.", "It left the U.S. [1]"),
        ("It left Binance.US.", "It left Binance.US [1]."),
        ("Gensler said, “We are done.”", "Gensler said, “We are done.” [1]"),
        ("He spoke of “the first of its kind”.", "He spoke of “the first of its kind” [1]."),
        ("(It left.)", "(It left.) [1]"),
        ("A headline without an end", "A headline without an end [1]"),
        ("Three things:", "Three things: [1]"),
    ],
)  # fmt: skip
def test_markers_stand_before_the_final_punctuation(sentence: str, marked: str) -> None:
    assert with_markers(sentence, [1]) == marked


@given(SENTENCES, NUMBERS)
def test_a_sentence_without_its_markers_is_the_sentence(sentence: str, numbers: list[int]) -> None:
    assert without_markers(with_markers(sentence, numbers)) == sentence


@given(SENTENCES, NUMBERS)
def test_what_follows_the_markers_is_punctuation_and_nothing_else(
    sentence: str, numbers: list[int]
) -> None:
    markers = "".join(f"[{number}]" for number in numbers)
    before, found, after = with_markers(sentence, numbers).partition(f" {markers}")
    assert found
    assert before + after == sentence
    assert set(after) <= set(".!?…")


@given(st.text())
def test_a_sentence_without_citations_stays_as_it_is(sentence: str) -> None:
    assert with_markers(sentence, []) == sentence
