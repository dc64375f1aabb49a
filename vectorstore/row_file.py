"""Writes fixed-width rows to a file."""

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def consecutive(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Indexes into `rows` (n,), lowest row first, grouped into runs of consecutive rows.

    >>> [places.tolist() for places in consecutive(np.array([7, 3, 4]))]
    [[1, 2], [0]]
    """
    order = np.argsort(rows)
    yield from np.split(order, np.flatnonzero(np.diff(rows[order]) != 1) + 1)


def write_all(file: int, data: bytes, offset: int) -> None:
    """Raises OSError if not all of it can be written."""
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written
