"""A collection in LlamaIndex."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

import qa
from qa.python_api import ExtraMissing
from tests.qa.integrations.test_langchain import ARTICLES, JOINED
from tests.qa.shelf import LIGHT

MISSING = "scripts/setup --dev installs llama-index-core"


@pytest.fixture(scope="module")
def articles() -> Iterator[qa.Articles]:
    with qa.open(**LIGHT) as articles:
        articles.add(*ARTICLES)
        yield articles


def test_nodes_are_exact_ranges_best_first(articles: qa.Articles) -> None:
    pytest.importorskip("llama_index.core", reason=MISSING)
    from llama_index.core.schema import MetadataMode

    retriever = articles.as_llama_index_retriever(k=2)
    found = retriever.retrieve(JOINED)
    assert len(found) == 2
    texts = {each.id: each.text for each in ARTICLES}
    for each in found:
        facts = each.node.metadata
        assert texts[facts["article_id"]][facts["start"] : facts["end"]] == each.node.get_content()
    best = found[0]
    assert best.node.metadata["article_id"] == "joined"
    assert (best.score or 0) >= (found[1].score or 0)
    shown = best.node.get_content(MetadataMode.LLM)
    assert "title: Lobbying" in shown
    assert "start:" not in shown
    assert [each.node_id for each in asyncio.run(retriever.aretrieve(JOINED))] == [
        each.node_id for each in found
    ]


def test_without_the_extra_a_sentence_names_it(
    articles: qa.Articles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "qa.integrations.llama_index_retriever", raising=False)
    monkeypatch.setitem(sys.modules, "llama_index.core.base.base_retriever", None)
    with pytest.raises(ExtraMissing, match=r"article-qa\[llama-index\]"):
        articles.as_llama_index_retriever()
