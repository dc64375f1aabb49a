"""Opening an index: by one process, with the model it was built with, from any thread."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article, as_split, held, lose_vectors
from tests.vectorstore.hashing import HashingEmbedder
from tests.vectorstore.test_crashes import start
from vectorstore.chunking import embedded_text
from vectorstore.engine import IndexInUse, Owner, read_owner
from vectorstore.errors import UserError
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index, repair_index
from vectorstore.retrieval import search
from vectorstore.store import OtherEmbeddingModel, Store

ARTICLES = [
    article("a", "The senate passed the bill.", "It takes force in May.", title="The bill"),
    article("b", "A whale was seen.", title="A whale"),
]


@pytest.mark.both_engines
def test_what_was_published_is_there_when_it_is_opened_again(open_store: OpenStore) -> None:
    store = open_store()
    store.publish([as_split(store, each) for each in ARTICLES])
    before = held(store)
    assert set(before) == {"a", "b"}
    store.close()
    again = open_store()
    assert held(again) == before
    assert again.vectors.count() == 2
    assert inspect_index(again).agrees


@pytest.mark.both_engines
def test_the_vectors_are_those_of_the_passages_under_their_titles(
    store: Store, hashing: HashingEmbedder
) -> None:
    store.publish([as_split(store, each) for each in ARTICLES])
    for each in ARTICLES:
        (passage,) = store.catalog.passages_of(each.id)
        text = embedded_text(passage, each.info.title, store.tokens, store.size)
        stored = store.vectors.vectors([passage.id])[passage.id]
        assert np.allclose(stored, hashing.embed([text])[0], atol=1e-6)


@pytest.mark.both_engines
def test_only_passages_that_changed_are_embedded_again(
    store: Store, hashing: HashingEmbedder
) -> None:
    filler = "It was a long debate, and so on, " * 60
    store.publish([as_split(store, article("a", filler, "The end of it all."))])
    first = len(hashing.embedded)
    store.publish([as_split(store, article("a", filler, "Another end of it all."))])
    assert first > 1
    assert len(hashing.embedded) == first + 1
    assert inspect_index(store).agrees


@pytest.mark.both_engines
def test_a_removed_article_leaves_nothing(store: Store) -> None:
    store.publish([as_split(store, each) for each in ARTICLES])
    assert store.remove("a")
    assert not store.remove("a")
    assert set(held(store)) == {"b"}
    assert store.vectors.count() == 1
    assert inspect_index(store).agrees


# One process at a time.


def test_a_second_process_is_told_which_one_has_the_index_and_where_it_serves_it(
    open_store: OpenStore, tmp_path: Path
) -> None:
    with start("serving", tmp_path / "index") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        with pytest.raises(IndexInUse) as caught:
            open_store()
        assert caught.value.owner == Owner(process.pid, "http://127.0.0.1:8123")
        assert read_owner(tmp_path / "index") == caught.value.owner
        message = str(caught.value)
        assert f"process {process.pid}" in message
        assert "http://127.0.0.1:8123" in message
        process.kill()
        process.wait()
    assert read_owner(tmp_path / "index") is None
    assert inspect_index(open_store()).agrees


def test_nor_is_it_opened_twice_by_one_process(open_store: OpenStore) -> None:
    store = open_store()
    with pytest.raises(IndexInUse, match="in use by process"):
        open_store()
    assert inspect_index(store).agrees
    store.close()
    open_store()


def test_it_may_be_closed_by_another_thread_than_opened_it(open_store: OpenStore) -> None:
    opened: list[Store] = []
    thread = threading.Thread(target=lambda: opened.append(open_store()))
    thread.start()
    thread.join()
    opened[0].close()
    assert inspect_index(open_store()).agrees


def test_nobody_owns_an_index_that_is_not_open(tmp_path: Path, open_store: OpenStore) -> None:
    assert read_owner(tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()
    open_store().close()
    assert read_owner(tmp_path / "index") is None


@pytest.mark.parametrize("written", ["", "[1]", "{}", '{"pid": 1}', "\x00", "null"])
def test_an_owner_that_cannot_be_read_is_another_process(
    store: Store, tmp_path: Path, written: str
) -> None:
    (store.folder / "owner.json").write_text(written, "utf-8")
    assert read_owner(store.folder) == Owner(None, None)


def test_where_it_is_served_is_forgotten_when_it_is_opened_again(open_store: OpenStore) -> None:
    store = open_store()
    store.serve_at("http://127.0.0.1:1")
    store.close()
    again = open_store()
    owner = read_owner(again.folder)
    assert owner is not None
    assert owner.url is None


# The model it was built with.


def test_another_model_is_refused_in_a_sentence_that_says_what_to_do(
    open_store: OpenStore,
) -> None:
    store = open_store()
    ingest(store, ARTICLES)
    store.close()
    with pytest.raises(OtherEmbeddingModel) as caught:
        open_store(HashingEmbedder("another", dimension=8))
    assert isinstance(caught.value, UserError)
    message = str(caught.value)
    for words in (
        "embedding model hashing",
        "another is configured now",
        "qa doctor --repair",
        "QA_DATA",
    ):
        assert words in message
    assert set(held(open_store())) == {"a", "b"}


@pytest.mark.both_engines
def test_other_weights_under_the_same_name_are_another_model(open_store: OpenStore) -> None:
    store = open_store(HashingEmbedder(fingerprint="some"))
    store.publish([as_split(store, each) for each in ARTICLES])
    store.close()
    with pytest.raises(OtherEmbeddingModel, match="other weights of the embedding model hashing"):
        open_store(HashingEmbedder(fingerprint="others"))
    rebuilt = open_store(HashingEmbedder(fingerprint="others"), rebuild=True)
    assert repair_index(rebuilt).agrees
    rebuilt.close()
    open_store(HashingEmbedder("hashing, moved", fingerprint="others"))


def test_an_index_from_before_fingerprints_takes_on_that_of_the_model_of_its_name(
    open_store: OpenStore,
) -> None:
    store = open_store(HashingEmbedder(fingerprint=None))
    store.publish([as_split(store, each) for each in ARTICLES])
    store.close()
    open_store(HashingEmbedder(fingerprint="some")).close()
    with pytest.raises(OtherEmbeddingModel):
        open_store(HashingEmbedder(fingerprint="others"))


@pytest.mark.both_engines
def test_an_index_is_in_step_while_it_is_being_changed(store: Store) -> None:
    store.publish([as_split(store, each) for each in ARTICLES])
    assert store.in_step()
    vectors = [each.id for each in store.catalog.passages_of("a")]

    def change() -> None:
        with store.writing:
            lose_vectors(store, vectors)
            begun.set()
            assert ended.wait(20)

    begun, ended = threading.Event(), threading.Event()
    changing = threading.Thread(target=change)
    changing.start()
    assert begun.wait(20)
    assert store.in_step(), "it was when the change began"
    ended.set()
    changing.join(20)
    assert not store.in_step()
    assert repair_index(store).agrees
    assert store.in_step()


def test_an_index_without_articles_takes_any_model(open_store: OpenStore) -> None:
    open_store().close()
    other = open_store(HashingEmbedder("another", dimension=8))
    ingest(other, ARTICLES)
    assert inspect_index(other).agrees


@pytest.mark.both_engines
def test_rebuilding_embeds_every_passage_with_the_new_model(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, ARTICLES)
    before = held(store)
    store.close()

    another = HashingEmbedder("another", dimension=8)
    store = open_store(another, rebuild=True)
    assert inspect_index(store).findings == ("2 passages have no vector.",)
    check = repair_index(store)
    assert check.agrees
    assert check.repaired == ("2 passages have no vector.",)
    assert held(store) == before
    (passage,) = store.catalog.passages_of("b")
    vector = store.vectors.vectors([passage.id])[passage.id]
    assert np.allclose(vector, another.embed([passage.text])[0], atol=1e-6)
    store.close()

    open_store(another).close()
    with pytest.raises(OtherEmbeddingModel):
        open_store()


@pytest.mark.both_engines
def test_a_rebuild_that_is_cut_off_is_finished_by_the_next_repair(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, ARTICLES)
    store.close()
    another = HashingEmbedder("another", dimension=8)
    open_store(another, rebuild=True).close()
    store = open_store(another)
    assert not inspect_index(store).agrees
    assert repair_index(store).agrees


def test_a_model_that_reads_less_gets_shorter_passages(open_store: OpenStore) -> None:
    short = HashingEmbedder("short", max_tokens=50)
    store = open_store(short)
    filler = "It was a long debate, and so on. " * 60
    ingest(store, [article("a", filler, title="The long title of a debate " * 20)])
    assert len(store.catalog.passages_of("a")) > 5
    assert max(short.count_tokens(short.embedded)) <= 50


# What cannot be opened.


def test_a_damaged_catalog_is_named_and_opens_once_it_is_restored(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, ARTICLES)
    store.close()
    file = store.folder / "catalog.sqlite"
    whole = file.read_bytes()
    file.write_bytes(b"This was a database once. " * 500)
    with pytest.raises(UserError, match=r"catalog\.sqlite cannot be opened"):
        open_store()
    file.write_bytes(whole)
    assert inspect_index(open_store()).agrees


def test_damaged_vectors_are_named_and_made_anew_from_the_catalog(
    open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store()
    ingest(store, ARTICLES)
    store.close()
    (store.folder / "vectors" / "chroma.sqlite3").write_bytes(b"This was a database once. " * 500)
    opened = open_store()
    assert search(opened, "dogs", 1)
    with pytest.raises(UserError, match=r"vectors cannot be opened .*qa doctor --repair"):
        ingest(opened, [article("new", "A new one.")])
    opened.close()
    # As told: the folder out of the way. Elsewhere, since Chroma remembers folders that failed.
    shutil.copytree(store.folder, tmp_path / "repaired", ignore=shutil.ignore_patterns("vectors"))
    repaired = open_store(folder=tmp_path / "repaired")
    assert repair_index(repaired).agrees
    assert repaired.vectors.count() == 2


def test_an_owner_is_written_whole(store: Store) -> None:
    store.serve_at("http://127.0.0.1:8000")
    written = json.loads((store.folder / "owner.json").read_text("utf-8"))
    assert written["url"] == "http://127.0.0.1:8000"
