"""Plain text: an optional first line `date YYYY-MM-DD`, or that in front of the first words."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from vectorstore.readers.decoding import decode
from vectorstore.readers.parsed_article import ParsedArticle, ReadFailure, read_whole
from vectorstore.readers.publication_date import parse_published
from vectorstore.types import Span

_DATE_PREFIX = re.compile(r"\s*date:?[^\S\r\n]+(\d{4}-\d{1,2}-\d{1,2})(?=\s|\Z)", re.IGNORECASE)


def read_text(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ReadFailure]:
    """One article: the whole file as it is, with the date in front of it skipped."""
    text = decode(read_whole(file, max_bytes))
    prefix = _DATE_PREFIX.match(text)
    if prefix is None:
        yield ParsedArticle(text)
        return
    yield ParsedArticle(
        text,
        body=prefix.end(),
        dateline=True,
        skipped=(Span(0, prefix.end()),),
        published=parse_published(prefix[1]),
    )
