"""Copies are told from other texts, whatever was done to them and whatever others share."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.text.resemblance import (
    BANDS,
    FEWEST_RUNS,
    SIGNATURE,
    Wording,
    alike_first,
    are_copies,
    bands_of,
    signature_of,
)

WORDS = [f"word{number}" for number in range(400)]
STORY = (
    "The port of Aldmere reopened on Monday after a strike of eleven days, and the first of forty "
    "ships that had waited outside the harbour was unloaded before noon. The union said that its "
    "2,300 members had voted for a rise of 4.5 percent, half of what they had asked for in May. "
    "Mayor Ruth Kessler called it a fair end to a long quarrel. Dockers went back to work in the "
    "rain, past a line of lorries that reached as far as the motorway."
)
REPORT = (
    "Shares in {city} closed at {points} points on the day, up {rise} percent from the day before. "
    "Volume was {volume} million shares. Gold traded at {gold} dollars an ounce, and the euro "
    "bought {euro} dollars late in the afternoon, while investors waited for figures on jobs."
)
PINNED = {
    "key": -6_182_731_529_510_080_183,
    "runs": 14_717_732_342_521_250_442,
    "signature": 499_047_657,
    "bands": -6_381_192_793_605_158_721,
}


def copies(one: str, other: str) -> bool:
    return are_copies(Wording.of(one), Wording.of(other))


@pytest.mark.parametrize(
    "other",
    [
        STORY.replace("4.5", "6"),
        "PORT REOPENS\n\nBy A. Reporter\n\n" + STORY.replace("2,300", "2,400"),
        STORY[: STORY.index("Mayor")],
        " ".join(reversed(STORY.split(". "))),
        STORY.upper().replace("MAYOR", "Mayor"),
        STORY.replace("called it", "spoke of").replace("in the rain", "at once"),
    ],
    ids=["figure", "headline", "cut", "reordered", "case", "edited"],
)
def test_an_edited_copy_is_a_copy(other: str) -> None:
    assert copies(STORY, other)
    assert copies(other, STORY)


def test_two_reports_by_one_template_are_no_copies() -> None:
    monday = REPORT.format(
        city="Aldmere", points="9,120", rise="0.4", volume=310, gold="1,802", euro="1.04"
    )
    tuesday = REPORT.format(
        city="Aldmere", points="9,331", rise="2.3", volume=280, gold="1,799", euro="1.07"
    )
    assert not copies(monday, tuesday)
    assert copies(monday, monday.replace("9,120", "9,121"))


def test_a_long_quotation_does_not_make_a_copy() -> None:
    quotation = STORY[STORY.index("The union") : STORY.index("Mayor")]
    own = " ".join(WORDS[:120])
    assert not copies(STORY, f"{own} {quotation}")


def test_a_round_up_is_no_copy_of_what_it_holds() -> None:
    stories = [" ".join(WORDS[first : first + 80]) for first in range(0, 400, 80)]
    assert not copies(stories[0], "\n\n".join(stories))


def test_copies_are_told_in_scripts_without_spaces() -> None:
    text = (
        "港は月曜日に再開された。ストライキは十一日間続き、"
        "四十隻の船が沖で待っていた。組合は賃上げを受け入れた。"
    )
    assert Wording.of(text).is_comparable
    assert copies(text, text.replace("月曜日", "火曜日"))
    other = "鯨が港で見られた。誰もこんなに北まで来るとは思っていなかったと漁師たちは語った。"
    assert not copies(text, other)


def test_a_text_of_few_words_is_not_compared() -> None:
    assert not Wording.of("Closed today. " * 40).is_comparable
    assert Wording.of(" ".join(WORDS[: FEWEST_RUNS + 2])).is_comparable


@given(st.text(max_size=300))
def test_any_text_is_a_copy_of_itself(text: str) -> None:
    one, same = Wording.of(text), Wording.of(text)
    assert one.key == same.key
    assert are_copies(one, same)


@pytest.mark.parametrize("shared", [0.2, 0.35, 0.6, 0.9])
def test_signatures_estimate_the_jaccard_index(shared: float) -> None:
    rng = random.Random(3)
    found, bands = [], 0
    for _ in range(60):
        common = int(2 * 500 * shared / (1 + shared))
        both = [rng.getrandbits(64) for _ in range(common)]
        one, other = (
            np.array(both + [rng.getrandbits(64) for _ in range(500 - common)], np.uint64)
            for _ in range(2)
        )
        signatures = signature_of(one), signature_of(other)
        found.append(float((signatures[0] == signatures[1]).mean()))
        bands += bool({*bands_of(signatures[0])} & {*bands_of(signatures[1])})
    assert np.mean(found) == pytest.approx(shared, abs=0.03)
    if shared > 0.3:
        assert bands >= 56


def test_the_signature_of_a_long_text_is_that_of_all_its_parts() -> None:
    rng = np.random.default_rng(1)
    runs = rng.integers(0, 2**63, 50_000, np.uint64)
    parts = [signature_of(part) for part in np.array_split(runs, 7)]
    assert (signature_of(runs) == np.min(parts, axis=0)).all()


def test_what_is_kept_in_an_index_stays_as_it_is() -> None:
    """Another value of any of these makes existing indexes miss copies."""
    wording = Wording.of(STORY)
    signature = signature_of(wording.runs)
    assert (len(signature), len(bands_of(signature))) == (SIGNATURE, BANDS)
    assert {
        "key": wording.key,
        "runs": int(np.bitwise_xor.reduce(wording.runs)),
        "signature": int(np.bitwise_xor.reduce(signature)),
        "bands": int(np.bitwise_xor.reduce(np.array(bands_of(signature)))),
    } == PINNED


def test_the_most_alike_come_first_and_others_not_at_all() -> None:
    one = np.arange(SIGNATURE, dtype=np.uint32)
    near, nearer, far = one.copy(), one.copy(), one + SIGNATURE
    near[:30] += 1_000
    nearer[:10] += 1_000
    assert alike_first(one, [near, far.astype(np.uint32), nearer]) == [2, 0]
    assert alike_first(one, []) == []


def test_runs_are_told_without_regard_to_case_and_marks() -> None:
    one, other = Wording.of("To be, or not to be, or not."), Wording.of("TO BE OR NOT TO BE OR NOT")
    assert len(one.runs) == 4
    assert (one.runs == other.runs).all()
    assert one.key != other.key
    assert len(Wording.of("To be").runs) == 0
