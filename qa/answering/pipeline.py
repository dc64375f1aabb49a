"""The way of a question: rewritten to stand alone, searched for, answered."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields

from qa.answering.rewriting.query_rewriter import RewrittenQuestion
from qa.types import Answer, Answerer, Event, PassageResult, PassagesFound, Question, Reply, Turn
from vectorstore.types import Filters, ScoredPassage

Rewrite = Callable[[str, Sequence[Turn]], Awaitable[RewrittenQuestion]]
Retrieve = Callable[[str, int, Filters], Sequence[ScoredPassage]]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Answers questions with one answerer, and with the query rewriter that goes with it."""

    rewrite: Rewrite
    retrieve: Retrieve
    answerer: Answerer

    async def events(self, question: Question) -> AsyncGenerator[Event]:
        """`PassagesFound`, then `Token` and `SentenceChecked` as they come, last the `Answer`.

        Closing the generator closes the answerer, and so cancels a call of the chat model.
        """
        clock = _Clock()
        standalone = await self.rewrite(question.text, question.history)
        clock.lap("rewrite")
        found = await asyncio.to_thread(
            self.retrieve, standalone.text, question.passages, question.filters
        )
        clock.lap("retrieve")
        passages = tuple(PassageResult.of(each) for each in found)
        yield PassagesFound(standalone.text, passages)
        async with aclosing(self.answerer.answer(standalone.text, found)) as parts:
            async for part in parts:
                if not isinstance(part, Reply):
                    yield part
                    continue
                clock.lap("answer")
                reply = {each.name: getattr(part, each.name) for each in fields(part)}
                yield Answer(
                    **(reply | {"usage": standalone.usage + part.usage}),
                    id=uuid.uuid4().hex,
                    question=question.text,
                    standalone_question=standalone.text,
                    passages=passages,
                    timings_ms=clock.milliseconds,
                )


class _Clock:
    """Measures the steps one after another."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._started = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.milliseconds[step] = round(1000 * (now - self._started), 1)
        self._started = now
