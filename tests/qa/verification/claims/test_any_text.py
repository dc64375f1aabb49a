"""Claims can be read from any text, without errors and in linear time."""

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.verification.claims.entities import EntityForms, find_entities
from qa.verification.claims.quantities import find_quantities, same_quantity
from qa.verification.facts import Facts
from qa.verification.guards import conflicts
from qa.verification.source_sentences import SourceSentences
from tests.qa.passages import passage_of
from vectorstore.text.dates import find_dates, implied_dates, same_date

SEEDS = Path(__file__).parents[4] / "seeds" / "articles"
SENTENCES = [
    sentence
    for path in sorted(SEEDS.glob("*.txt"))
    for sentence in re.split(r"(?<=[.!?])\s+", path.read_text("utf-8"))
]

# Pieces that the rules look for, to be put together in every order.
PIECES = (
    "one two fifth fifths half third quarters dozen hundred million bn m % per cent percent $ US$ "
    "€ £5 -5 1,2,3,4 0.5 .5 5. 1e999 ٣ ² ½ Ⅳ 000 May March 31 32 February 30 1999 2020-13-45 "
    "13/13/2020 Q3 last year yesterday ago 9999999999 years quarter first not no never n't nothing "
    "denied said by of from to against and or , . ; : — ( ) \" “ ” ' ’ Aa BB U.S. O'Neill de la "
    "Mr. Judge US us WHO bıllıon ſecond Kılo İt \u200d \x00 \ufeff 👩‍👩‍👧 é e\u0301 שלום 中文"
).split(" ")

texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.sampled_from(SENTENCES),
    # A real sentence with something strange in its middle.
    st.tuples(st.sampled_from(SENTENCES), st.sampled_from(PIECES), st.integers(0, 300)).map(
        lambda parts: f"{parts[0][: parts[2]]} {parts[1]} {parts[0][parts[2] :]}"
    ),
)
days = st.dates() | st.sampled_from([date.min, date.max])


def facts_of(text: str) -> Facts:
    """The facts of a text, all of them found."""
    facts = Facts(text)
    _ = (facts.names, facts.dates, facts.quantities, facts.polarity, facts.roles)
    return facts


@settings(deadline=None)
@given(text=texts, published=days)
@example(text="one fifth", published=date(2020, 1, 1))
@example(text="yesterday, on Monday", published=date.min)
@example(text="tomorrow, " + "9" * 5_000 + " years ago", published=date.max)
def test_any_text_can_be_read(text: str, published: date) -> None:
    facts = facts_of(text)
    implied_dates(text, published, 2019)
    found = [(each.span, each.text) for each in facts.names]
    found += [(each.span, each.text) for each in facts.quantities]
    found += [(each.span, each.text) for each in facts.dates]
    for span, words in found:
        assert span.of(text) == words or words in text


@settings(deadline=None)
@given(stated=texts, source=texts)
def test_any_two_texts_can_be_compared(stated: str, source: str) -> None:
    claim = facts_of(stated)
    list(conflicts(claim, SourceSentences([passage_of(source)]).all))
    for one in claim.quantities:
        assert same_quantity(one, one)
        for another in facts_of(source).quantities:
            same_quantity(one, another)
    for mention in claim.dates:
        same_date(mention, implied_dates(source, date(2020, 2, 29)))
    for name in claim.names:
        EntityForms(source).has(name)


GROWING: dict[str, Callable[[str], object]] = {
    "everything": facts_of,
    "entities": find_entities,
    "dates": find_dates,
    "quantities": find_quantities,
}
UNITS = (
    "Aa Bb ",
    "A. A. ",
    "on May 5, 2020, ",
    "one fifth of 5.5 ",
    '"a b c" ',
    "no ",
    "((",
    "aaaa",
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("function", GROWING)
def test_ten_times_the_text_takes_about_ten_times_the_time(function: str, unit: str) -> None:
    short, long = unit * (500 // len(unit)), unit * (5_000 // len(unit))

    def seconds(text: str) -> float:
        times = []
        for _ in range(2):
            started = time.process_time()
            GROWING[function](text)
            times.append(time.process_time() - started)
        return min(times)

    # Something quadratic takes a hundred times as long.
    assert seconds(long) < 40 * seconds(short) + 0.05
