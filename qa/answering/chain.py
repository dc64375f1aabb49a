"""A pipeline as a LangChain Runnable.

    chain.invoke(question)     the Answer
    chain.stream(question)     PassagesFound, then Token and SentenceChecked, finally the Answer

`ainvoke` and `astream` do the same. Chat model runs are children of the chain's run.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar, cast

from anyio.from_thread import start_blocking_portal

from qa.answering.pipeline import Pipeline
from qa.types import Answer, AnswererName, Event, Question
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    Chain = Runnable[Question, Event]

Asked = TypeVar("Asked")


class AnswererMissing(UserError):
    """A question asks for an answerer that is not configured."""


def build_chain(pipeline: Pipeline) -> "Chain":
    """The Runnable over a pipeline. It ignores `Question.answerer`."""
    return runnable_over(pipeline.events, "article_qa")


def runnable_over(
    events_of: Callable[[Asked], AsyncGenerator[Event]], name: str
) -> "Runnable[Asked, Event]":
    """The Runnable that yields the events of whatever is asked."""
    from langchain_core.runnables import RunnableGenerator  # takes a second to import

    async def answer_async(given: AsyncIterator[Asked]) -> AsyncIterator[Event]:
        async for asked in given:
            async with aclosing(events_of(asked)) as events:
                async for event in events:
                    yield event

    def answer(given: Iterator[Asked]) -> Iterator[Event]:
        # The event loop has its own thread: the caller's may already run one, as in a notebook.
        with start_blocking_portal() as portal:
            for asked in given:
                events = events_of(asked)
                try:
                    while (event := portal.call(anext, events, None)) is not None:
                        yield event
                except GeneratorExit:
                    portal.call(events.aclose)
                    raise

    return RunnableGenerator(answer, answer_async, name=name)


class Chains:
    """The pipeline of each answerer. Thread-safe.

    A pipeline that calls a chat model is run as a Runnable, so that the model's runs are children
    of one. The others do without: to import LangChain takes longer than to answer.
    """

    def __init__(self, pipelines: Mapping[AnswererName, Pipeline]) -> None:
        self._pipelines = pipelines
        self._built: dict[AnswererName, Chain] = {}

    @property
    def answerers(self) -> tuple[AnswererName, ...]:
        return tuple(self._pipelines)

    def events(self, question: Question) -> AsyncGenerator[Event]:
        """The events of the answer, by the answerer that the question names, or the last. Closing
        them cancels any chat model call.

        Raises AnswererMissing immediately, not at the first event.
        """
        name = question.answerer or self.answerers[-1]
        if name not in self._pipelines:
            raise AnswererMissing(
                "This service has no chat model. Set QA_MODEL, or ask for the extractive answerer."
            )
        if name != "llm":
            return self._pipelines[name].events(question)
        if name not in self._built:
            self._built[name] = build_chain(self._pipelines[name])
        return cast(AsyncGenerator[Event], self._built[name].astream(question))

    async def answer_async(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        last: Event | None = None
        async with aclosing(self.events(question)) as events:
            async for event in events:
                last = event
        if not isinstance(last, Answer):
            raise TypeError(f"The chain ended with {type(last).__name__}, not with an answer.")
        return last

    def answer(self, question: Question) -> Answer:
        """Like `answer_async`, in an event loop of its own: the caller's thread may already run
        one, as in a notebook."""
        with start_blocking_portal() as portal:
            return portal.call(self.answer_async, question)
