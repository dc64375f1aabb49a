"""The order in which the lines of a page are read."""

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from vectorstore.readers.documents.page_layout import TextLine, reading_order

PROSE = "A line of prose, about as long as one"


def lines_at(left: float, top: float, count: int, name: str) -> list[TextLine]:
    """Lines one below the other, each of them 200 points wide."""
    return [
        TextLine(f"{PROSE} {name}{n}", left, top - 14 * n - 10, left + 200, top - 14 * n)
        for n in range(count)
    ]


def order(lines: list[TextLine]) -> list[str]:
    shuffled = random.Random(7).sample(lines, len(lines))
    return [line.text.split()[-1] for column in reading_order(shuffled) for line in column]


def names(name: str, count: int) -> list[str]:
    return [f"{name}{n}" for n in range(count)]


def test_columns_are_read_one_after_the_other_between_headlines_across_them() -> None:
    headline = TextLine("The headline H0", 50, 760, 460, 784)
    second = TextLine("Another headline H1", 50, 560, 460, 584)
    lines = [
        headline,
        *lines_at(50, 740, 8, "a"),
        *lines_at(260, 740, 8, "b"),
        second,
        *lines_at(50, 540, 9, "c"),
        *lines_at(260, 540, 9, "d"),
    ]
    assert order(lines) == [
        "H0", *names("a", 8), *names("b", 8), "H1", *names("c", 9), *names("d", 9),
    ]  # fmt: skip


def test_a_single_column_with_short_lines_is_no_pair_of_columns() -> None:
    lines = lines_at(50, 740, 20, "a")
    short = TextLine("The end. Z0", 50, 440, 90, 450)
    assert order([*lines, short]) == [*names("a", 20), "Z0"]


def test_pieces_of_one_line_become_one_line() -> None:
    left = TextLine("Year", 50, 700, 80, 710)
    right = TextLine("Boats", 120, 701, 160, 711)
    ((row,),) = reading_order([right, left])
    assert row.text == "Year Boats"
    assert (row.left, row.right) == (50, 160)


BOXES = st.builds(
    lambda left, bottom, width, height: TextLine(
        PROSE, left, bottom, left + width, bottom + height
    ),
    st.floats(0, 500),
    st.floats(0, 700),
    st.floats(1, 400),
    st.floats(1, 40),
)


@given(st.lists(BOXES, max_size=40))
def test_no_line_is_lost_wherever_it_stands(lines: list[TextLine]) -> None:
    words = [
        word for column in reading_order(lines) for line in column for word in line.text.split()
    ]
    assert len(words) == len(lines) * len(PROSE.split())


def test_a_page_of_thousands_of_pieces_does_not_take_long() -> None:
    chance = random.Random(7)
    places = [(chance.uniform(0, 500), chance.uniform(0, 700)) for _ in range(4_000)]
    lines = [TextLine(PROSE, x, y, x + 20, y + 8) for x, y in places]
    begun = time.monotonic()
    list(reading_order(lines[:1_500]))
    list(reading_order(lines))
    assert time.monotonic() - begun < 20
