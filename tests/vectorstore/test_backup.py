"""A backup of an index in use is whole, and restoring it is all or nothing."""

import json
import shutil
import sqlite3
import threading
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.vectorstore.catalog.test_layouts import write_as_layout_1
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article, held
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.backup import BackupError, back_up, read_contents, restore
from vectorstore.catalog.sqlite import SCHEMA_VERSION
from vectorstore.engine import IndexInUse
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index
from vectorstore.retrieval import search
from vectorstore.store import Store

NAMES = ("cat", "dog", "elk")
ARTICLES = [article(name, f"It tells of {name}s alone, at some length.") for name in NAMES]
LATER = article("owl", "It tells of owls, which came later.")


@pytest.fixture
def full(open_store: OpenStore) -> Store:
    store = open_store()
    ingest(store, ARTICLES)
    return store


@pytest.fixture
def backup(full: Store, tmp_path: Path) -> Path:
    """Of `ARTICLES`; the index it was made of has one more now, and is closed."""
    (full.folder / "followed.json").write_text("[1]")
    (full.folder / "keys.json").write_text("[2]")
    file = tmp_path / "backups" / "index.zip"
    back_up(full.folder, file, beside=("followed.json", "keys.json"))
    ingest(full, [LATER])
    full.close()
    return file


def rewritten(file: Path, name: str, content: bytes) -> Path:
    """The backup with another content of one of its files."""
    changed = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for each in old.namelist():
            new.writestr(each, content if each == name else old.read(each))
    return changed


def test_a_backup_is_restored_with_its_vectors(
    backup: Path, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    contents = read_contents(backup)
    assert (contents.articles, contents.passages, contents.vectors) == (3, 3, True)
    assert (contents.layout, contents.embedding_model) == (SCHEMA_VERSION, "hashing")
    assert backup.stat().st_mode & 0o077 == 0
    assert [each.name for each in backup.parent.iterdir()] == ["index.zip"]
    hashing.embedded.clear()
    restore(backup, tmp_path / "new", hashing, beside=("followed.json",), if_missing=("keys.json",))
    assert hashing.embedded == []
    store = open_store(folder=tmp_path / "new")
    assert set(held(store)) == set(NAMES)
    assert inspect_index(store).agrees
    assert search(store, "dogs", 1)[0].article.id == "dog"
    assert (store.folder / "followed.json").read_text() == "[1]"
    assert (store.folder / "keys.json").read_text() == "[2]"
    assert not [each.name for each in store.folder.iterdir() if each.name.startswith("rest")]


def test_an_index_with_articles_is_replaced_only_if_that_is_wanted(
    backup: Path, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    with pytest.raises(BackupError, match=r"has articles.*--replace"):
        restore(backup, folder, hashing)
    assert set(held(open_store())) == {*NAMES, "owl"}
    (folder / "keys.json").write_text("[3]")
    with pytest.raises(IndexInUse):
        restore(backup, folder, hashing, replace=True)


def test_what_is_replaced_is_gone_and_newer_keys_stay(
    backup: Path, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    (folder / "keys.json").write_text("[3]")
    without = rewritten(backup, "nothing", b"")
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(without, "w") as new:
        for each in set(old.namelist()) - {"followed.json"}:
            new.writestr(each, old.read(each))
    beside = ("followed.json",)
    restore(without, folder, hashing, replace=True, beside=beside, if_missing=("keys.json",))
    store = open_store()
    assert set(held(store)) == set(NAMES)
    assert inspect_index(store).agrees
    assert not (folder / "followed.json").exists()
    assert (folder / "keys.json").read_text() == "[3]"


def test_vectors_that_were_left_out_are_computed(
    full: Store, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    assert not back_up(full.folder, tmp_path / "small.zip", with_vectors=False).vectors
    hashing.embedded.clear()
    told: list[Any] = []
    restore(tmp_path / "small.zip", tmp_path / "new", hashing, on_progress=told.append)
    assert len(hashing.embedded) == 3
    assert told[-1].done == told[-1].total == 3
    assert inspect_index(open_store(folder=tmp_path / "new")).agrees


def test_vectors_of_another_model_are_computed_anew(
    backup: Path, open_store: OpenStore, tmp_path: Path
) -> None:
    another = HashingEmbedder("another", dimension=8)
    restore(backup, tmp_path / "new", another)
    store = open_store(another, folder=tmp_path / "new")
    assert inspect_index(store).agrees
    assert store.exact.dimension == 8


def test_a_backup_that_is_made_during_changes_is_of_one_moment(
    full: Store, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    """Articles come in pairs: in no backup is one without the other."""
    ended = threading.Event()

    def change() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            text = f"It tells of news number {number}, at some length."
            full.publish(
                [full.split(article(name, text), full.staging.repetition()) for name in "xy"]
            )
            if number % 3 == 0:
                full.remove("cat")
            ingest(full, ARTICLES[:1])

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for number in range(4):
            back_up(full.folder, tmp_path / f"{number}.zip")
    finally:
        ended.set()
        changing.join()
    for number in range(4):
        hashing.embedded.clear()
        folder = tmp_path / f"restored {number}"
        restore(tmp_path / f"{number}.zip", folder, HashingEmbedder())
        store = open_store(folder=folder)
        assert inspect_index(store).agrees
        texts = {name: text for name, (text, _) in held(store).items()}
        assert texts.get("x") == texts.get("y")
        assert {"dog", "elk"} <= texts.keys()


@pytest.mark.parametrize("cut", [0, 10, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_refused_in_a_sentence(
    backup: Path, hashing: HashingEmbedder, tmp_path: Path, cut: float
) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: int(cut if cut >= 1 else cut * len(content))])
    with pytest.raises(BackupError, match="not a backup of an index, or is one that is cut off"):
        restore(backup, tmp_path / "new", hashing)
    assert list((tmp_path / "new").iterdir() if (tmp_path / "new").exists() else []) == []


def test_damage_inside_is_refused_and_the_old_index_stays(
    backup: Path, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 3] ^= 0xFF
    (tmp_path / "flipped.zip").write_bytes(content)
    scribbled = rewritten(backup, "catalog.sqlite", b"This was a database once. " * 500)
    for file in (tmp_path / "flipped.zip", scribbled):
        with pytest.raises(BackupError, match=r"damaged|cannot be read"):
            restore(file, tmp_path / "index", hashing, replace=True)
    store = open_store()
    assert set(held(store)) == {*NAMES, "owl"}
    assert inspect_index(store).agrees


def test_other_files_and_later_backups_are_refused(
    backup: Path, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="There is no file"):
        restore(tmp_path / "nowhere.zip", tmp_path / "new", hashing)
    manifest = json.loads(zipfile.ZipFile(backup).read("backup.json"))
    later = rewritten(backup, "backup.json", json.dumps(manifest | {"layout": 999}).encode())
    with pytest.raises(BackupError, match="later version"):
        restore(later, tmp_path / "new", hashing)
    (tmp_path / "notes.txt").write_text("Not a backup.")
    with pytest.raises(BackupError, match="is no backup, so it is not overwritten"):
        back_up(tmp_path / "index", tmp_path / "notes.txt")
    with pytest.raises(BackupError, match="There is no index"):
        back_up(tmp_path / "nowhere", backup)
    back_up(tmp_path / "index", backup)
    assert read_contents(backup).articles == 4


def test_a_backup_of_an_earlier_layout_is_brought_up_to_date(
    backup: Path, open_store: OpenStore, hashing: HashingEmbedder, tmp_path: Path
) -> None:
    old = tmp_path / "catalog.sqlite"
    old.write_bytes(zipfile.ZipFile(backup).read("catalog.sqlite"))
    write_as_layout_1(old)
    manifest = json.loads(zipfile.ZipFile(backup).read("backup.json"))
    first = rewritten(backup, "catalog.sqlite", old.read_bytes())
    shutil.move(first, first.with_name("catalog.zip"))
    older = rewritten(
        first.with_name("catalog.zip"),
        "backup.json",
        json.dumps(manifest | {"layout": 1}).encode(),
    )
    restore(older, tmp_path / "new", hashing)
    store = open_store(folder=tmp_path / "new")
    assert set(held(store)) == set(NAMES)
    assert inspect_index(store).agrees


class Cut(BaseException):
    """The process ends here."""


def test_a_restore_may_be_cut_off_at_any_step(
    backup: Path,
    open_store: OpenStore,
    hashing: HashingEmbedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(tmp_path / "index", tmp_path / "before")
    steps = 0
    cut_at = 0

    def step(method: Any) -> Any:
        def stepping(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == cut_at:
                raise Cut
            return method(*arguments, **options)

        return stepping

    def restored(name: str) -> set[str]:
        folder = tmp_path / name
        shutil.copytree(tmp_path / "before", folder)
        with monkeypatch.context() as patched:
            for method in ("rename", "unlink", "rmdir", "write_text"):
                patched.setattr(Path, method, step(getattr(Path, method)))
            patched.setattr(shutil, "rmtree", step(shutil.rmtree))
            try:
                restore(backup, folder, hashing, replace=True, beside=("followed.json",))
            except Cut:
                assert cut_at
        store = open_store(folder=folder)
        assert inspect_index(store).agrees
        found = set(held(store))
        assert (folder / "followed.json").read_text() == "[1]"
        store.close()
        with closing(sqlite3.connect(folder / "catalog.sqlite")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        shutil.rmtree(folder)
        return found

    assert restored("whole") == set(NAMES)
    total, outcomes = steps, []
    for cut_at in range(1, total + 1):
        steps = 0
        outcomes.append(restored(f"cut {cut_at}"))
    old, new = {*NAMES, "owl"}, set(NAMES)
    assert outcomes[0] == old
    assert outcomes[-1] == new
    switch = outcomes.index(new)
    assert outcomes == [old] * switch + [new] * (total - switch)
