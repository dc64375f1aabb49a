"""What archives have in common: their members, and how far they may expand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from vectorstore.readers.parsed_article import Unreadable, UnreadableFileError, too_long

MAX_EXPANDED_BYTES = 1_000_000_000
MOST_MEMBERS = 100_000
MOST_NESTED = 3
"""How deeply archives may be nested."""


class TooMuchExpanded(UnreadableFileError):
    """An archive holds more than may be read; what was read before is kept."""


class Expansion:
    """How much further the archives in one file may expand, counted as they are read: the sizes
    that an archive declares are not trusted."""

    def __init__(
        self,
        max_bytes: int,
        max_expanded: int = MAX_EXPANDED_BYTES,
        most_members: int = MOST_MEMBERS,
    ) -> None:
        self.max_bytes = max_bytes
        """The largest member that is read."""
        self._max_expanded = max_expanded
        self._most_members = most_members
        self._expanded = 0
        self._members = 0

    def count(self, size: int) -> None:
        """Raises TooMuchExpanded once the limit is passed."""
        self._expanded += size
        if self._expanded > self._max_expanded:
            raise TooMuchExpanded(
                f"It expands to more than {self._max_expanded / 1e6:,.0f} MB, and the rest of it"
                " was not read. Split it, or extract it into a folder and add that."
            )

    def count_member(self) -> None:
        self._members += 1
        if self._members > self._most_members:
            raise TooMuchExpanded(
                f"It holds more than {self._most_members:,} files, and the rest was not read."
                " Extract it into a folder, and add that."
            )

    def read(self, file: BinaryIO) -> bytes:
        """The content of a member. Raises TooMuchExpanded, or UnreadableFileError if the member is
        longer than `max_bytes`."""
        chunks: list[bytes] = []
        size = 0
        while chunk := file.read(1 << 20):
            self.count(len(chunk))
            size += len(chunk)
            if size > self.max_bytes:
                raise UnreadableFileError(too_long(self.max_bytes))
            chunks.append(chunk)
        return b"".join(chunks)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, in the format of `suffix`; `address` is its origin, if known."""

    name: str
    suffix: str
    data: bytes
    address: str | None = None


Wanted = Callable[[str], str | None]
"""The suffix of a file name, if its format is supported."""

MemberReader = Callable[[BinaryIO, Wanted, Expansion], Iterator[Member | Unreadable]]
"""Yields the wanted members. Raises UnreadableFileError when it cannot continue."""
