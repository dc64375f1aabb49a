"""What a reader of one format hands on: an article without its id yet, or what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from vectorstore.types import Span


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that did not become an article.

    `where` is a path, or a path and a line; `reason` says in a sentence or two what is wrong and
    what to do about it.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """An article as its format tells it. What the format does not tell is None.

    `skipped` are ranges of `text` that are the format's own and not prose: in order, disjoint.
    `body` is where they have ended for good at the top: 0, or the end of a date or front matter.
    `part` tells apart the articles of one file: a line or a position in a list, from 1.
    """

    text: str
    body: int = 0
    dateline: bool = False
    """Whether a date alone stands in front of the text: promotion likes to come right after it."""
    skipped: tuple[Span, ...] = ()
    id: str | None = None
    title: str | None = None
    published: date | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """Why a file, or the part of it that `part` counts, is no article."""

    reason: str
    part: int | None = None


FormatReader = Callable[[BinaryIO, int], Iterator[ParsedArticle | ReadFailure]]
"""Reads an open file; no article in it may be longer than the given number of bytes."""


class UnreadableFileError(Exception):
    """Raised inside a reader when there is no going on with the file. The message is the reason."""


def read_whole(file: BinaryIO, max_bytes: int) -> bytes:
    """The file's content. Raises UnreadableFileError when it is longer than `max_bytes`."""
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise UnreadableFileError(too_long(max_bytes))
    return data


def too_long(max_bytes: int) -> str:
    limit = f"{max_bytes / 1e6:,.0f} MB" if max_bytes >= 1e6 else f"{max_bytes:,} bytes"
    return f"It is longer than {limit}. Split it into several articles."
