"""Answers that a chat model wrote, kept for whoever asks the same again."""

import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from qa.types import Answerer, Reply, SentenceChecked, Token, Usage
from vectorstore.types import ScoredPassage

Streamed = Token | SentenceChecked | Reply
Key = tuple[object, ...]


class CachedAnswerer:
    """An `Answerer` that asks another one only what it has not answered yet.

    The key is the question with every passage it is answered from, so filters count by what they
    let through; `version` is called for the rest that an answer depends on (the model, the
    prompts, the state of the collection). The `size` answers used last are kept. Answers with a
    notice are not: something went wrong that may not go wrong again.
    """

    def __init__(self, answerer: Answerer, size: int, version: Callable[[], Key]) -> None:
        self._answerer = answerer
        self._size = size
        self._version = version
        self._kept: OrderedDict[Key, tuple[Streamed, ...]] = OrderedDict()
        self._lock = threading.Lock()

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[Streamed]:
        key = (question, tuple(passages), self._version())
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None:
            for event in kept:
                yield event
            return
        events: list[Streamed] = []
        async with aclosing(self._answerer.answer(question, passages)) as answering:
            async for event in answering:
                events.append(_unspent(event))
                yield event
        match events:
            case [*_, Reply(notice=None)]:
                self._keep(key, tuple(events))

    def _keep(self, key: Key, events: tuple[Streamed, ...]) -> None:
        with self._lock:
            self._kept[key] = events
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def _unspent(event: Streamed) -> Streamed:
    """What is given again costs no tokens."""
    return replace(event, usage=Usage()) if isinstance(event, Reply) else event
