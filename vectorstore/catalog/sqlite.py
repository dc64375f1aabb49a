"""The catalog in an SQLite file: one connection per thread, and transactions."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from vectorstore.catalog.database import CatalogError, batches_of, fold_case

SCHEMA_VERSION = 5


class SqliteDatabase:
    """Any thread may read at any time; only one transaction may be open at a time.

    A file with an earlier layout is migrated when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._connecting = threading.Lock()
        try:
            self._create()
        except CatalogError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            self.close()
            raise CatalogError(
                f"The catalog {path} cannot be opened ({error}). Restore it from a backup, or "
                "remove its folder and ingest the articles again."
            ) from error

    def close(self) -> None:
        with self._connecting:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        return self._connection.execute(statement, values).fetchall()

    def rows_for(self, statement: str, keys: Sequence[object]) -> Iterator[Any]:
        """The rows of a statement with one `IN ({keys})`, for any number of keys."""
        for marks, batch in batches_of(keys):
            yield from self.rows(statement.replace("{keys}", marks), batch)

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file, each in a few words."""
        return [row[0] for row in self.rows("PRAGMA integrity_check(3)") if row[0] != "ok"]

    def value(self, statement: str, values: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None if there are no rows."""
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit the block, or roll it back if it raises."""
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            # After some errors, such as a full disk, SQLite has already rolled back.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._local.connection = connection
            with self._connecting:
                # A server's threads come and go: close the connections of those that ended.
                for thread in [each for each in self._connections if not each.is_alive()]:
                    self._connections.pop(thread).close()
                self._connections[threading.current_thread()] = connection
            connection.create_function("fold_case", 1, fold_case, deterministic=True)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _create(self) -> None:
        version = self.value("PRAGMA user_version")
        if version == 0:
            self._run_script("schema.sql", SCHEMA_VERSION)
        elif 0 < version < SCHEMA_VERSION:
            for layout in range(version + 1, SCHEMA_VERSION + 1):
                self._run_script(f"layout_{layout}.sql", layout)
        elif version != SCHEMA_VERSION:
            raise CatalogError(
                f"The catalog {self.path} has layout {version}; this version of the program reads "
                f"layout {SCHEMA_VERSION}. Ingest the articles into a new folder (QA_DATA)."
            )

    def _run_script(self, name: str, layout: int) -> None:
        """Run the script and set the layout it results in, in one transaction."""
        script = resources.files("vectorstore.catalog").joinpath(name).read_text("utf-8")
        try:
            self._connection.executescript(
                f"BEGIN; {script} PRAGMA user_version = {layout}; COMMIT;"
            )
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
