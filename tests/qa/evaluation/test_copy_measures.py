"""Copies that are made are found, and what only looks like one is not."""

import random

import pytest

from qa.evaluation.copy_measures import (
    WAYS,
    copies_of,
    lookalikes,
    measure_copies,
    synthesised,
    time_to_find_copies,
)
from tests.vectorstore.catalog.test_stories import text_of
from tests.vectorstore.examples import article

ARTICLES = [
    article(f"{n}", "\n\n".join(f"{text_of(7 * n + part, 0).capitalize()}." for part in range(4)))
    for n in range(4)
]


@pytest.mark.parametrize("way", WAYS)
def test_copies_are_made_and_found(way: str) -> None:
    made = copies_of(ARTICLES[:2], {way: WAYS[way]}, random.Random(1))
    assert all(copy.text != original.text for original, copy in made.values())
    figures = measure_copies(made.values(), ARTICLES[2:])
    assert (figures.found, figures.right, figures.copies) == (2, 2, 2)
    assert figures.precision == figures.recall == 1


def test_lookalikes_are_not_found() -> None:
    others = list(lookalikes(ARTICLES[2:], ARTICLES[:2], random.Random(1)))
    figures = measure_copies([[each] for each in ARTICLES[:2]], others)
    assert (figures.found, figures.copies) == (0, 0)


def test_what_is_wrongly_found_lowers_the_precision() -> None:
    stranger = article("stranger", ARTICLES[0].text)
    figures = measure_copies([ARTICLES[:1]], [stranger])
    assert (figures.found, figures.right, figures.precision) == (1, 0, 0)


def test_the_time_is_measured() -> None:
    seconds, cpu = time_to_find_copies(synthesised(ARTICLES, 20, random.Random(1)))
    assert cpu > 0
    assert seconds > 0
