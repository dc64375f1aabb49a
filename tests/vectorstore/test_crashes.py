"""Wherever a change is interrupted, each article is entirely old or new, and the index agrees."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vectorstore.chroma
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import NOTICE, article, as_split, held
from tests.vectorstore.faults import Crash, Fuse, put_fuse
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index
from vectorstore.store import Store
from vectorstore.types import Article

FILLER = "It was a long debate, and " * 40

OLD = [
    article("replaced", f"An old lead. {FILLER}", "What stays.", title="Title"),
    article("removed", f"To be removed. {FILLER}", "All of it."),
    article("untouched", "Nobody touches this.", NOTICE),
    article("also untouched", "Nor this, of another matter.", NOTICE),
]
NEW = [
    article("replaced", f"A new lead. {FILLER}", "What stays.", title="Title"),
    article("added", f"Never seen before. {FILLER}", f"And more. {FILLER}", NOTICE),
]


def publish(store: Store) -> None:
    store.publish([as_split(store, each) for each in NEW])


def remove(store: Store) -> None:
    store.remove("removed")


def ingest_new(store: Store) -> None:
    """Also splits two articles again, which hold a paragraph that now stands in three."""
    ingest(store, NEW)


@pytest.fixture(autouse=True)
def _small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a change of a few passages takes several calls of Chroma."""
    monkeypatch.setattr(vectorstore.chroma, "LARGEST_CALL", 2)


def check_whole(store: Store, before: dict[str, object], after: dict[str, object]) -> None:
    check = inspect_index(store)
    assert check.agrees, check.findings
    found = held(store)
    for article_id in before.keys() | after.keys():
        assert found.get(article_id) in (before.get(article_id), after.get(article_id))
    assert found.keys() <= before.keys() | after.keys()
    assert store.catalog.pending() == []
    assert store.vectors.count() == len(store.catalog.rows_by_passage())


@pytest.mark.parametrize("change", [remove, ingest_new])
def test_a_change_may_be_cut_off_at_any_step(
    change: Callable[[Store], None], open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store(folder=tmp_path / "before")
    ingest(store, OLD)
    before = dict[str, object](held(store))
    store.close()

    def opened(name: str) -> Store:
        shutil.copytree(tmp_path / "before", tmp_path / name)
        return open_store(folder=tmp_path / name)

    store = opened("after")
    put_fuse(store, fuse := Fuse())
    change(store)
    steps = fuse.steps
    after = dict[str, object](held(store))
    check_whole(store, after, after)
    assert before != after
    store.close()

    for step in range(1, steps + 1):
        store = opened(f"cut off at {step}")
        put_fuse(store, fuse := Fuse(at=step))
        with pytest.raises(Crash):
            change(store)
        if step % 2:
            # The process dies: another opens what it left.
            store.close()
            store = open_store(folder=tmp_path / f"cut off at {step}")
            check_whole(store, before, after)
        else:
            # Or it lives on, and does it again.
            fuse.at = 0
            change(store)
            check_whole(store, after, after)
        store.close()
        shutil.rmtree(tmp_path / f"cut off at {step}")


@pytest.mark.both_engines
@pytest.mark.parametrize("steps_before_second", [0, 1, 2])
def test_recovering_may_be_cut_off_too(open_store: OpenStore, steps_before_second: int) -> None:
    store = open_store()
    ingest(store, OLD)
    before = dict[str, object](held(store))
    # After the new vectors were written, before they were announced as done.
    put_fuse(store, Fuse(8))
    with pytest.raises(Crash):
        publish(store)
    put_fuse(store, Fuse(1 + steps_before_second))
    with pytest.raises(Crash):
        store.remove("removed")
    store.close()
    check_whole(open_store(), before, before)


POINTS = ["in the transaction", "after the vectors", "after the transaction", "while embedding"]


def start(point: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.vectorstore.dying", point, str(folder)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )


def test_a_process_may_be_killed_in_the_middle_of_an_ingest(
    open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store(folder=tmp_path / "before")
    ingest(store, OLD)
    before = dict[str, object](held(store))
    store.close()
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    store = open_store(folder=tmp_path / "after")
    ingest(store, NEW)
    after = dict[str, object](held(store))
    store.close()

    for point in POINTS:
        shutil.copytree(tmp_path / "before", tmp_path / point)
    processes = {point: start(point, tmp_path / point) for point in POINTS}
    for point, process in processes.items():
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == f"{point}\n"
            process.kill()
            assert process.wait() == -signal.SIGKILL
        store = open_store(folder=tmp_path / point)
        check_whole(store, before, after)
        assert set(held(store)) == (set(after) if point == "after the transaction" else set(before))
        ingest(store, NEW)
        check_whole(store, after, after)


def test_articles_that_went_in_before_the_kill_stay(open_store: OpenStore, tmp_path: Path) -> None:
    store = open_store(folder=tmp_path / "index")
    articles: list[Article] = [article(f"a {n}", f"Text {n}. {FILLER}") for n in range(3)]
    put_fuse(store, fuse := Fuse())
    ingest(store, articles[:2])
    fuse.at = fuse.steps + 6
    with pytest.raises(Crash):
        ingest(store, articles[2:])
    store.close()
    store = open_store(folder=tmp_path / "index")
    assert store.catalog.article_ids() == ["a 0", "a 1"]
    assert inspect_index(store).agrees
