"""Crashes at a chosen step: inside a transaction, or between two writes to Chroma."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.store import Store


class Crash(BaseException):
    """The process ends here, as far as the index is concerned."""


class Fuse:
    """Counts steps, and crashes at the `at`-th; 0 for never."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Crash


class FusedConnection:
    def __init__(self, connection: sqlite3.Connection, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._fuse.step()
        return self._connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        self._fuse.step()
        return self._connection.executemany(statement, rows)


class FusedDatabase(SqliteDatabase):
    """Another pair of hands on the same file, with a fuse before and after every change."""

    def __init__(self, database: SqliteDatabase, fuse: Fuse) -> None:
        self.__dict__.update(database.__dict__)
        self._fuse = fuse

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self._fuse.step()
        with super().transaction() as db:
            yield cast(sqlite3.Connection, FusedConnection(db, self._fuse))
            self._fuse.step()
        self._fuse.step()


class FusedCollection:
    """Chroma's collection, with a fuse before and after every write."""

    def __init__(self, collection: Any, fuse: Fuse) -> None:
        self._collection = collection
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)
        if name not in ("upsert", "delete"):
            return method

        def fused(**arguments: Any) -> Any:
            self._fuse.step()
            answer = method(**arguments)
            self._fuse.step()
            return answer

        return fused


def put_fuse(store: Store, fuse: Fuse) -> None:
    """Every write to this store's catalog and vectors is a step of the fuse from now on."""
    store.catalog = Catalog(FusedDatabase(store._database, fuse))
    store.vectors._collection = cast(Any, FusedCollection(store.vectors._collection, fuse))
