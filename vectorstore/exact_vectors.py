"""Vectors on disk by row, for exact comparisons: eight bits per value, read by memory map."""

import os
import struct
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.clusters import Clusters
from vectorstore.row_file import consecutive, write_all
from vectorstore.types import Vectors

MAGIC = b"qavec\x00\x00\x02"
HEADER = struct.Struct("<8sI")
SCALE = np.dtype("<f4")
LARGEST = 127
ROWS_AT_ONCE = 256
"""As floats, this many fit in a core's cache."""
GROWTH = 4_096


class RowVectors(Protocol):
    """One vector per row, for exact comparisons. Any thread may read; one at a time may write."""

    @property
    def changes(self) -> int:
        """Grows with every change."""

    @property
    def dimension(self) -> int:
        """The length of its vectors; 0 while there are none."""

    def close(self) -> None: ...

    def put(self, rows: Sequence[int], vectors: Vectors) -> None:
        """Store one of `vectors` (n, d) for each row, replacing any that it has."""

    def copy(self, rows: Sequence[int], to: Sequence[int]) -> None:
        """Copy the vectors of `rows` to the rows `to`."""

    def clear(self) -> None:
        """Forget everything, whatever its dimension."""

    def sync(self) -> None:
        """Return once everything that was put is on disk."""

    def known(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        """Which of these rows have a vector; shape (n,)."""

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors (n, d) of rows that have one."""

    def similarities(self, vector: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """The cosine of `vector` (d,) with each row's; shape (n,), 0 for rows without a vector."""

    def near(self, vector: Vectors, share: float) -> NDArray[np.int32] | None:
        """The rows that are likely to be nearest to `vector` (d,), about this share of all, in no
        order. None if unknown."""


class ExactVectors:
    """One vector per row, in a file. Any thread may read; one at a time may write.

    A vector is stored as 8-bit integers and the scale to multiply them by, which changes a cosine
    by about 0.001. A row without a vector is all zeros. If there are many, `clusters` say which are
    worth comparing.
    """

    def __init__(self, path: Path, clusters: Clusters | None = None) -> None:
        self._path = path
        self._clusters = clusters
        self._lock = threading.Lock()
        self.changes = 0
        self._rows: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self._map()
        self._cluster(len(self._rows))

    @property
    def dimension(self) -> int:
        """The length of its vectors; 0 while there are none."""
        width: int = self._rows.shape[1]
        return max(0, width - SCALE.itemsize)

    def close(self) -> None:
        self._rows = np.empty((0, 0), np.uint8)
        os.close(self._file)
        if self._clusters:
            self._clusters.close()

    def put(self, rows: Sequence[int], vectors: Vectors) -> None:
        """Store one of `vectors` (n, d) for each row, replacing any that it has."""
        if not len(rows):
            return
        with self._lock:
            self._put(np.asarray(rows, np.int64), encode(vectors))

    def copy(self, rows: Sequence[int], to: Sequence[int]) -> None:
        """Copy the vectors of `rows` to the rows `to`."""
        if not rows:
            return
        with self._lock:
            self._put(np.asarray(to, np.int64), self._rows[list(rows)])

    def clear(self) -> None:
        """Forget everything, whatever its dimension."""
        with self._lock:
            self.changes += 1
            self._rows = np.empty((0, 0), np.uint8)
            os.ftruncate(self._file, 0)
            if self._clusters:
                self._clusters.clear()

    def sync(self) -> None:
        """Return once everything that was put is on disk."""
        if self._clusters:
            self._clusters.sync()
        os.fsync(self._file)

    def known(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        """Which of these rows have a vector; shape (n,)."""
        held, asked = self._rows, np.asarray(rows, np.int64)
        found = np.zeros(len(asked), np.bool_)
        within = asked < len(held)
        found[within] = held[asked[within], : SCALE.itemsize].any(axis=1)
        return found

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors (n, d) of rows that have one."""
        if not rows:
            return np.empty((0, self.dimension), np.float32)
        return decode(self._rows[list(rows)])

    def similarities(self, vector: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """The cosine of `vector` (d,) with each row's; shape (n,), 0 for rows without a vector."""
        held = self._rows
        within = rows < len(held)
        if not within.all():
            found = np.zeros(len(rows), np.float32)
            found[within] = self.similarities(vector, rows[within])
            return found
        return cosines(held, rows, vector)

    def near(self, vector: Vectors, share: float) -> NDArray[np.int32] | None:
        """See `RowVectors`. None without `clusters`, or if there are few vectors."""
        return self._clusters.near(vector, share) if self._clusters else None

    def _put(self, rows: NDArray[np.int64], encoded: NDArray[np.uint8]) -> None:
        self.changes += 1
        # Clusters first: after a crash, a row with a new vector but the cluster of its earlier one
        # would be overlooked.
        if self._clusters:
            self._clusters.put(rows, decode(encoded))
        self._write(rows, encoded)
        self._cluster(int(rows.max()))

    def _cluster(self, rows: int) -> None:
        if self._clusters and self._clusters.are_due(rows):
            known = np.flatnonzero(self.known(range(len(self._rows))))
            if self._clusters.are_due(len(known)):
                self._clusters.make(known, lambda few: decode(self._rows[few]))

    def _write(self, rows: NDArray[np.int64], encoded: NDArray[np.uint8]) -> None:
        # Not through the map: on a full disk that kills the process instead of raising OSError.
        width = encoded.shape[1]
        self._reserve(int(rows.max()) + 1, width)
        for run in consecutive(rows):
            start = HEADER.size + int(rows[run[0]]) * width
            write_all(self._file, encoded[run].tobytes(), start)

    def _reserve(self, rows: int, width: int) -> None:
        held = self._rows
        if rows <= len(held):
            return
        if not len(held):
            write_all(self._file, HEADER.pack(MAGIC, width), 0)
        # By at least a tenth, so that remapping is rare; unwritten parts take no space.
        rows = max(rows + GROWTH, len(held) + len(held) // 10)
        os.ftruncate(self._file, HEADER.size + width * rows)
        self._map()

    def _map(self) -> None:
        size = os.fstat(self._file).st_size
        if size < HEADER.size:
            return
        magic, width = HEADER.unpack(os.pread(self._file, HEADER.size, 0))
        if magic != MAGIC or not width:
            return
        rows = (size - HEADER.size) // width
        self._rows = np.asarray(
            np.memmap(self._path, np.uint8, "r", offset=HEADER.size, shape=(rows, width))
        )


def is_exact_file(path: Path) -> bool:
    """Whether there is a file of exact vectors at `path`; an empty one counts, without vectors."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER.size)
    except FileNotFoundError:
        return False
    return not header or (len(header) == HEADER.size and header.startswith(MAGIC))


def encode(vectors: Vectors) -> NDArray[np.uint8]:
    """Vectors (n, d) as bytes, (n, 4 + d): a scale, and each value divided by it as an integer.

    >>> encode(np.array([[0.5, -1.0]], np.float32))[0, 4:].view(np.int8).tolist()
    [64, -127]
    """
    scales = np.abs(vectors).max(axis=1, keepdims=True) / LARGEST
    integers = np.rint(vectors / np.where(scales == 0, 1, scales)).astype(np.int8)
    return np.concatenate([scales.astype(SCALE).view(np.uint8), integers.view(np.uint8)], axis=1)


def decode(encoded: NDArray[np.uint8]) -> Vectors:
    """Approximately what `encode` was given, (n, d)."""
    vectors: Vectors = _integers(encoded).astype(np.float32) * _scales(encoded)[:, np.newaxis]
    return vectors


def cosines(encoded: NDArray[np.uint8], rows: NDArray[np.int64], vector: Vectors) -> Vectors:
    """The cosine of `vector` (d,) with each of these rows (n,) of encoded vectors; shape (n,)."""
    products = np.empty(len(rows), np.float32)
    scales = np.empty((len(rows), SCALE.itemsize), np.uint8)
    # Reused, since allocating memory for each batch takes longer than the arithmetic.
    taken = np.empty((ROWS_AT_ONCE, encoded.shape[1]), np.uint8)
    values = np.empty((ROWS_AT_ONCE, len(vector)), np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        batch = slice(start, start + ROWS_AT_ONCE)
        few = len(rows[batch])
        encoded.take(rows[batch], axis=0, out=taken[:few], mode="clip")
        scales[batch] = taken[:few, : SCALE.itemsize]
        values[:few] = _integers(taken[:few])
        np.matmul(values[:few], vector, out=products[batch])
    found: Vectors = products * scales.view(SCALE)[:, 0]
    return found


def _integers(encoded: NDArray[np.uint8]) -> NDArray[np.int8]:
    return encoded[:, SCALE.itemsize :].view(np.int8)


def _scales(encoded: NDArray[np.uint8]) -> Vectors:
    return encoded[:, : SCALE.itemsize].copy().view(SCALE)[:, 0]
