"""What a format's reader returns: an article without its final id, or what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from vectorstore.readers.metadata import FileMetadata
from vectorstore.types import SkippedSpan


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
    """An article as its format describes it.

    `skipped` are ranges of `text` that the format itself marks as not prose: in order, disjoint.
    `body` is where the prose begins: 0, or the end of a date or front matter.
    `part` identifies an article within a file: a line, or a position in a list, from 1.
    """

    text: str
    about: FileMetadata
    body: int = 0
    has_date_line: bool = False
    """Whether only a date comes before the text: publishers announce events after one."""
    skipped: tuple[SkippedSpan, ...] = ()
    part: int | None = None
    pages: tuple[int, ...] = ()
    """Where each page begins in `text`, in a format that has pages."""


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """Why a file, or a `part` of it, is not an article."""

    reason: str
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to a message: `name` is the file's own, `about` the message's metadata."""

    name: str
    data: bytes
    about: FileMetadata
    part: int | None = None


FormatReader = Callable[[BinaryIO, int], Iterator[ParsedArticle | ParseFailure | Attachment]]
"""Parses an open file; no article in it may be longer than the given number of bytes."""


class UnreadableFileError(Exception):
    """Raised by a reader that cannot continue with the file. The message is the reason."""


def read_whole(file: BinaryIO, max_bytes: int) -> bytes:
    """The file's content. Raises UnreadableFileError when it is longer than `max_bytes`."""
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise UnreadableFileError(too_long(max_bytes))
    return data


def too_long(max_bytes: int) -> str:
    limit = f"{max_bytes / 1e6:,.0f} MB" if max_bytes >= 1e6 else f"{max_bytes:,} bytes"
    return f"It is longer than {limit}. Split it into several articles."
