"""Vectors and postings that were deleted or damaged are made anew from what is left."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import vectorstore.chroma
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article, held
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.chroma import VectorStoreError
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index, repair_index
from vectorstore.retrieval import search
from vectorstore.store import Store

ARTICLES = [
    article(name, f"It tells of {name}s alone, at some length.", title=name)
    for name in ("cat", "dog", "elk", "fox", "gnu", "hen", "owl", "pig", "rat", "yak")
]


def segment(folder: Path) -> Path:
    """Where Chroma keeps the vectors themselves."""
    (found,) = (each for each in (folder / "vectors").iterdir() if each.is_dir())
    return found


def delete_chroma(folder: Path) -> None:
    shutil.rmtree(folder / "vectors")


def delete_segment(folder: Path) -> None:
    shutil.rmtree(segment(folder))


def scribble_over_segment(folder: Path) -> None:
    for path in segment(folder).iterdir():
        path.write_bytes(b"x" * path.stat().st_size)


def scribble_over_chroma(folder: Path) -> None:
    (folder / "vectors" / "chroma.sqlite3").write_bytes(b"This was a database once. " * 500)


def delete_exact(folder: Path) -> None:
    (folder / "vectors.i8").unlink()


def scribble_over_exact(folder: Path) -> None:
    path = folder / "vectors.i8"
    path.write_bytes(b"x" * path.stat().st_size)


def scribble_over_some_exact(folder: Path) -> None:
    path = folder / "vectors.i8"
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\x7f" * 90 + content[190:])


def widen_exact(folder: Path) -> None:
    path = folder / "vectors.i8"
    content = bytearray(path.read_bytes())
    content[8] += 8
    path.write_bytes(content)


def truncate_exact(folder: Path) -> None:
    path = folder / "vectors.i8"
    path.write_bytes(path.read_bytes()[:200])


def delete_both(folder: Path) -> None:
    delete_chroma(folder)
    delete_exact(folder)


def change_postings(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db, db:
        (rows,) = db.execute("SELECT rows FROM postings WHERE term = 'alon'").fetchone()
        moved = rows[4:] + (77).to_bytes(4, "little")
        db.execute("UPDATE postings SET rows = ?, highest = 77 WHERE term = 'alon'", (moved,))


def shorten_postings(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db, db:
        db.execute("UPDATE postings SET rows = x'01' WHERE term = 'alon'")


@pytest.fixture
def whole(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An index of which Chroma has written its vectors to files, as it does with many."""
    frequent = {"space": "cosine", "batch_size": 2, "sync_threshold": 3}
    monkeypatch.setattr(vectorstore.chroma, "STORED", frequent)
    store = open_store()
    ingest(store, ARTICLES)
    store.close()
    return store


@pytest.mark.parametrize(
    ("damage", "embedded"),
    [
        (delete_chroma, 0),
        (delete_segment, 0),
        (scribble_over_segment, 0),
        (scribble_over_chroma, 0),
        (delete_exact, 0),
        (scribble_over_exact, 0),
        (scribble_over_some_exact, 3),
        (widen_exact, 0),
        (truncate_exact, 0),
        (delete_both, 10),
        (change_postings, 0),
        (shorten_postings, 0),
    ],
)
def test_what_is_damaged_is_made_anew(
    whole: Store,
    open_store: OpenStore,
    hashing: HashingEmbedder,
    damage: Callable[[Path], None],
    embedded: int,
) -> None:
    store = open_store()
    before = held(store)
    found = {each.id: search(store, each.text, 3) for each in ARTICLES}
    store.close()
    damage(store.folder)
    hashing.embedded.clear()

    store = open_store(rebuild=True)
    report = repair_index(store)
    assert report.agrees, report.findings
    assert len(hashing.embedded) == embedded
    assert held(store) == before
    for each in ARTICLES:
        again = search(store, each.text, 3)
        assert [one.passage for one in again] == [one.passage for one in found[each.id]]
    store.close()

    store = open_store()
    assert inspect_index(store).agrees
    assert ingest(store, ARTICLES).count("unchanged") == len(ARTICLES)
    names = {path.name for path in store.folder.iterdir() if path.name.startswith("vectors")}
    assert len(names) == 2, names


@pytest.mark.parametrize("damage", [scribble_over_segment, delete_segment])
def test_vectors_that_cannot_be_read_are_a_finding(
    whole: Store, open_store: OpenStore, damage: Callable[[Path], None]
) -> None:
    damage(whole.folder)
    (finding,) = inspect_index(open_store()).findings
    assert "cannot be read" in finding
    assert "qa doctor --repair" in finding


def test_where_chroma_cannot_be_read_a_search_needs_it_not_and_a_change_says_what_to_do(
    whole: Store, open_store: OpenStore
) -> None:
    scribble_over_segment(whole.folder)
    store = open_store()
    assert store.in_step()
    assert search(store, "dogs", 1)[0].article.id == "dog"
    with pytest.raises(VectorStoreError, match="qa doctor --repair"):
        store.vectors.count()


def test_another_model_with_longer_vectors_is_taken_after_damage_too(
    whole: Store, open_store: OpenStore
) -> None:
    scribble_over_chroma(whole.folder)
    another = HashingEmbedder("another", dimension=48)
    store = open_store(another, rebuild=True)
    assert repair_index(store).agrees
    assert store.exact.dimension == 48
    assert search(store, "dogs", 1)[0].article.id == "dog"
