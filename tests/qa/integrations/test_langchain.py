"""A collection in LangChain: its passages in an ordinary chain, and its answers as a Runnable."""

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

import qa
from qa.cited_answer import CitedAnswer
from qa.settings import read_settings
from qa.types import PassagesFound, Question, Token
from tests.openai_server import Say
from tests.qa.llm_service import QUESTION, TRUE, answering
from tests.qa.serving import running
from tests.qa.shelf import LIGHT
from tests.vectorstore.examples import article
from vectorstore.types import Article

ARTICLES = [
    article(
        "joined",
        "👩‍👧 e\u0301 \r\n",
        "Binance.US joined the Blockchain Association in August 2020.",
        title="Lobbying",
        published=date(2022, 4, 20),
        source="The Post",
    ),
    article("whale", "A whale was seen in the harbour.", title="A whale"),
    article("bill", "The senate passed the bill in August.", published=date(2021, 8, 1)),
]
JOINED = "When did Binance.US join the Blockchain Association?"
WHALE = "Where was the whale seen?"


@pytest.fixture(scope="module", params=["folder", "url"])
def articles(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[qa.Articles]:
    """In this process, and of a running service."""
    from qa.http.app import create_app

    with qa.open(tmp_path_factory.mktemp("index"), **LIGHT) as here:
        here.add(*ARTICLES)
        if request.param == "folder":
            yield here
            return
        with running(create_app(here.library)) as url, qa.open(url) as there:  # type: ignore[arg-type]  # a service
            yield there


def check_exact(documents: list[Document], articles: list[Article]) -> None:
    texts = {each.id: each.text for each in articles}
    for document in documents:
        text = texts[document.metadata["article_id"]]
        start, end = document.metadata["start"], document.metadata["end"]
        assert text[start:end] == document.page_content


def test_documents_are_exact_ranges_best_first_with_what_a_citation_needs(
    articles: qa.Articles,
) -> None:
    documents = articles.as_retriever(k=2).invoke(JOINED)
    assert len(documents) == 2
    check_exact(documents, ARTICLES)
    best = documents[0]
    assert best.metadata["title"] == "Lobbying"
    assert best.metadata["published"] == "2022-04-20"
    assert best.metadata["source"] == "The Post"
    assert "url" not in best.metadata
    assert best.metadata["score"] >= documents[1].metadata["score"]


def test_filters_hold_in_a_retriever_too(articles: qa.Articles) -> None:
    documents = articles.as_retriever(published_to="2021-12-31").invoke("When did it join?")
    assert [each.metadata["article_id"] for each in documents] == ["bill"]


def test_it_stands_in_a_chain_like_any_other_retriever(articles: qa.Articles) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{context}\n\nQuestion: {question}")])
    retriever = articles.as_retriever(k=2)

    def joined(documents: list[Document]) -> str:
        return "\n---\n".join(each.page_content for each in documents)

    chain = (
        {"context": retriever | joined, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(lambda value: value.to_string())
    )
    written = chain.invoke(WHALE)
    assert "A whale was seen in the harbour." in written
    assert written.endswith(f"Question: {WHALE}")
    assert chain.batch([WHALE, WHALE]) == [written, written]


def test_a_retriever_can_be_awaited(articles: qa.Articles) -> None:
    async def awaited() -> list[Document]:
        return await articles.as_retriever(k=2).ainvoke(WHALE)

    assert asyncio.run(awaited()) == articles.as_retriever(k=2).invoke(WHALE)


def test_a_number_of_passages_below_one_is_refused(articles: qa.Articles) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        articles.as_retriever(k=0)


class Noted(BaseCallbackHandler):
    """The names of runs as they begin, with the name of the run that each is beneath."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.runs: list[tuple[str, str | None]] = []
        self.tags: list[str] = []

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **more: Any,
    ) -> None:
        self._note(more["name"], run_id, parent_run_id)
        self.tags += tags or []

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        self._note("chat model", run_id, parent_run_id)

    def _note(self, name: str, run_id: UUID, parent: UUID | None) -> None:
        self.names[run_id] = name
        self.runs.append((name, None if parent is None else self.names.get(parent)))


def test_answers_come_from_a_runnable_with_its_config(articles: qa.Articles) -> None:
    noted = Noted()
    config: Any = {"callbacks": [noted], "run_name": "asked", "tags": ["of a test"]}
    answer = articles.as_runnable().invoke(JOINED, config)
    assert isinstance(answer, CitedAnswer)
    assert "August 2020" in answer.text
    assert noted.runs[0] == ("asked", None)
    assert "of a test" in noted.tags


def test_a_runnable_streams_batches_and_is_awaited(articles: qa.Articles) -> None:
    runnable = articles.as_runnable()
    events = list(runnable.stream({"question": JOINED, "published_from": "2022-01-01"}))
    assert isinstance(events[0], PassagesFound)
    assert {each.article_id for each in events[0].passages} == {"joined"}
    *_, last = events
    assert isinstance(last, CitedAnswer)
    assert "".join(each.text for each in events if isinstance(each, Token)) == last.text
    batch = runnable.batch([JOINED, Question(WHALE)])
    assert [each.text for each in batch] == [last.text, articles.ask(WHALE).text]  # type: ignore[attr-defined]  # answers

    async def awaited() -> list[str]:
        whole = await runnable.ainvoke(JOINED)
        streamed = [each async for each in runnable.astream(JOINED)]
        return [whole.text, streamed[-1].text]  # type: ignore[attr-defined]  # answers

    assert asyncio.run(awaited()) == [last.text, last.text]
    piped = runnable | RunnableLambda(lambda answer: answer.text.upper())
    assert piped.invoke(JOINED) == last.text.upper()
    for wrong in (7, {"text": JOINED}):
        with pytest.raises(TypeError, match="the key question"):
            runnable.invoke(wrong)


def test_calls_of_the_chat_model_are_beneath_the_run(tmp_path: Path) -> None:
    with answering(tmp_path, [Say(TRUE)]) as it:
        noted = Noted()
        articles = qa.Articles(it.served.service, read_settings())
        answer = articles.as_runnable().invoke(QUESTION, {"callbacks": [noted]})
        assert isinstance(answer, CitedAnswer)
        assert answer.answerer == "llm"
        assert noted.runs[0] == ("article_qa_answer", None)
        beneath = dict(noted.runs[1:])
        assert beneath["article_qa"] == "article_qa_answer"
        assert "chat model" in beneath
