import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.text.paragraphs import paragraph_fingerprint, paragraph_spans

WRAPPED = """\
The harbor froze on Monday for the first time since
1963, and ships had to wait outside until Thursday.

Nobody was hurt. The ferries
ran late.
"""


def of(text: str) -> list[str]:
    return [span.of(text) for span in paragraph_spans(text)]


def test_lines_broken_to_a_width_are_one_paragraph() -> None:
    assert of(WRAPPED) == [
        WRAPPED[: WRAPPED.index("\n\n")],
        "Nobody was hurt. The ferries\nran late.",
    ]


def test_lines_that_are_paragraphs_stay_apart() -> None:
    assert of("Subscribe today.\nThe harbor froze on Monday, and the ships waited.") == [
        "Subscribe today.",
        "The harbor froze on Monday, and the ships waited.",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_every_kind_of_line_end_ends_a_paragraph(end: str) -> None:
    assert of(f"One ends here.{end}{end}Two.{end} \t{end}Three{end}") == [
        "One ends here.",
        "Two.",
        "Three",
    ]


def test_they_are_found_from_a_place_on() -> None:
    text = "date 2022-04-20 Sign up.\n\nProse."
    assert [span.of(text) for span in paragraph_spans(text, 15)] == ["Sign up.", "Prose."]


@given(st.text(st.sampled_from("ab .\n\r\t\u2028\u3000é😀\0"), max_size=200) | st.text())
def test_paragraphs_hold_every_character_but_space_once_and_in_order(text: str) -> None:
    spans = paragraph_spans(text)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(span.of(text).strip() == span.of(text) != "" for span in spans)
    assert re.sub(r"\s", "", "".join(of(text))) == re.sub(r"\s", "", text)


def test_a_paragraph_is_recognised_in_other_quotes_case_and_spacing() -> None:
    ours = paragraph_fingerprint("“The Tide” is the city’s oldest paper - read by 4,000.")
    assert ours is not None
    assert ours == paragraph_fingerprint(
        '"the tide"  is the city\'s\noldest paper \u2013 read by 4,000.'
    )
    assert ours != paragraph_fingerprint("“The Tide” is the city’s oldest paper - read by 5,000.")


def test_a_few_words_are_not_recognised() -> None:
    assert paragraph_fingerprint("It is not known.") is None


@given(st.text())
def test_any_paragraph_has_a_fingerprint_or_none(text: str) -> None:
    fingerprint = paragraph_fingerprint(text + "\ud800")
    assert fingerprint is None or re.fullmatch(r"[0-9a-f]{32}", fingerprint)


@pytest.mark.parametrize(
    "unit",
    ["\n", " \n", "a\n", "a b.\n", "\u2028", " ", "...", ".'\n", f"{'.' * 119}\n", "a" * 119],
)
def test_paragraphs_of_a_megabyte_are_found_in_linear_time(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    began = time.process_time()
    paragraph_spans(text)
    assert time.process_time() - began < 10  # 1 second at most; quadratic time would take hours
