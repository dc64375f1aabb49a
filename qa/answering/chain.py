"""A pipeline as a LangChain Runnable.

    chain.invoke(question)     the Answer
    chain.stream(question)     PassagesFound, then Token and SentenceChecked, last the Answer

`ainvoke` and `astream` do the same. The runs of the chat model are children of the chain's run.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing

from anyio.from_thread import start_blocking_portal
from langchain_core.runnables import Runnable, RunnableGenerator

from qa.answering.pipeline import Pipeline
from qa.types import AnswererName, Event, Question
from vectorstore.errors import UserError

Chain = Runnable[Question, Event]


class AnswererMissing(UserError):
    """A question asks for an answerer that is not configured."""


def build_chain(pipeline: Pipeline) -> Chain:
    """The Runnable over a pipeline. `Question.answerer` counts for nothing in it."""

    async def answer_async(questions: AsyncIterator[Question]) -> AsyncIterator[Event]:
        async for question in questions:
            async with aclosing(pipeline.events(question)) as events:
                async for event in events:
                    yield event

    def answer(questions: Iterator[Question]) -> Iterator[Event]:
        # The loop has a thread of its own, since the caller's may run one, as in a notebook.
        with start_blocking_portal() as portal:
            for question in questions:
                events = pipeline.events(question)
                try:
                    while (event := portal.call(anext, events, None)) is not None:
                        yield event
                except GeneratorExit:
                    portal.call(events.aclose)
                    raise

    return RunnableGenerator(answer, answer_async, name="article_qa")


def chain_for(question: Question, chains: Mapping[AnswererName, Chain]) -> Chain:
    """The chain of the answerer that a question names, or the last one. Raises AnswererMissing."""
    name = question.answerer or list(chains)[-1]
    if name not in chains:
        raise AnswererMissing(
            "This service has no chat model. Set QA_MODEL, or ask for the extractive answerer."
        )
    return chains[name]
