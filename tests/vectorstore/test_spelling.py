"""Misspelt words, and the articles' words that they are taken for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.vectorstore.examples import article
from vectorstore.bm25 import Postings
from vectorstore.ingest import ingest
from vectorstore.spelling import corrected, corrections
from vectorstore.store import Store
from vectorstore.types import Embedder

TEXT = """The Securities and Exchange Commission sued Ripple Labs in December 2020. Celsius, \
whose founder is Alex Mashinsky, stopped withdrawals. When the association lost a member, \
Coinbase left. Its chief executive told the prime minister."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("spelling") / "index", embedder)
    ingest(store, [article("one", TEXT)])
    yield store
    store.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("did teh sec sue rippel?", "did the sec sue Ripple?"),
        ("did ripple labs lose coinbase as a member", "did Ripple Labs lose Coinbase as a member"),
        ("Who founded Celsuis?", "Who founded Celsius?"),
        ("wich assocation lost a member", "wich association lost a member"),
        ("Why did Mashinksy stop withdrawls?", "Why did Mashinsky stop withdrawals?"),
        ("Did Ripple lose?", "Did Ripple lose?"),
        ("what does a bushel of wheat cost", "what does a bushel of wheat cost"),
        ("Was Solana sued?", "Was Solana sued?"),
        ("Who is the CEO of Coinbase?", "Who is the chief executive of Coinbase?"),
        ("who is the ceo of coinbase", "who is the chief executive of Coinbase"),
        ("Who is the PM?", "Who is the prime minister?"),
        ("Did it end at 5 pm?", "Did it end at 5 pm?"),
        ("Who is the CFO?", "Who is the CFO?"),
        ("¿Qué pasó?", "¿Qué pasó?"),
        ("", ""),
    ],
)
def test_words_no_article_has_are_read_as_the_nearest_they_have(
    store: Store, typed: str, meant: str
) -> None:
    assert corrected(typed, corrections(store, typed)) == meant


def test_a_word_whose_last_article_is_removed_meanwhile_stays(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "index", embedder)
    ingest(store, [article("one", TEXT)])
    read = store.catalog.postings

    def removed_before(terms: Sequence[str]) -> dict[str, Postings]:
        store.remove("one")
        return read(terms)

    monkeypatch.setattr(store.catalog, "postings", removed_before)
    assert corrected("did ripple lose", corrections(store, "did ripple lose")) == "did ripple lose"
    store.close()
