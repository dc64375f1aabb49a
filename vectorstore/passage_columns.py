"""What search needs to know about every passage, in memory: 15 bytes each, by row."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.bm25 import length_norms
from vectorstore.catalog.records import PassageFacts
from vectorstore.catalog.rows import number_of
from vectorstore.types import Filters, Vectors

NO_SOURCE = -1
UNDATED = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """A snapshot of the facts of all rows, one value per row, in use or not."""

    used: NDArray[np.bool_]
    norms: Vectors
    published: NDArray[np.int32]
    sources: NDArray[np.int32]
    source_numbers: dict[str, int]
    passages: int

    def allowed(self, filters: Filters, rows: Sequence[int] | None = None) -> NDArray[np.bool_]:
        """Which rows the dates and sources of `filters` let through; only of `rows`, if given."""
        found = self.used.copy()
        if rows is not None:
            named = np.zeros(len(found), np.bool_)
            named[[row for row in rows if row < len(found)]] = True
            found &= named
        if filters.published_from:
            found &= self.published >= number_of(filters.published_from)
        if filters.published_to:
            found &= self.published <= number_of(filters.published_to)
        if filters.published_from or filters.published_to:
            found &= self.published != UNDATED
        if filters.sources:
            numbers = [self.source_numbers.get(each, NO_SOURCE - 1) for each in filters.sources]
            found &= np.isin(self.sources, numbers)
        return found


class PassageColumns:
    """Any thread may `look`; one at a time may write."""

    def __init__(self, facts: Iterable[PassageFacts] = ()) -> None:
        self._words: NDArray[np.int32] = np.empty(0, np.int32)
        self._used: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._published: NDArray[np.int32] = np.empty(0, np.int32)
        self._sources: NDArray[np.int32] = np.empty(0, np.int32)
        self._source_numbers: dict[str, int] = {}
        self._looked: Columns | None = None
        self._lock = threading.Lock()
        self.known_changes = 0
        self.put(list(facts))

    def changes(self) -> int:
        """Grows before and after every visible change: odd while one is in progress."""
        return self.known_changes

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Wraps a visible change."""
        self.known_changes += 1
        try:
            yield
        finally:
            self.known_changes += 1

    def put(self, facts: Sequence[PassageFacts]) -> None:
        if not facts:
            return
        with self._lock:
            self._looked = None
            rows = np.array([each.row for each in facts], np.int64)
            self._reserve(int(rows.max()) + 1)
            self._words[rows] = [each.words for each in facts]
            self._published[rows] = [each.published or UNDATED for each in facts]
            self._sources[rows] = [self._source_number(each.source) for each in facts]
            self._used[rows] = True

    def remove(self, rows: Sequence[int]) -> None:
        with self._lock:
            self._looked = None
            self._used[[each for each in rows if each < len(self._used)]] = False

    def unused(self, count: int) -> list[int]:
        """The `count` lowest rows that no passage has."""
        with self._lock:
            free = np.flatnonzero(~self._used[1:])[:count] + 1
            first = max(1, len(self._used))
            return [*free.tolist(), *range(first, first + count - len(free))]

    def look(self) -> Columns:
        with self._lock:
            if self._looked is None:
                passages = int(self._used.sum())
                average = float(self._words[self._used].mean()) if passages else 0.0
                norms = length_norms(self._words, average)
                norms[~self._used] = np.inf
                self._looked = Columns(
                    self._used,
                    norms,
                    self._published,
                    self._sources,
                    dict(self._source_numbers),
                    passages,
                )
            return self._looked

    def _source_number(self, source: str | None) -> int:
        if source is None:
            return NO_SOURCE
        return self._source_numbers.setdefault(source, len(self._source_numbers))

    def _reserve(self, rows: int) -> None:
        missing = rows - len(self._used)
        if missing > 0:
            self._words = np.concatenate([self._words, np.zeros(missing, np.int32)])
            self._used = np.concatenate([self._used, np.zeros(missing, np.bool_)])
            self._published = np.concatenate([self._published, np.zeros(missing, np.int32)])
            self._sources = np.concatenate([self._sources, np.zeros(missing, np.int32)])
