"""CSV and TSV: columns mapped to fields, and rows that cannot be read."""

import csv
import io
from datetime import date

import pytest

from tests.vectorstore.readers.reading import article, read, reason
from vectorstore.readers import Unreadable
from vectorstore.types import Article

ROWS = (
    ("Id", "Headline", "Body", "Published At", "Publisher", "Authors", "Link"),
    (
        "7",
        "Ice, again",
        'The harbor froze, and the captain said: "Wait."\n\nThe ferry stayed.',
        "2023-05-04T10:00:00Z",
        "Quillhaven Courier",
        "Odalys Brandt",
        "https://quillhaven.example/ice",
    ),
    ("8", "Thaw", "The ice is gone.", "", "", "", ""),
)


def table(delimiter: str) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(ROWS)
    return written.getvalue().encode()


@pytest.mark.parametrize(("name", "delimiter"), [*(("a.csv", d) for d in ",;\t|"), ("a.tsv", "\t")])
def test_each_row_is_an_article_with_its_columns_as_fields(name: str, delimiter: str) -> None:
    first, second = read(name, table(delimiter))
    assert isinstance(first, Article)
    assert first.text == ROWS[1][2]
    assert first.id == "7"
    assert first.info.title == "Ice, again"
    assert first.info.published == date(2023, 5, 4)
    assert (first.info.source, first.info.author) == ("Quillhaven Courier", "Odalys Brandt")
    assert first.info.url == "https://quillhaven.example/ice"
    assert isinstance(second, Article)
    assert second.id == "8"


def test_rows_without_an_id_are_told_apart_by_their_numbers() -> None:
    found = read("a.csv", "text\nIce.\n\nSnow.\n")
    assert [each.id for each in found if isinstance(each, Article)] == ["a.csv#2", "a.csv#4"]


def test_an_article_may_be_longer_than_a_field_usually_is() -> None:
    text = "The harbor froze. " * 20_000
    assert article("a.csv", f'id,text\n1,"{text}"\n').text == text


def test_a_table_without_a_column_for_the_text_is_said_to_have_none() -> None:
    told = reason("a.csv", "name,price\npier,412\n")
    assert "None of its columns (name, price)" in told
    assert "`text`" in told


@pytest.mark.parametrize("data", ["", "text\n"])
def test_an_empty_table_is_said_to_be_empty(data: str) -> None:
    assert "columns" in reason("a.csv", data)


def test_a_row_that_cannot_be_read_is_named_and_the_others_are() -> None:
    found = read("a.csv", "id,text\n1,The harbor froze, and thawed.\n2,\n3,Ice.\n")
    wide, empty, right = found
    assert isinstance(wide, Unreadable)
    assert wide.where == "a.csv, row 2"
    assert "3 values" in wide.reason
    assert isinstance(empty, Unreadable)
    assert "`text` is empty" in empty.reason
    assert isinstance(right, Article)
