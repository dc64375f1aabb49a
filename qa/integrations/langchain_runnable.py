"""A collection that answers, as a LangChain Runnable."""

from collections.abc import AsyncGenerator, Callable

from langchain_core.runnables import Runnable

from qa.answering.chain import runnable_over
from qa.cited_answer import CitedAnswer
from qa.library import Library
from qa.types import Answer, Event, Question

Asked = object
"""What is asked: a text, a `Question`, or a dict of the arguments of `Articles.ask`."""


def answer_runnable(
    library: Library, as_question: Callable[[Asked], Question]
) -> Runnable[Asked, Event]:
    """`invoke` returns a `CitedAnswer`; `stream` yields `PassagesFound`, then `Token` and
    `SentenceChecked`, and last the answer. `ainvoke`, `astream` and `batch` do the same.

    A config with callbacks, tags, metadata and a name works as for any Runnable. In this process,
    the chat model's calls are child runs of its run.
    """

    async def events_of(asked: Asked) -> AsyncGenerator[Event]:
        async for event in library.stream(as_question(asked)):
            yield CitedAnswer.showing(event) if isinstance(event, Answer) else event

    return runnable_over(events_of, "article_qa_answer")
