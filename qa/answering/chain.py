"""The chain, a LangChain Runnable: a question is condensed, searched for, and answered.

chain.invoke(question)   -> Answer
chain.astream(question)  -> PassagesFound, then Token and SentenceChecked, last the Answer
"""

import asyncio
import time
import uuid
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from qa.types import (
    Answer,
    Answerer,
    AnswererName,
    Event,
    PassageResult,
    PassagesFound,
    Question,
    Reply,
    Turn,
)
from vectorstore.errors import UserError
from vectorstore.types import Filters, ScoredPassage

Condense = Callable[[str, Sequence[Turn]], Awaitable[str]]
Retrieve = Callable[[str, int, Filters], Sequence[ScoredPassage]]

In = TypeVar("In")
Out = TypeVar("Out")


class AnswererMissing(UserError):  # named for what is the case
    """A question asks for an answerer that is not configured."""


@dataclass(frozen=True, slots=True)
class Condensed:
    question: Question
    standalone: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    question: Question
    standalone: str
    passages: tuple[ScoredPassage, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Reader:
    """Who condenses a follow-up and who answers it: with a chat model, or without."""

    condense: Condense
    answerer: Answerer


def build_chain(
    retrieve: Retrieve, readers: Mapping[AnswererName, Reader]
) -> Runnable[Question, Event]:
    """The chain over these parts. A question that names no answerer gets the last of them.

    Raises AnswererMissing for a question that names one which is not among them.
    """

    async def condensed(question: Question) -> Condensed:
        condense = reader_for(question, readers).condense
        return Condensed(question, await condense(question.text, question.history))

    async def retrieved(step: Condensed) -> Retrieved:
        started = time.perf_counter()
        question = step.question
        passages = await asyncio.to_thread(
            retrieve, step.standalone, question.passages, question.filters
        )
        return Retrieved(question, step.standalone, tuple(passages), _ms_since(started))

    async def answered(steps: AsyncIterator[Retrieved]) -> AsyncGenerator[Event]:
        async for step in steps:
            answerer = reader_for(step.question, readers).answerer
            # A model must not go on writing for somebody who has left.
            async with aclosing(_answer(step, answerer)) as events:
                async for event in events:
                    yield event

    return (
        RunnableLambda(_blocking(condensed), condensed, name="condense")
        | RunnableLambda(_blocking(retrieved), retrieved, name="retrieve")
        | RunnableGenerator(_blocking_stream(answered), answered, name="answer")
    )


def reader_for(question: Question, readers: Mapping[AnswererName, Reader]) -> Reader:
    name = question.answerer or list(readers)[-1]
    if name not in readers:
        raise AnswererMissing(
            "This service has no chat model. Set QA_MODEL, or ask for the extractive answerer."
        )
    return readers[name]


async def _answer(step: Retrieved, answerer: Answerer) -> AsyncGenerator[Event]:
    given = tuple(PassageResult.of(found) for found in step.passages)
    yield PassagesFound(step.standalone, given)
    started = time.perf_counter()
    async with aclosing(answerer.answer(step.standalone, step.passages)) as events:
        async for event in events:
            if isinstance(event, Reply):
                yield _whole(step, given, event, _ms_since(started))
            else:
                yield event


def _whole(
    step: Retrieved, given: tuple[PassageResult, ...], reply: Reply, milliseconds: float
) -> Answer:
    return Answer(
        id=uuid.uuid4().hex,
        question=step.question.text,
        standalone_question=step.standalone,
        answered=reply.answered,
        text=reply.text,
        short_answer=reply.short_answer,
        sentences=reply.sentences,
        citations=reply.citations,
        passages=given,
        answerer=reply.answerer,
        model=reply.model,
        usage=reply.usage,
        timings_ms={"retrieve": step.milliseconds, "answer": milliseconds},
        notice=reply.notice,
        confidence=reply.confidence,
    )


def _ms_since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 1)


def _blocking(function: Callable[[In], Awaitable[Out]]) -> Callable[[In], Out]:
    async def run(value: In) -> Out:
        return await function(value)

    return lambda value: asyncio.run(run(value))


def _blocking_stream(
    function: Callable[[AsyncIterator[In]], AsyncIterator[Out]],
) -> Callable[[Iterator[In]], Iterator[Out]]:
    async def as_async(values: Iterator[In]) -> AsyncIterator[In]:
        for value in values:
            yield value

    def run(values: Iterator[In]) -> Iterator[Out]:
        with asyncio.Runner() as runner:
            outputs = aiter(function(as_async(values)))
            while True:
                try:
                    yield runner.run(anext(outputs))  # type: ignore[arg-type]  # an awaitable
                except StopAsyncIteration:
                    return

    return run
