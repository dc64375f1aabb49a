"""CSV and TSV: one article per row, with the columns mapped to fields by name."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import file_metadata
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
)

_TEXT = ("text", "body", "content", "article", "full_text", "article_text", "article_body", "story")
_DELIMITERS = ",;\t|"
_SAMPLE = 20_000
_NO_TEXT_COLUMN = (
    "None of its columns ({}) is the article's text. Name the one that is `text`, in the first row."
)
_EMPTY = "It has no rows below the names of its columns."
_NOT_A_TABLE = "It is not a table: {}."
_TOO_WIDE = "It has {:,} values, but the table has {:,} columns. Quote values that contain {!r}."


def read_csv(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article per row. The delimiter is a comma, semicolon, tab or bar: whichever fits."""
    text = decode(read_whole(file, max_bytes))
    yield from _read(text, _delimiter(text))


def read_tsv(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    yield from _read(decode(read_whole(file, max_bytes)), "\t")


def _read(text: str, delimiter: str) -> Iterator[ParsedArticle | ParseFailure]:
    """`part` is the row number, as a spreadsheet shows it: row 1 holds the column names."""
    # The csv module's limit is process-wide; an article may be longer than its default.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        given = next(rows, [])
        columns = [field_name(name) for name in given]
        text_column = next((name for name in _TEXT if name in columns), None)
        if text_column is None:
            named = ", ".join(name.strip()[:40] for name in given[:20]) or "there are none"
            raise UnreadableFileError(_NO_TEXT_COLUMN.format(named))
        number = 1
        for number, row in enumerate(rows, 2):
            if not any(value.strip() for value in row):
                continue
            if len(row) > len(columns):
                reason = _TOO_WIDE.format(len(row), len(columns), delimiter)
                yield ParseFailure(reason, number)
                continue
            yield _article(dict(zip(columns, row, strict=False)), text_column, number)
    except csv.Error as error:
        raise UnreadableFileError(_NOT_A_TABLE.format(error)) from error
    if number == 1:
        raise UnreadableFileError(_EMPTY)


def _article(row: Mapping[str, str], text_column: str, number: int) -> ParsedArticle | ParseFailure:
    text = row.get(text_column, "")
    if not text.strip():
        return ParseFailure(f"Its column `{text_column}` is empty.", number)
    return ParsedArticle(text, file_metadata(row), part=number)


def field_name(column: str) -> str:
    """The name of a column in the style of field names.

    >>> field_name(" Published At")
    'published_at'
    """
    return re.sub(r"[\s-]+", "_", column.strip().lower())


def _delimiter(text: str) -> str:
    """The delimiter of the first row: the most frequent outside quotes."""
    head = re.sub(r'"[^"]*"', "", text[:_SAMPLE]).partition("\n")[0]
    return max(_DELIMITERS, key=head.count)
