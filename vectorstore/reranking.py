"""Searches, then reads the best passages and reranks them by how well they answer the question."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Filters, Reader, Reranker, ScoredPassage

READ = 8
"""How many passages are read: those that the search ranks first."""
READ_AT_ONCE = 4
PRIOR = 14.0
"""The weight of the search score beside a reading's log-odds, chosen on the development half of
NewsQA."""
LATER = -0.7
"""The weight of `lateness`: news puts what matters most first. Half of what was fitted there, since
NewsQA's questions were written by people who had seen only an article's highlights."""
LENGTH_OF_NEWS = 4_000
"""In characters: beyond this, in a long report, later is no worse."""
BIAS = -10.5
UNREAD = -3.0
"""The log-odds assumed for a passage that was not read."""


@dataclass(frozen=True, slots=True)
class ReadingSearch:
    """`search`, with its first passages read and reranked by both scores.

    Reading stops after `seconds`; passages not read keep their order by search score, as all do
    without a reader. The limit is for an overloaded machine: it should be several times what
    reading takes, or the same question gets different answers at different times. `reranker` ranks
    in place of the reader.
    """

    store: Store
    reader: Reader | None
    reranker: Reranker | None = None
    reranks: bool = True
    seconds: float = 1.0

    def __call__(
        self, question: str, k: int, filters: Filters, favoured: Filters | None = None
    ) -> list[ScoredPassage]:
        """The `k` best passages, best first."""
        ranked = search(self.store, question, max(k, READ), filters, favoured)
        found = [replace(each, prior=each.score) for each in ranked]
        read = self._read(question, found)
        if not self.reranks or (self.reader is None and self.reranker is None):
            return read[:k]
        log_odds = self._log_odds(question, read)
        together = [
            PRIOR * each.prior + odds + BIAS for each, odds in zip(read, log_odds, strict=True)
        ]
        order = sorted(range(len(read)), key=lambda index: -together[index])
        return [replace(read[index], score=_probability(together[index])) for index in order[:k]]

    def _read(self, question: str, found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        if self.reader is None:
            return list(found)
        end = time.monotonic() + self.seconds
        # Called even if there is nothing to read, so that the first search loads its model.
        readings = self.reader.read(question, found[:READ_AT_ONCE])
        while len(readings) < min(READ, len(found)) and time.monotonic() < end:
            batch = found[len(readings) : min(len(readings) + READ_AT_ONCE, READ)]
            readings.extend(self.reader.read(question, batch))
        read = [replace(f, reading=r) for f, r in zip(found, readings, strict=False)]
        return [*read, *found[len(readings) :]]

    def _log_odds(self, question: str, found: Sequence[ScoredPassage]) -> list[float]:
        if self.reranker is not None:
            first = self.reranker.log_odds(question, found[:READ]) if found else []
            return [*first, *([min(first, default=0.0)] * len(found[READ:]))]
        return [
            (UNREAD if each.reading is None else each.reading.log_odds)
            + LATER * lateness(each.start)
            for each in found
        ]


def lateness(start: int) -> float:
    """How late in its article something is, from 0: a logarithm of the characters before it.

    >>> [round(lateness(start), 1) for start in (0, 100, 1_000, 4_000, 90_000)]
    [0.0, 0.7, 2.4, 3.7, 3.7]
    """
    return math.log1p(min(start, LENGTH_OF_NEWS) / 100)


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, log_odds))))
