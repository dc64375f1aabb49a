"""Puts the files of a restored index in place of those of the index that it replaces."""

from pathlib import Path

from vectorstore.vector_index import discard_generations

CATALOG = "catalog.sqlite"
RESTORING = "restoring"
RESTORED = "restored"
MOVING = "restored-moving"
"""Folders in that of an index: a restore in progress; one that is whole; and one whose files are
being moved into place, where those of the earlier index are gone."""
OBSOLETE = "obsolete"
"""In a restored folder, the file that names, one a line, what else to remove of the old index."""


def finish_restore(folder: Path) -> None:
    """Move a restored index into place, in the folder of the index that it replaces.

    Interrupted, it is finished by the next call.

    For whoever holds the folder's lock.
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
