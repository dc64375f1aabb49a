"""Where an index is kept: in a folder, for one process, or on servers, for any number of them."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import Database, WritingLock
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.chroma import ChromaServer, VectorStore
from vectorstore.chunking import PassageSize
from vectorstore.errors import UserError
from vectorstore.kept_records import KeptRecords, RecordsFile
from vectorstore.passage_columns import PassageColumns
from vectorstore.restored_files import CATALOG, MOVING, RESTORED, finish_restore
from vectorstore.shared_columns import SharedColumns
from vectorstore.shared_vectors import SharedVectors
from vectorstore.types import Embedder
from vectorstore.vector_index import RowsOf, VectorIndex, open_vectors

if TYPE_CHECKING:
    from vectorstore.catalog.postgres import PostgresDatabase


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that has an index open, and the `url` where it serves the index, if it does."""

    pid: int | None
    url: str | None


class IndexInUse(UserError):
    """The index is open in another process."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self.folder = folder
        self.owner = owner
        whom = "another process" if owner.pid is None else f"process {owner.pid}"
        where = "" if owner.url is None else f", which serves it at {owner.url}"
        super().__init__(
            f"The index in {folder} is in use by {whom}{where}. Only one process at a time can "
            "have it open: stop that one first."
        )


class ServersUnavailable(UserError):
    """An index cannot be kept on servers here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class OpenEngine:
    """The parts of an index while it is open. The columns are read once the catalog is in order."""

    database: Database
    writing: WritingLock
    open_vectors: "OpenVectors"
    read_columns: Callable[[Catalog, Callable[[], None]], PassageColumns]
    """Calls its second argument when another process has changed something."""
    records: KeptRecords


class OpenVectors(Protocol):
    """Opens or starts a generation of the vectors. Raises VectorStoreError; with `read_all`, also
    if any vector in a folder cannot be read."""

    def __call__(
        self,
        name: str,
        embedder: Embedder,
        size: PassageSize,
        rows_of: RowsOf,
        *,
        read_all: bool = False,
    ) -> VectorIndex: ...


class Engine(Protocol):
    """Where an index is kept."""

    @property
    def folder(self) -> Path:
        """The index folder: all of an embedded index, and what is kept beside any index."""

    @property
    def place(self) -> str:
        """What follows "The index" in a sentence."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may change the index while it is open here."""

    def open(self, closing: ExitStack) -> OpenEngine:
        """Open it until `closing` is closed. Raises IndexInUse, CatalogError."""

    def serve_at(self, url: str) -> None:
        """Tell other processes where this one serves the index."""


def has_index(folder: Path) -> bool:
    """Whether there is an index, or a restored one that is not yet in place. False also if
    that cannot be determined, as for a folder inside a file."""
    try:
        return any((folder / name).exists() for name in (CATALOG, RESTORED, MOVING, "owner.json"))
    except OSError:
        return False


class FolderEngine:
    """SQLite and an embedded Chroma in a folder, open in one process at a time."""

    is_shared = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = f"in {folder}"

    def open(self, closing: ExitStack) -> OpenEngine:
        self.folder.mkdir(parents=True, exist_ok=True)
        # A thread other than the one that opened the index may close it.
        lock = FileLock(self.folder / "lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise IndexInUse(self.folder, _read_owner(self.folder)) from None
        closing.callback(lock.release)
        finish_restore(self.folder)
        self._say_owner(url=None)
        database = SqliteDatabase(self.folder / "catalog.sqlite")
        closing.callback(database.close)
        records = RecordsFile(self.folder / "answers.sqlite")
        closing.callback(records.close)
        return OpenEngine(
            database,
            RLock(),
            partial(open_vectors, self.folder),
            lambda catalog, on_change: PassageColumns(catalog.passage_facts()),
            KeptRecords(records),
        )

    def serve_at(self, url: str) -> None:
        self._say_owner(url)

    def _say_owner(self, url: str | None) -> None:
        owner = json.dumps({"pid": os.getpid(), "url": url})
        (self.folder / "owner.json").write_text(owner, "utf-8")


class ServerEngine:
    """PostgreSQL and a Chroma server, open in any number of processes."""

    is_shared = True

    def __init__(
        self, folder: Path, database_url: str, chroma_url: str, schema: str = "article_qa"
    ) -> None:
        """The folder holds no part of the index, only what this process keeps beside it. Indexes in
        the same database each have their own `schema`."""
        self.folder = folder
        self._database_url = database_url
        self._schema = schema
        self._chroma = ChromaServer(chroma_url)

    @property
    def place(self) -> str:
        from vectorstore.catalog.postgres import place_of

        return f"at {place_of(self._database_url)}"

    def open(self, closing: ExitStack) -> OpenEngine:
        database = self._open_database()
        closing.callback(database.close)
        exact = SharedVectors(database)

        def read_columns(catalog: Catalog, on_change: Callable[[], None]) -> SharedColumns:
            def hear(rows: Sequence[int]) -> None:
                exact.forget(rows)
                on_change()

            return SharedColumns(database, hear)

        def open_shared(
            name: str,
            embedder: Embedder,
            size: PassageSize,
            rows_of: RowsOf,
            *,
            read_all: bool = False,
        ) -> VectorIndex:
            vectors = VectorStore(self._chroma, name)
            return VectorIndex(name, embedder, vectors, exact, size)

        records = KeptRecords(database)
        return OpenEngine(database, database.writing, open_shared, read_columns, records)

    def serve_at(self, url: str) -> None:
        """Does nothing: every process has the index open itself."""

    def _open_database(self) -> "PostgresDatabase":
        try:
            from vectorstore.catalog.postgres import PostgresDatabase
        except ImportError as error:
            raise ServersUnavailable(
                "QA_DATABASE_URL is set, and the client of PostgreSQL is not installed: "
                "pip install 'article-qa[postgres]'."
            ) from error
        return PostgresDatabase(self._database_url, self._schema)


def read_owner(folder: Path) -> Owner | None:
    """The process that has the index in this folder open, if any."""
    if not (folder / "lock").exists():
        return None
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _read_owner(folder)
    lock.release()
    return None


def _read_owner(folder: Path) -> Owner:
    try:
        owner = json.loads((folder / "owner.json").read_text("utf-8"))
        return Owner(pid=owner["pid"], url=owner["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return Owner(pid=None, url=None)
