"""Caches readings, for when the same question is asked again."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from vectorstore.passage_reader import ReadingPassage
from vectorstore.types import Reader, Reading, ScoredPassage

Key = tuple[str, ReadingPassage]


class CachedReader:
    """A `Reader` that passes to another one only what it has not read yet. Thread-safe.

    A reading depends on the question, the title and the text alone. The `size` most recently used
    readings are kept.
    """

    def __init__(self, reader: Reader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._kept: OrderedDict[Key, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        """See `Reader`."""
        keys = [(question, ReadingPassage.of(each)) for each in passages]
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
        unread = {key: each for key, each in zip(keys, passages, strict=True) if key not in known}
        # Called even without passages, so that the first search loads its model.
        if unread or not passages:
            readings = self._reader.read(question, list(unread.values()))
            known |= zip(unread, readings, strict=True)
        with self._lock:
            for key in keys:
                self._kept[key] = known[key]
                self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return [known[key] for key in keys]
