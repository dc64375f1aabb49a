"""What the catalog requires of a database; SQLite and PostgreSQL each have a module for it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, TypeVar

from vectorstore.errors import UserError

Key = TypeVar("Key")

MOST_VALUES = 900
"""How many values one statement may have: SQLite builds older than 2020 allow 999."""


def fold_case(text: str | None) -> str | None:
    """Equal for texts that differ only in case or in Unicode composition.

    Also an SQL function in every `Database`.

    >>> fold_case("STRASSE") == fold_case("Straße"), fold_case("É") == fold_case("e\u0301")
    (True, True)
    """
    if text is None or text.isascii():
        return text and text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


class CatalogError(UserError):
    """The catalog cannot be read; the message says why and what to do."""


class Transaction(Protocol):
    """Statements that take effect together. `?` stands for a value in them."""

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Returns a cursor, with `fetchone` and `fetchall`."""

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Any: ...


class Database(Protocol):
    """Any thread may read at any time; only one transaction may be open at a time."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]: ...

    def rows_for(self, statement: str, keys: Sequence[object]) -> Iterator[Any]:
        """The rows of a statement with one `IN ({keys})`, for any number of keys."""

    def value(self, statement: str, values: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None if there are no rows."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commit the block, or roll it back if it raises."""

    def faults(self) -> list[str]:
        """What the database finds wrong with its files, each in a few words."""

    def close(self) -> None: ...


class WritingLock(Protocol):
    """Held by whoever changes an index; the thread that holds it may acquire it again."""

    def acquire(self, blocking: bool = True) -> bool:
        """Whether it is held now; waits for it if `blocking`."""

    def release(self) -> None: ...

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class SharedDatabase(Database, Protocol):
    """A database that several processes have open."""

    @property
    def writing(self) -> WritingLock:
        """Held by one thread of one process at a time."""

    def change_number(self) -> int:
        """A number that grows with every change that a search could notice."""

    def rows_changed_since(
        self, number: int
    ) -> list[tuple[int, int | None, int | None, str | None]]:
        """The rows of passages added or removed after the change with this number, each with the
        number of words (None for a passage that is gone), the date and the source."""


def batches_of(keys: Sequence[Key]) -> Iterator[tuple[str, Sequence[Key]]]:
    """The keys in batches that fit into one statement, each with its placeholders.

    >>> [(marks, list(keys)) for marks, keys in batches_of(["a", "b"])]
    [('?,?', ['a', 'b'])]
    """
    for start in range(0, len(keys), MOST_VALUES):
        batch = keys[start : start + MOST_VALUES]
        yield ",".join("?" * len(batch)), batch
