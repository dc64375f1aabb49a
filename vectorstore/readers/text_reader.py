"""Plain text, with an optional `date YYYY-MM-DD` on a line of its own or before the first words."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import FileMetadata
from vectorstore.readers.parsed_article import ParsedArticle, ParseFailure, read_whole
from vectorstore.readers.publication_date import parse_published
from vectorstore.types import SkippedSpan

_DATE_PREFIX = re.compile(r"\s*date:?[^\S\r\n]+(\d{4}-\d{1,2}-\d{1,2})(?=\s|\Z)", re.IGNORECASE)


def read_text(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: the whole file unchanged, with a leading date skipped."""
    text = decode(read_whole(file, max_bytes))
    prefix = _DATE_PREFIX.match(text)
    if prefix is None:
        yield ParsedArticle(text, FileMetadata())
        return
    yield ParsedArticle(
        text,
        FileMetadata(published=parse_published(prefix[1])),
        body=prefix.end(),
        has_date_line=True,
        skipped=(SkippedSpan(0, prefix.end(), "metadata"),),
    )
