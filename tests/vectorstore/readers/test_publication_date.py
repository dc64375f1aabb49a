"""Publication dates, in the formats that people and programs write."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.readers import parse_published


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2022-04-20", date(2022, 4, 20)),
        ("2022-04-20T23:30:00-05:00", date(2022, 4, 20)),
        ("2022-04-20 10:00:00 +0000", date(2022, 4, 20)),
        ("2022/4/20", date(2022, 4, 20)),
        ("20220420", date(2022, 4, 20)),
        (20220420, date(2022, 4, 20)),
        ("April 20, 2022", date(2022, 4, 20)),
        ("Wednesday, April 20th, 2022, 10 a.m.", date(2022, 4, 20)),
        ("20 Sept. 2022", date(2022, 9, 20)),
        ("Wed, 20 Apr 2022 10:00:00 GMT", date(2022, 4, 20)),
        (date(2022, 4, 20), date(2022, 4, 20)),
        ("04/05/2022", None),
        ("2022-02-30", None),
        ("2022", None),
        ("20220420123", None),
        (1650412800, None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (["2022-04-20"], None),
    ],
)
def test_a_day_is_read_as_people_and_programs_write_it(value: object, day: date | None) -> None:
    assert parse_published(value) == day


@given(st.text() | st.integers() | st.none())
def test_anything_is_a_day_or_none(value: object) -> None:
    assert parse_published(value) is None or isinstance(parse_published(value), date)
