"""Caches the answers that a chat model wrote, for when the same question is asked again."""

import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date

from qa.types import Answerer, AnswerPart, Reply, Usage
from vectorstore.types import ScoredPassage

Key = tuple[object, ...]


class CachedAnswerer:
    """An `Answerer` that asks another one only what it has not answered yet.

    The key is the question and the passages it is answered from; `version` returns whatever else an
    answer depends on: the model, the prompts, the state of the collection. The `size` most recently
    used answers are kept. Answers with a notice are not, since what went wrong may not recur.
    """

    def __init__(self, answerer: Answerer, size: int, version: Callable[[], Key]) -> None:
        self._answerer = answerer
        self._size = size
        self._version = version
        self._kept: OrderedDict[Key, tuple[AnswerPart, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        key = (question, tuple(passages), today, self._version())
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                self.misses += 1
            else:
                self.hits += 1
                self._kept.move_to_end(key)
        if kept is not None:
            for event in kept:
                yield event
            return
        events: list[AnswerPart] = []
        async with aclosing(self._answerer.answer(question, passages, today)) as answering:
            async for event in answering:
                events.append(_without_usage(event))
                yield event
        match events:
            case [*_, Reply(notice=None)]:
                self._keep(key, tuple(events))

    def _keep(self, key: Key, events: tuple[AnswerPart, ...]) -> None:
        with self._lock:
            self._kept[key] = events
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def _without_usage(event: AnswerPart) -> AnswerPart:
    """An answer from the cache costs no tokens."""
    return replace(event, usage=Usage()) if isinstance(event, Reply) else event
