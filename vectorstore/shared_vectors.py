"""Vectors by row in a database shared by several processes, for exact comparisons."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalog.database import SharedDatabase
from vectorstore.exact_vectors import SCALE, cosines, decode, encode
from vectorstore.types import Vectors

FETCHED_AT_ONCE = 5_000
NOT_REMEMBERED = -1
MOST_REMEMBERED = 1_000_000
"""Rows. With 384 values per vector, they take 388 MB."""


class SharedVectors:
    """`RowVectors` in the table `vectors`. Vectors that a search compared are cached, so that only
    the first with a filter waits for the database; `forget` rows that another process changed."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._generation = 0
        self._places: NDArray[np.int32] = np.empty(0, np.int32)
        self._encoded: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self._count = 0

    @property
    def changes(self) -> int:
        return self._generation

    @property
    def dimension(self) -> int:
        found = self._database.rows("SELECT encoded FROM vectors LIMIT 1")
        return len(found[0][0]) - SCALE.itemsize if found else 0

    def close(self) -> None:
        """Does nothing: whoever opened the database closes it."""

    def put(self, rows: Sequence[int], vectors: Vectors) -> None:
        if not len(rows):
            return
        encoded = encode(vectors)
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO vectors VALUES (?, ?)"
                " ON CONFLICT (row) DO UPDATE SET encoded = excluded.encoded",
                [(row, each.tobytes()) for row, each in zip(rows, encoded, strict=True)],
            )
        self.forget(rows)

    def copy(self, rows: Sequence[int], to: Sequence[int]) -> None:
        if not rows:
            return
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO vectors SELECT ?, encoded FROM vectors WHERE row = ?"
                " ON CONFLICT (row) DO UPDATE SET encoded = excluded.encoded",
                list(zip(to, rows, strict=True)),
            )
        self.forget(to)

    def clear(self) -> None:
        with self._database.transaction() as db:
            db.execute("DELETE FROM vectors")
        with self._lock:
            self._generation += 1
            self._forget_all()

    def sync(self) -> None:
        """Does nothing: what a transaction has committed is on disk."""

    def known(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        found = self._database.rows_for("SELECT row FROM vectors WHERE row IN ({keys})", rows)
        return np.isin(np.asarray(rows, np.int64), [row for (row,) in found])

    def vectors(self, rows: Sequence[int]) -> Vectors:
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        places, encoded = self._encoded_at(np.asarray(rows, np.int64))
        return decode(encoded[np.argsort(places)])

    def similarities(self, vector: Vectors, rows: NDArray[np.int64]) -> Vectors:
        found = np.zeros(len(rows), np.float32)
        for start in range(0, len(rows), FETCHED_AT_ONCE):
            places, encoded = self._encoded_at(rows[start : start + FETCHED_AT_ONCE])
            found[start + places] = cosines(encoded, np.arange(len(encoded)), vector)
        return found

    def near(self, vector: Vectors, share: float) -> None:
        """Unknown: Chroma is asked for the nearest."""

    def forget(self, rows: Sequence[int]) -> None:
        """Read these rows again when they are next compared."""
        with self._lock:
            self._generation += 1
            known = np.asarray(rows, np.int64)
            self._places[known[known < len(self._places)]] = NOT_REMEMBERED

    def _encoded_at(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Which of these rows (n,) have a vector, as indexes into `rows` (m,), and the vectors
        as bytes (m, 4 + d)."""
        with self._lock:
            generation = self._generation
            places = np.full(len(rows), NOT_REMEMBERED, np.int32)
            within = rows < len(self._places)
            places[within] = self._places[rows[within]]
            remembered = np.flatnonzero(places != NOT_REMEMBERED)
            encoded = self._encoded[places[remembered]]
        missing = np.flatnonzero(places == NOT_REMEMBERED)
        found = list(
            self._database.rows_for(
                "SELECT row, encoded FROM vectors WHERE row IN ({keys})", rows[missing].tolist()
            )
        )
        if not found:
            return remembered, encoded
        fetched = np.array([row for row, _ in found], np.int64)
        read = np.frombuffer(b"".join(each for _, each in found), np.uint8)
        read = read.reshape(len(found), -1)
        self._remember(fetched, read, generation)
        order = np.argsort(rows[missing])
        at = missing[order[np.searchsorted(rows[missing], fetched, sorter=order)]]
        if not len(remembered):
            return at, read
        return np.concatenate([remembered, at]), np.concatenate([encoded, read])

    def _remember(
        self, rows: NDArray[np.int64], encoded: NDArray[np.uint8], generation: int
    ) -> None:
        with self._lock:
            # Vectors read before a `forget` may be the ones that it was to drop.
            if generation != self._generation:
                return
            if self._count + len(rows) > MOST_REMEMBERED or self._encoded.shape[1:] not in (
                encoded.shape[1:],
                (0,),
            ):
                self._forget_all()
            end = self._count + len(rows)
            if end > len(self._encoded):
                wider = np.zeros((max(end, 2 * len(self._encoded)), encoded.shape[1]), np.uint8)
                if self._count:
                    wider[: self._count] = self._encoded[: self._count]
                self._encoded = wider
            if int(rows.max()) >= len(self._places):
                longer = np.full(int(rows.max()) * 5 // 4 + 1, NOT_REMEMBERED, np.int32)
                longer[: len(self._places)] = self._places
                self._places = longer
            self._encoded[self._count : end] = encoded
            self._places[rows] = np.arange(self._count, end)
            self._count = end

    def _forget_all(self) -> None:
        self._places = np.empty(0, np.int32)
        self._encoded = np.empty((0, 0), np.uint8)
        self._count = 0
