"""Replaces the files of an index with those of a restored one."""

from pathlib import Path

from vectorstore.vector_index import discard_generations

CATALOG = "catalog.sqlite"
RESTORING = "restoring"
RESTORED = "restored"
MOVING = "restored-moving"
"""Folders inside an index folder: a restore in progress; a complete one; and one whose files are
being moved into place, those of the earlier index already gone."""
OBSOLETE = "obsolete"
"""In a restored folder, the file that lists, one per line, what else to remove of the old index."""


def finish_restore(folder: Path) -> None:
    """Move a restored index into the folder of the index that it replaces.

    If interrupted, the next call finishes it.

    The caller must hold the folder's lock.
    """
    restored, moving = folder / RESTORED, folder / MOVING
    _move_into_place(moving, folder)
    if restored.is_dir():
        obsolete = (restored / OBSOLETE).read_text("utf-8").split("\n")
        for name in (CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm", *filter(None, obsolete)):
            (folder / name).unlink(missing_ok=True)
        discard_generations(folder, keep=())
        restored.rename(moving)
        _move_into_place(moving, folder)


def _move_into_place(moving: Path, folder: Path) -> None:
    if moving.is_dir():
        (moving / OBSOLETE).unlink(missing_ok=True)
        for each in moving.iterdir():
            each.rename(folder / each.name)
        moving.rmdir()
