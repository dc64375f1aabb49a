"""Quantities in prose: their values, and which of them support each other."""

from decimal import Decimal

import pytest

from qa.verification.claims.quantities import Quantity, find_quantities, same_quantity


def readings(text: str) -> list[tuple[Decimal, str]]:
    return [reading for quantity in find_quantities(text) for reading in quantity.readings]


def only(text: str) -> Quantity:
    (quantity,) = find_quantities(text)
    return quantity


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("one fifth of the voters", 20),
        ("one-fifth of the voters", 20),
        ("a fifth of the voters", 20),
        ("two fifths of the voters", 40),
        ("Two-thirds voted", Decimal(200) / 3),
        ("three quarters of the seats", 75),
        ("seven tenths of it", 70),
        ("one half of the fleet", 50),
        ("half of the fleet", 50),
        ("nine twentieths of it", 45),
        ("an eighth of the budget", Decimal("12.5")),
    ],
)
def test_a_fraction_in_words_is_a_share(text: str, percent: Decimal | int) -> None:
    assert (Decimal(percent).quantize(Decimal("1e-9")), "%") in [
        (value.quantize(Decimal("1e-9")), unit) for value, unit in readings(text)
    ]


def test_a_loss_is_no_gain() -> None:
    assert not same_quantity(only("It made -$5 million."), only("It made $5 million."))
    assert same_quantity(only("It made -$5 million."), only("It made −$5,000,000."))
    assert readings("5-7 percent") == readings("5 to 7 percent")


@pytest.mark.parametrize(
    "text", ["the fifth attempt", "a third attempt", "the twenty-first century"]
)
def test_an_ordinal_is_no_fraction(text: str) -> None:
    assert {unit for _, unit in readings(text)} == {"ordinal"}


@pytest.mark.parametrize(
    ("stated", "source"),
    [
        ("one fifth of the voters", "20 percent of the voters"),
        ("half a million people", "500,000 people"),
        ("$1.2bn", "1.2 billion dollars"),
        ("18 months", "a year and a half, or 1.5 years"),
        ("about 400 people", "396 people"),
    ],
)
def test_the_same_in_other_words_is_the_same(stated: str, source: str) -> None:
    quantity = find_quantities(stated)[0]
    assert any(same_quantity(quantity, other) for other in find_quantities(source))


@pytest.mark.parametrize(
    ("stated", "source"),
    [
        ("one fifth of the voters", "two fifths of the voters"),
        ("one fifth of the voters", "the fifth voter"),
        ("more than 400 people", "fewer than 400 people"),
    ],
)
def test_what_differs_is_not_the_same(stated: str, source: str) -> None:
    quantity = find_quantities(stated)[0]
    assert not any(same_quantity(quantity, other) for other in find_quantities(source))


def test_numbers_of_any_length_are_compared() -> None:
    long, longer = only("9" * 400), only("9" * 500)
    assert same_quantity(long, long)
    assert not same_quantity(long, longer)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("between one million and two million people", [1_000_000, 2_000_000]),
        ("between one hundred and two hundred people", [100, 200]),
        ("two and three of them", [2, 3]),
        ("one two three four", [1, 2, 3, 4]),
        ("phases 1,2,3,4", [1, 2, 3, 4]),
        ("two hundred and fifty thousand tons", [250_000]),
        ("one hundred and twenty-five million", [125_000_000]),
        ("a thousand and one nights", [1_001]),
        ("10,00,000 rupees", [1_000_000]),
        ("two dozen eggs", [24]),
        ("\u0663\u0664 of them", [34]),
        ("two and a half million", [2_500_000]),
        ("2½ miles", [Decimal("2.5")]),
    ],
)
def test_numbers_are_read_apart_or_as_one(text: str, values: list[Decimal | int]) -> None:
    assert [quantity.readings[0][0] for quantity in find_quantities(text)] == values
