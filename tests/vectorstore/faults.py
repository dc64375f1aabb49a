"""Crashes at a chosen step: inside a transaction, or between two writes to Chroma."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import Database, Transaction
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


class FusedTransaction:
    def __init__(self, transaction: Transaction, fuse: Fuse) -> None:
        self._transaction = transaction
        self._fuse = fuse

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        self._fuse.step()
        return self._transaction.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Any:
        self._fuse.step()
        return self._transaction.executemany(statement, rows)


class FusedDatabase:
    """Another pair of hands on the same database, with a fuse before and after every change."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        self._database = database
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._fuse.step()
        with self._database.transaction() as db:
            yield FusedTransaction(db, self._fuse)
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
    store.catalog = Catalog(cast(Database, FusedDatabase(store._database, fuse)))
    opened = store.vectors._open()
    fused = cast(Any, FusedCollection(opened.collection, fuse))
    store.vectors._opened = replace(opened, collection=fused)
