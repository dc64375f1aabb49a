"""Backs up an index to one file, even while another process changes it, and restores it.

A backup is a ZIP file with the catalog, the exact vectors unless they were left out, other files
from the index folder, and `backup.json`, which describes the contents.
"""

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import CatalogError
from vectorstore.catalog.sqlite import SCHEMA_VERSION, SqliteDatabase
from vectorstore.engine import IndexInUse, Owner, read_owner
from vectorstore.errors import UserError
from vectorstore.exact_vectors import is_exact_file
from vectorstore.ingest import Progress, ignore_progress
from vectorstore.integrity import IndexReport, repair_index
from vectorstore.restored_files import (
    CATALOG,
    MOVING,
    OBSOLETE,
    RESTORED,
    RESTORING,
    finish_restore,
)
from vectorstore.store import EMBEDDING_MODEL, GENERATION, UNFINISHED, Store, is_of_model
from vectorstore.types import Embedder
from vectorstore.vector_index import (
    FIRST_GENERATION,
    discard,
    exact_path,
)

FORMAT = 1
MANIFEST = "backup.json"
VECTORS = exact_path(Path(), FIRST_GENERATION).name
SECONDS_TO_WAIT_FOR_A_CHANGE = 120.0
COMPRESSION = 1


class BackupError(UserError):
    """A backup cannot be made, read or restored; the message says why."""


@dataclass(frozen=True, slots=True)
class BackupContents:
    """The contents of a backup, as in `backup.json`. `layout` is the catalog's schema version."""

    format: int
    layout: int
    made: str
    articles: int
    passages: int
    embedding_model: str | None
    vectors: bool


def back_up(
    folder: Path,
    file: Path,
    *,
    with_vectors: bool = True,
    beside: Sequence[str] = (),
) -> BackupContents:
    """Write a backup of the index in `folder` to `file`, all or nothing. The index may be in
    use: changes wait only while the vectors are copied. Its files named in `beside` are included.

    Raises BackupError if there is no index, or if `file` exists and is not a backup or cannot be
    written; CatalogError if the catalog cannot be read.
    """
    if (folder / RESTORED).exists() or (folder / MOVING).exists():
        with _owning(folder):
            finish_restore(folder)
    if not (folder / CATALOG).is_file():
        raise BackupError(f"There is no index in {folder}, so there is nothing to back up.")
    if file.exists() and not _is_backup(file):
        raise BackupError(
            f"{file} exists and is no backup, so it is not overwritten. Give another name."
        )
    try:
        return _back_up(folder, file, with_vectors, beside)
    except OSError as error:
        raise BackupError(
            f"The backup {file} cannot be written: {error.strerror}. Make room, or choose another "
            "place. Nothing was changed."
        ) from error


def _back_up(folder: Path, file: Path, with_vectors: bool, beside: Sequence[str]) -> BackupContents:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as name:
        copy = Path(name)
        try:
            _copy_index(folder, copy, with_vectors)
        except sqlite3.Error as error:
            raise CatalogError(
                f"The catalog {folder / CATALOG} cannot be backed up ({error})."
            ) from error
        for each in beside:
            with suppress(FileNotFoundError):
                shutil.copyfile(folder / each, copy / each)
        contents = _contents(copy)
        (copy / MANIFEST).write_text(json.dumps(asdict(contents), indent=1), "utf-8")
        packed = copy / "packed"
        _pack([copy / each for each in (MANIFEST, CATALOG, VECTORS, *beside)], packed)
        packed.replace(file)
    return contents


def read_contents(file: Path) -> BackupContents:
    """The contents of a backup. Raises BackupError if it is not one, or from a later version."""
    try:
        with zipfile.ZipFile(file) as packed:
            contents = BackupContents(**json.loads(packed.read(MANIFEST)))
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, zlib.error, EOFError) as error:
        raise BackupError(
            f"{file} is not a backup of an index, or is one that is cut off. Take another one."
        ) from error
    if contents.format > FORMAT or contents.layout > SCHEMA_VERSION:
        raise BackupError(
            f"{file} was made by a later version of this program (layout {contents.layout}; this "
            f"one reads up to {SCHEMA_VERSION}). Update the program, then restore it."
        )
    return contents


def restore(
    file: Path,
    folder: Path,
    embedder: Embedder,
    *,
    replace: bool = False,
    beside: Sequence[str] = (),
    if_missing: Sequence[str] = (),
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> BackupContents:
    """Restore a backup into `folder`, replacing the index there if `replace` is set:
    `prepare_restore`, then `take_in_restored`. Raises what they raise."""
    contents = prepare_restore(
        file,
        folder,
        embedder,
        replace=replace,
        beside=beside,
        if_missing=if_missing,
        on_progress=on_progress,
    )
    try:
        take_in_restored(folder)
    except IndexInUse:
        discard_restored(folder)
        raise
    return contents


def prepare_restore(
    file: Path,
    folder: Path,
    embedder: Embedder,
    *,
    replace: bool = False,
    beside: Sequence[str] = (),
    if_missing: Sequence[str] = (),
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> BackupContents:
    """Build the complete index of a backup beside the one in `folder`, which may be in use.

    Whoever opens the folder next swaps it in: if interrupted at any point, the folder holds either
    the earlier index or the restored one. Vectors that the backup lacks, or that come from a model
    other than `embedder`, are computed. Of the backup's other files, those named in `beside`
    replace the folder's, and those in `if_missing` are restored only if the folder lacks them.

    Raises BackupError, OSError, and what the embedder raises.
    """
    contents = read_contents(file)
    folder.mkdir(parents=True, exist_ok=True)
    with _restoring(folder):
        with suppress(IndexInUse):  # finish an interrupted restore first
            take_in_restored(folder)
        if not replace and _has_articles(folder):
            raise BackupError(
                f"The index in {folder} has articles. To replace it with the backup, add --replace."
            )
        unfinished = folder / RESTORING
        discard(unfinished)
        unfinished.mkdir()
        try:
            wanted = [each for each in if_missing if not (folder / each).exists()]
            _unpack(file, unfinished, (CATALOG, VECTORS, *beside, *wanted))
            _check_catalog(unfinished, file)
            store = Store(unfinished, embedder, rebuild=True)
            try:
                report = repair_index(store, on_progress)
            finally:
                store.close()
            _refuse_damaged(report, file)
            for each in ("lock", "owner.json"):
                (unfinished / each).unlink(missing_ok=True)
            (unfinished / OBSOLETE).write_text("\n".join(beside), "utf-8")
            discard_restored(folder)
            unfinished.rename(folder / RESTORED)
        except BaseException:
            discard(unfinished)
            raise
    return contents


def take_in_restored(folder: Path) -> None:
    """Replace the index in `folder` with what `prepare_restore` made. Raises IndexInUse."""
    with _owning(folder):
        finish_restore(folder)


def discard_restored(folder: Path) -> None:
    """Remove what `prepare_restore` made, if it has not replaced the index yet."""
    discard(folder / RESTORED)


def check_restored(folder: Path, embedder: Embedder) -> None:
    """Raises BackupError unless a restored index that `embedder` can search waits in `folder`."""
    if not (folder / RESTORED).is_dir():
        raise BackupError("Nothing was restored. Restore a backup with `qa restore FILE`.")
    with closing(SqliteDatabase(folder / RESTORED / CATALOG)) as database:
        catalog = Catalog(database)
        name = catalog.meta(EMBEDDING_MODEL)
        if not is_of_model(catalog, embedder):
            raise BackupError(
                f"The backup was restored for the embedding model {name}, and the service searches "
                f"with {embedder.name}. Restore it with QA_EMBEDDING_MODEL={embedder.name}."
            )


@contextmanager
def _restoring(folder: Path) -> Iterator[None]:
    """Keeps others from restoring into the same folder. Raises BackupError."""
    lock = FileLock(folder / ".restore.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BackupError(f"Another backup is being restored into {folder}. Wait for it.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _owning(folder: Path) -> Iterator[None]:
    """Holds the lock of an index. Raises IndexInUse."""
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexInUse(folder, read_owner(folder) or Owner(None, None)) from None
    try:
        yield
    finally:
        lock.release()


def _copy_index(folder: Path, copy: Path, with_vectors: bool) -> None:
    """Copy a snapshot of the catalog, and the vectors of its passages.

    A vector is written before its passage becomes visible, to a row that no visible passage has:
    while nothing becomes visible, the rows of visible passages do not change.
    """
    uri = (folder / CATALOG).absolute().as_uri()
    with (
        closing(_connect(f"{uri}?mode=ro")) as reading,
        closing(_connect(f"{uri}?mode=rw")) as holding,
        closing(sqlite3.connect(copy / CATALOG)) as copied,
    ):
        holding.execute("BEGIN IMMEDIATE")
        reading.execute("BEGIN")
        names = dict(reading.execute("SELECT key, value FROM meta WHERE key = ?", (GENERATION,)))
        vectors = exact_path(folder, names.get(GENERATION, FIRST_GENERATION))
        if with_vectors and is_exact_file(vectors):
            shutil.copyfile(vectors, copy / VECTORS)
        holding.execute("ROLLBACK")
        reading.backup(copied)
        copied.execute("PRAGMA journal_mode = DELETE")
        with copied:
            copied.execute("DELETE FROM meta WHERE key IN (?, ?)", (GENERATION, UNFINISHED))


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=SECONDS_TO_WAIT_FOR_A_CHANGE
    )


def _contents(copy: Path) -> BackupContents:
    with closing(sqlite3.connect(copy / CATALOG)) as db:
        ((layout,),) = db.execute("PRAGMA user_version")
        ((articles,),) = db.execute("SELECT count(*) FROM articles")
        ((passages,),) = db.execute("SELECT count(*) FROM passages")
        models = db.execute("SELECT value FROM meta WHERE key = ?", (EMBEDDING_MODEL,)).fetchone()
    return BackupContents(
        format=FORMAT,
        layout=layout,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        articles=articles,
        passages=passages,
        embedding_model=models[0] if models else None,
        vectors=(copy / VECTORS).exists(),
    )


def _pack(paths: Sequence[Path], packed: Path) -> None:
    """Write the files that exist to a ZIP file readable only by its owner."""
    with (
        os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive,
    ):
        for path in filter(Path.exists, paths):
            archive.write(path, path.name)
        archive.close()
        file.flush()
        os.fsync(file.fileno())


def _is_backup(file: Path) -> bool:
    try:
        read_contents(file)
    except BackupError:
        return zipfile.is_zipfile(file) and MANIFEST in zipfile.ZipFile(file).namelist()
    return True


def _unpack(file: Path, folder: Path, names: Sequence[str]) -> None:
    """Extract those of the files that the backup has. Raises BackupError if one is damaged."""
    try:
        with zipfile.ZipFile(file) as packed:
            for name in set(names) & set(packed.namelist()):
                with packed.open(name) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BackupError(f"{file} is damaged ({error}). Take another backup.") from error


def _check_catalog(folder: Path, file: Path) -> None:
    """Bring the catalog up to date, and check it for damage. Raises BackupError."""
    try:
        with closing(SqliteDatabase(folder / CATALOG)) as database:
            faults = database.faults()
    except CatalogError as error:
        raise BackupError(f"The catalog in {file} cannot be read: {error.__cause__}.") from error
    if faults:
        raise BackupError(f"The catalog in {file} is damaged: {faults[0]}. Take another backup.")


def _has_articles(folder: Path) -> bool:
    if not (folder / CATALOG).exists():
        return False
    try:
        with closing(SqliteDatabase(folder / CATALOG)) as database:
            return Catalog(database).summary().articles > 0
    except CatalogError:
        return True  # unknown, so assume it has


def _refuse_damaged(report: IndexReport, file: Path) -> None:
    if not report.agrees:
        raise BackupError(f"The index in {file} is damaged: {' '.join(report.findings)}")
