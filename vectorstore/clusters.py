"""Clusters rows with similar vectors, so that a search of many compares only the likely ones.

Each vector belongs to its nearest centroid; spherical k-means finds the centroids in a sample
(Dhillon and Modha 2001). A question's vector is compared only with those of the nearest centroids:
an inverted file, as in Sivic and Zisserman 2003.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.row_file import consecutive, write_all
from vectorstore.types import Vectors

MAGIC = b"qaclu\x00\x00\x01"
HEADER = struct.Struct("<8sIIQ")
"""The start of the file: MAGIC, the number of centroids, their dimension, and the number of rows
when they were made. The centroids follow, then the cluster of each row."""
CENTROID = np.dtype("<f4")
CLUSTER = np.dtype("<u2")
NONE = 0
"""The cluster of a row that has none: unwritten parts of a file read as 0."""
MOST_CLUSTERS = 65_535
FEWEST_ROWS = 30_000
"""Fewer are compared one by one."""
GROWN = 4
"""Clusters are rebuilt once there are this many times as many rows."""
CLUSTERS_OF_A_ROOT = 2
"""For n vectors, this many times the square root of n clusters are made."""
SAMPLE_OF_A_CLUSTER = 30
ROUNDS = 8
COMPARED_AT_ONCE = 8_192
GROWTH = 65_536

UNFINISHED = ".new"

VectorsOf = Callable[[NDArray[np.int64]], Vectors]
"""The vectors (n, d) of rows (n,)."""


@dataclass(frozen=True, slots=True)
class _Made:
    """Clusters 1 to c: their centroids (c, d), and the cluster of each row. `sorted_rows` are the
    rows sorted by cluster, those of cluster n from `starts[n]` to `starts[n + 1]`."""

    centroids: Vectors
    of_rows: NDArray[np.uint16]
    sorted_rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, centroids: Vectors, of_rows: NDArray[np.uint16]) -> "_Made":
        order = np.argsort(of_rows, kind="stable").astype(np.int32)
        sizes = np.bincount(of_rows, minlength=len(centroids) + 1)
        return cls(centroids, of_rows, order, np.concatenate([[0], np.cumsum(sizes)]))

    def rows(self, cluster: int) -> NDArray[np.int32]:
        return self.sorted_rows[self.starts[cluster] : self.starts[cluster + 1]]


class Clusters:
    """The cluster of each row, in a file beside the vectors. Any thread may read; one at a time
    may write. Without a file, no row has a cluster."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: _Made | None = None
        self._made_of = 0
        self._file = -1
        self._open()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def are_due(self, rows: int) -> bool:
        """Whether clusters should be made or rebuilt, given this many rows."""
        return rows > max(FEWEST_ROWS, GROWN * self._made_of)

    def make(self, rows: NDArray[np.int64], vectors_of: VectorsOf) -> None:
        """Cluster the vectors of these rows: a million take less than a minute."""
        centroids = centroids_of(rows, vectors_of)
        of_rows = np.full(int(rows.max()) + 1, NONE, CLUSTER)
        for start in range(0, len(rows), COMPARED_AT_ONCE):
            batch = rows[start : start + COMPARED_AT_ONCE]
            of_rows[batch] = nearest_clusters(vectors_of(batch), centroids)
        unfinished = self._path.with_name(self._path.name + UNFINISHED)
        with unfinished.open("wb") as file:
            file.write(HEADER.pack(MAGIC, *centroids.shape, len(rows)))
            file.write(centroids.astype(CENTROID).tobytes())
            file.write(of_rows.tobytes())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)
        self.close()
        self._open()

    def put(self, rows: NDArray[np.int64], vectors: Vectors) -> None:
        """Assign each of these rows to the cluster of its vector, from `vectors` (n, d)."""
        if self._made is None:
            return
        centroids, of_rows = self._made.centroids, self._made.of_rows
        found = nearest_clusters(vectors, centroids)
        start = HEADER.size + centroids.size * CENTROID.itemsize
        for run in consecutive(rows):
            place = start + int(rows[run[0]]) * CLUSTER.itemsize
            write_all(self._file, found[run].tobytes(), place)
        if int(rows.max()) >= len(of_rows):
            longer = np.full(int(rows.max()) + GROWTH, NONE, CLUSTER)
            longer[: len(of_rows)] = of_rows
            of_rows = longer
        of_rows[rows] = found
        self._made = _Made.of(centroids, of_rows)

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        self._path.unlink(missing_ok=True)
        self._open()

    def sync(self) -> None:
        """Return once everything that was put is on disk."""
        if self._file >= 0:
            os.fsync(self._file)

    def near(self, vector: Vectors, share: float) -> NDArray[np.int32] | None:
        """The rows of the clusters nearest to `vector` (d,): enough clusters to hold this share of
        all rows. Rows without a cluster are near everything. None if there are no clusters."""
        made = self._made
        if made is None:
            return None
        nearest = np.argsort(-(made.centroids @ vector)) + 1
        held = np.cumsum(np.diff(made.starts)[nearest])
        enough = int(np.searchsorted(held, share * held[-1])) + 1
        return np.concatenate([made.rows(each) for each in (NONE, *nearest[:enough].tolist())])

    def _open(self) -> None:
        try:
            held = self._path.read_bytes()
        except FileNotFoundError:
            held = b""
        if len(held) < HEADER.size or not held.startswith(MAGIC):
            self._made, self._made_of = None, 0
            return
        _, count, dimension, self._made_of = HEADER.unpack_from(held)
        centroids = np.frombuffer(held, CENTROID, count * dimension, HEADER.size)
        of_rows = np.frombuffer(held[HEADER.size + centroids.nbytes :], CLUSTER).copy()
        self._file = os.open(self._path, os.O_RDWR)
        # Searches use the clusters from before until this is done.
        self._made = _Made.of(centroids.reshape(count, dimension), of_rows)


def centroids_of(rows: NDArray[np.int64], vectors_of: VectorsOf) -> Vectors:
    """Centroids (c, d), unit vectors, of these rows' vectors, by k-means on a sample of them."""
    count = min(round(CLUSTERS_OF_A_ROOT * len(rows) ** 0.5), len(rows), MOST_CLUSTERS)
    random = np.random.default_rng(0)
    sample = vectors_of(
        np.sort(random.choice(rows, min(len(rows), SAMPLE_OF_A_CLUSTER * count), replace=False))
    )
    centroids: Vectors = sample[np.sort(random.choice(len(sample), count, replace=False))]
    for _ in range(ROUNDS):
        nearest = np.concatenate(
            [
                nearest_clusters(sample[start : start + COMPARED_AT_ONCE], centroids)
                for start in range(0, len(sample), COMPARED_AT_ONCE)
            ]
        )
        order = np.argsort(nearest, kind="stable")
        numbers, firsts = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(sample[order], firsts)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # A centroid that no vector is nearest to stays where it is.
        centroids[numbers.astype(np.int64) - 1] = sums / np.maximum(lengths, 1e-12)
    return centroids


def nearest_clusters(vectors: Vectors, centroids: Vectors) -> NDArray[np.uint16]:
    """The number, from 1, of the centroid (c, d) with the highest product with each of `vectors`
    (n, d); shape (n,)."""
    found: NDArray[np.uint16] = ((vectors @ centroids.T).argmax(axis=1) + 1).astype(CLUSTER)
    return found
