"""The facts of all passages, in memory, for an index that other processes change too."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import SharedDatabase
from vectorstore.catalog.records import PassageFacts
from vectorstore.passage_columns import Columns, PassageColumns


class SharedColumns(PassageColumns):
    """`PassageColumns` that catch up with the database whenever they are looked at.

    `on_change` gets the rows of passages that came or went; what it raises, `look` raises.
    """

    def __init__(
        self, database: SharedDatabase, on_change: Callable[[Sequence[int]], None]
    ) -> None:
        self._database = database
        self._on_change = on_change
        self._catching_up = threading.Lock()
        # Before the facts are read: what changes meanwhile is read twice rather than missed.
        self._number = database.change_number()
        super().__init__(Catalog(database).passage_facts())
        self.known_changes = 2 * self._number

    def changes(self) -> int:
        """Always even: a transaction's changes become visible all at once."""
        return 2 * self._database.change_number()

    @contextmanager
    def changing(self) -> Iterator[None]:
        yield

    def look(self) -> Columns:
        self._catch_up()
        return super().look()

    def unused(self, count: int) -> list[int]:
        self._catch_up()
        return super().unused(count)

    def _catch_up(self) -> None:
        with self._catching_up:
            number = self._database.change_number()
            if number == self._number:
                return
            changed = self._database.rows_changed_since(self._number)
            self._on_change([row for row, *_ in changed])
            self.remove([row for row, words, *_ in changed if words is None])
            self.put(
                [
                    PassageFacts(row, words, published, source)
                    for row, words, published, source in changed
                    if words is not None
                ]
            )
            self._number = number
            self.known_changes = 2 * number
