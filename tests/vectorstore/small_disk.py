"""Fills a small disk with articles, and looks whether anything is lost.

unshare -Urm python -m tests.vectorstore.small_disk FOLDER

In a mount namespace of its own, where it may mount a disk in memory at FOLDER.
"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from qa.storage_failures import StorageFailed, told_as_sentences
from tests.vectorstore.examples import article
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.backup import BackupError, back_up, restore
from vectorstore.errors import UserError
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index, repair_index
from vectorstore.reindexing import Reindexing
from vectorstore.store import Store

MOST_BATCHES = 400


def mount(folder: Path, *options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", *options, "tmpfs", str(folder)], check=True)


def allow_only_reading(disk: Path) -> None:
    """Remount it once nothing on it is open: Chroma lets go of its files soon after closing."""
    latest = time.monotonic() + 30
    while True:
        try:
            return mount(disk, "remount,ro")
        except subprocess.CalledProcessError:
            if time.monotonic() > latest:
                raise


def fill(folder: Path) -> set[str]:
    """Add articles until the disk is full. Returns the ids of those that were added by then."""
    store = Store(folder, HashingEmbedder())
    added: set[str] = set()
    with pytest.raises(StorageFailed, match=r"The disk with the index in .* is full"):
        add_until_it_fails(store, added)
    store.close()
    return added


def add_until_it_fails(store: Store, added: set[str]) -> None:
    for number in range(MOST_BATCHES):
        text = f"Number {number}. " + f"It was a long debate of {number * 7_919} words. " * 150
        new = [article(f"{number}/{each}", f"{each}. {text}") for each in "abc"]
        with told_as_sentences(store.folder):
            ingest(store, new)
        added |= {each.id for each in new}


def main(disk: Path) -> None:
    mount(disk, "size=5m")
    folder = disk / "index"
    added = fill(folder)
    assert added, "nothing was added before the disk was full"
    with pytest.raises(BackupError, match="cannot be written: No space left on device"):
        back_up(folder, disk / "backup.zip")
    with pytest.raises((UserError, OSError), match=r"is full|No space left"):
        Store(folder, HashingEmbedder(), rebuild=True)

    mount(disk, "remount,size=64m")
    store = Store(folder, HashingEmbedder())
    assert repair_index(store).agrees
    found = set(store.catalog.article_ids())
    assert added <= found, added - found
    back_up(folder, disk / "backup.zip")
    used = sum(each.stat().st_blocks * 512 for each in disk.rglob("*") if each.is_file())
    mount(disk, f"remount,size={used + 200_000}")
    with pytest.raises(UserError, match="is full"), told_as_sentences(folder):
        Reindexing(store).run(HashingEmbedder("another", dimension=256))
    store.close()
    mount(disk, "remount,size=64m")
    store = Store(folder, HashingEmbedder())
    assert inspect_index(store).agrees
    assert set(store.catalog.article_ids()) == found
    store.close()

    allow_only_reading(disk)
    with pytest.raises(UserError, match="may not be written"), told_as_sentences(folder):
        Store(folder, HashingEmbedder())
    with pytest.raises(UserError, match="may not be written"), told_as_sentences(folder):
        restore(disk / "backup.zip", folder, HashingEmbedder(), replace=True)
    mount(disk, "remount,rw")
    store = Store(folder, HashingEmbedder())
    assert set(store.catalog.article_ids()) == found
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
