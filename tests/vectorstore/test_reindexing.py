"""An index is embedded with another model while it is searched and changed."""

import threading
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article, held
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore import reindexing
from vectorstore.ingest import Progress, ingest
from vectorstore.integrity import inspect_index
from vectorstore.reindexing import Reindexing, ReindexRefused
from vectorstore.retrieval import search
from vectorstore.store import OtherEmbeddingModel, Store

NAMES = ("cat", "dog", "elk", "fox", "gnu", "hen")
ARTICLES = [article(name, f"It tells of {name}s alone, at some length.") for name in NAMES]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "PASSAGES_EMBEDDED_AT_ONCE", 2)
    monkeypatch.setattr(reindexing, "FEW_LEFT", 1)


@pytest.fixture
def full(open_store: OpenStore) -> Store:
    store = open_store()
    ingest(store, ARTICLES)
    return store


def another(name: str = "another", *, max_tokens: int = 254) -> HashingEmbedder:
    return HashingEmbedder(name, dimension=48, max_tokens=max_tokens)


def generations(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if each.name.startswith("vectors")}


def test_it_is_searched_with_the_new_model_and_opens_with_it(
    full: Store, open_store: OpenStore
) -> None:
    before, told = held(full), list[Progress]()
    new = another()
    report = Reindexing(full).run(new, told.append)
    assert (report.model, report.passages, report.embedded) == ("another", 6, 6)
    assert [each.done for each in told] == [2, 4, 6]
    assert full.embedder is new
    assert full.exact.dimension == 48
    assert held(full) == before
    assert inspect_index(full).agrees
    assert search(full, "dogs", 1)[0].article.id == "dog"
    assert generations(full.folder) == {"vectors-2", "vectors-2.i8"}
    full.close()
    store = open_store(another())
    assert inspect_index(store).agrees
    (passage,) = store.catalog.passages_of("dog")
    vector = store.vectors.vectors([passage.id])[passage.id]
    assert np.allclose(vector, new.embed([passage.text])[0], atol=1e-6)
    store.close()
    with pytest.raises(OtherEmbeddingModel):
        open_store()


def test_what_is_added_replaced_and_removed_meanwhile_is_in_the_new_one(full: Store) -> None:
    """The rows of removed passages are taken by others, whose vectors must be theirs."""
    changed = False

    def change(_: Progress) -> None:
        nonlocal changed
        if changed:
            return
        changed = True
        full.remove("cat")
        full.remove("elk")
        ingest(full, [article(name, f"Now it tells of {name}s.") for name in ("owl", "dog", "pig")])

    Reindexing(full).run(another(), change)
    check = inspect_index(full)
    assert check.agrees, check.findings
    assert set(held(full)) == {"dog", "fox", "gnu", "hen", "owl", "pig"}
    for name in held(full):
        assert search(full, f"{name}s", 1)[0].article.id == name
    assert set(full.vectors.ids()) == set(full.catalog.rows_by_passage())


@pytest.mark.parametrize("cut_at", [2, 4, 6])
def test_interrupted_it_leaves_the_old_and_goes_on_where_it_was(
    full: Store, open_store: OpenStore, cut_at: int
) -> None:
    def cut(progress: Progress) -> None:
        if progress.done == cut_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Reindexing(full).run(another(), cut)
    assert full.embedder.name == "hashing"
    assert inspect_index(full).agrees
    assert search(full, "dogs", 1)[0].article.id == "dog"
    ingest(full, [article("owl", "It tells of owls.")])
    full.close()
    store = open_store()
    assert inspect_index(store).agrees
    report = Reindexing(store).run(another())
    assert report.embedded == 7 - cut_at
    assert inspect_index(store).agrees
    assert search(store, "owls", 1)[0].article.id == "owl"
    assert len(generations(store.folder)) == 2


def test_another_run_for_another_model_begins_anew(full: Store) -> None:
    def cut(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Reindexing(full).run(another(), cut)
    report = Reindexing(full).run(HashingEmbedder("third", dimension=16))
    assert report.embedded == 6
    assert inspect_index(full).agrees
    assert len(generations(full.folder)) == 2


def test_searches_go_on_all_the_while(full: Store) -> None:
    ended = threading.Event()
    searched, wrong = 0, list[str]()

    def search_on() -> None:
        nonlocal searched
        while not ended.is_set():
            for name in NAMES:
                found = search(full, f"{name}s", 1)[0].article.id
                if found != name:
                    wrong.append(f"{name}: {found}")
                searched += 1

    searching = threading.Thread(target=search_on)
    searching.start()
    runs = Reindexing(full)
    for number in range(6):
        runs.run(HashingEmbedder(f"model {number}", dimension=32 + 8 * number))
    ended.set()
    searching.join()
    assert searched > len(NAMES)
    assert wrong == []
    assert len(generations(full.folder)) == 2


def test_a_model_that_reads_less_gets_shorter_passages(full: Store) -> None:
    long = article("long", "It was a long debate, and so on. " * 60)
    ingest(full, [long])
    before = len(full.catalog.passages_of("long"))
    short = another(max_tokens=50)
    Reindexing(full).run(short)
    passages = full.catalog.passages_of("long")
    assert len(passages) > before
    assert max(short.count_tokens([each.text for each in passages])) <= 50
    assert inspect_index(full).agrees


def test_only_one_run_at_a_time_and_only_for_another_model(full: Store) -> None:
    runs = Reindexing(full)
    refused: list[str] = []

    def run_again(_: Progress) -> None:
        try:
            runs.run(another("third"))
        except ReindexRefused as error:
            refused.append(str(error))

    runs.run(another(), run_again)
    assert "already" in refused[0]
    with pytest.raises(ReindexRefused, match="another already"):
        runs.run(another())


def test_an_empty_index_takes_the_model_too(store: Store) -> None:
    assert Reindexing(store).run(another()).passages == 0
    ingest(store, ARTICLES)
    assert inspect_index(store).agrees
    assert store.exact.dimension == 48
