"""Texts kept beside an index for a limited time, by id."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from vectorstore.errors import UserError

TABLE = """
CREATE TABLE IF NOT EXISTS kept_records (
    id TEXT PRIMARY KEY,
    kept_until BIGINT NOT NULL,
    record TEXT NOT NULL
)"""
BY_AGE = "CREATE INDEX IF NOT EXISTS kept_records_by_age ON kept_records (kept_until)"
SECONDS_BETWEEN_SWEEPS = 600.0
SECONDS_TO_WAIT = 5


class RecordsFailed(UserError):
    """Kept records cannot be read or written; the message says why and what to do."""


class RecordRows(Protocol):
    """A database with the table `kept_records`, where every statement commits at once."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]: ...


class KeptRecords:
    """Any thread may read and write. Times are seconds since 1970."""

    def __init__(self, database: RecordRows) -> None:
        self._database = database
        self._swept = -float("inf")

    def keep(self, record_id: str, record: str, kept_until: int) -> None:
        """Keep a record, or replace the one with this id. Raises RecordsFailed, CatalogError."""
        self._database.rows(
            "INSERT INTO kept_records (id, kept_until, record) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET kept_until = excluded.kept_until,"
            " record = excluded.record RETURNING id",
            (record_id, kept_until, record),
        )
        now = time.monotonic()
        if now - self._swept > SECONDS_BETWEEN_SWEEPS:
            self._swept = now
            self.forget(int(time.time()))

    def read(self, record_id: str, now: int) -> str | None:
        """The record; None if there is none, or it has expired."""
        found = self._database.rows(
            "SELECT record FROM kept_records WHERE id = ? AND kept_until > ?", (record_id, now)
        )
        return str(found[0][0]) if found else None

    def forget(self, until: int) -> int:
        """Remove the records that expire by then. Returns how many."""
        removed = self._database.rows(
            "DELETE FROM kept_records WHERE kept_until <= ? RETURNING id", (until,)
        )
        return len(removed)


class RecordsFile:
    """`RecordRows` in an SQLite file, created with the first record."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            if not (statement.startswith("INSERT") or self._connection or self._path.exists()):
                return []
            try:
                return self._open().execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise RecordsFailed(
                    f"The answers kept in {self._path} cannot be used ({error}). Free some space "
                    "if the disk is full; if the file is damaged, remove it: only kept answers are "
                    "lost."
                ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=SECONDS_TO_WAIT
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute(TABLE)
                connection.execute(BY_AGE)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection
