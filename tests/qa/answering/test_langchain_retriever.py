"""The LangChain retriever, in an ordinary chain."""

import asyncio
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from qa.answering.langchain_retriever import PassageRetriever
from tests.vectorstore.examples import article
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.embedding import BundledEmbedder
from vectorstore.ingest import ingest
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Article, Filters

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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "index", HashingEmbedder())
    ingest(store, ARTICLES)
    yield store
    store.close()


@pytest.fixture
def retriever(store: Store) -> PassageRetriever:
    return PassageRetriever(search=partial(search, store), k=2)


def check_exact(documents: list[Document], articles: list[Article]) -> None:
    texts = {each.id: each.text for each in articles}
    for document in documents:
        text = texts[document.metadata["article_id"]]
        start, end = document.metadata["start"], document.metadata["end"]
        assert text[start:end] == document.page_content


def test_documents_are_exact_ranges_best_first_with_what_a_citation_needs(
    retriever: PassageRetriever, store: Store
) -> None:
    documents = retriever.invoke("When did Binance.US join the Blockchain Association?")
    assert len(documents) == 2
    check_exact(documents, ARTICLES)
    best = documents[0]
    assert best.id == store.catalog.passages_of("joined")[0].id
    assert best.metadata["title"] == "Lobbying"
    assert best.metadata["published"] == "2022-04-20"
    assert best.metadata["source"] == "The Post"
    assert "url" not in best.metadata
    assert best.metadata["score"] >= documents[1].metadata["score"]


def test_filters_hold_in_a_retriever_too(store: Store) -> None:
    retriever = PassageRetriever(
        search=partial(search, store), k=8, filters=Filters(published_to=date(2021, 12, 31))
    )
    documents = retriever.invoke("When did Binance.US join?")
    assert [each.metadata["article_id"] for each in documents] == ["bill"]


def test_it_stands_in_a_chain_like_any_other_retriever(retriever: PassageRetriever) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{context}\n\nQuestion: {question}")])

    def joined(documents: list[Document]) -> str:
        return "\n---\n".join(each.page_content for each in documents)

    chain = (
        {"context": retriever | joined, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(lambda value: value.to_string())
    )
    question = "Where was the whale seen?"
    written = chain.invoke(question)
    assert "A whale was seen in the harbour." in written
    assert written.endswith(f"Question: {question}")
    assert chain.batch([question, question]) == [written, written]


def test_the_example_in_its_docstring_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: BundledEmbedder
) -> None:
    with closing(Store(tmp_path / "data", embedder)) as store:
        ingest(store, ARTICLES)
    monkeypatch.chdir(tmp_path)
    # The model that the tests have loaded already.
    monkeypatch.setattr("vectorstore.embedding.BundledEmbedder", lambda: embedder)
    _, _, example = inspect.cleandoc(PassageRetriever.__doc__ or "").partition("filters:\n")
    variables: dict[str, list[Document]] = {}
    exec(textwrap.dedent(example), variables)
    assert variables["documents"][0].metadata["article_id"] == "joined"


async def _documents(retriever: PassageRetriever, question: str) -> list[Document]:
    return await retriever.ainvoke(question)


def test_it_can_be_awaited(retriever: PassageRetriever) -> None:
    question = "Where was the whale seen?"
    assert asyncio.run(_documents(retriever, question)) == retriever.invoke(question)


def test_a_number_of_passages_below_one_is_refused(store: Store) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        PassageRetriever(search=partial(search, store), k=0)
