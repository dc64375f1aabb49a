"""A collection that answers, as a LangChain Runnable."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing

from anyio.from_thread import start_blocking_portal
from langchain_core.runnables import Runnable, RunnableGenerator

from qa.cited_answer import CitedAnswer
from qa.library import Library
from qa.types import Answer, Event, Question

Asked = object
"""What is asked: a text, a `Question`, or a dict of what `Articles.ask` takes."""


def answer_runnable(
    library: Library, as_question: Callable[[Asked], Question]
) -> Runnable[Asked, Event]:
    """`invoke` gives a `CitedAnswer`; `stream` gives `PassagesFound`, then `Token` and
    `SentenceChecked`, last the answer. `ainvoke`, `astream` and `batch` do the same.

    A config with callbacks, tags, metadata and a name counts as for any Runnable. In this process
    the calls of the chat model are beneath its run.
    """

    async def events_of(asked: Asked) -> AsyncGenerator[Event]:
        async for event in library.stream(as_question(asked)):
            yield CitedAnswer.showing(event) if isinstance(event, Answer) else event

    async def answer_async(given: AsyncIterator[Asked]) -> AsyncIterator[Event]:
        async for asked in given:
            async with aclosing(events_of(asked)) as events:
                async for event in events:
                    yield event

    def answer(given: Iterator[Asked]) -> Iterator[Event]:
        # The loop has a thread of its own, since the caller's may run one, as in a notebook.
        with start_blocking_portal() as portal:
            for asked in given:
                events = events_of(asked)
                try:
                    while (event := portal.call(anext, events, None)) is not None:
                        yield event
                except GeneratorExit:
                    portal.call(events.aclose)
                    raise

    return RunnableGenerator(answer, answer_async, name="article_qa_answer")
