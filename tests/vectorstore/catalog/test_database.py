"""Transactions are atomic, and threads that end leave no connection open."""

import sqlite3
import threading
from pathlib import Path

import pytest

from vectorstore.catalog.sqlite import SqliteDatabase


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_transaction_that_fails_changes_nothing_and_the_next_one_works(
    database: SqliteDatabase,
) -> None:
    with pytest.raises(KeyboardInterrupt), database.transaction() as db:  # noqa: PT012
        db.execute("INSERT INTO meta VALUES ('a', '1')")
        raise KeyboardInterrupt
    with database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('b', '2')")
    assert database.rows("SELECT * FROM meta") == [("b", "2")]


def test_a_transaction_that_cannot_be_committed_is_undone(database: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as db:  # noqa: PT012
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute(
            "INSERT INTO passages (id, article, start, end, text, sentences)"
            " VALUES ('p', 99, 0, 1, 'x', '[]')"
        )
    with database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('b', '2')")
    assert database.value("SELECT count(*) FROM passages") == 0
    assert database.value("SELECT count(*) FROM meta") == 1


def test_what_went_wrong_is_told_even_where_sqlite_undid_the_transaction_itself(
    database: SqliteDatabase,
) -> None:
    with pytest.raises(RuntimeError, match="the disk is full"), database.transaction() as db:  # noqa: PT012
        db.execute("ROLLBACK")
        raise RuntimeError("the disk is full")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files as Linux shows them")
def test_threads_that_have_ended_leave_no_connection_open(database: SqliteDatabase) -> None:
    def read() -> None:
        assert database.value("SELECT count(*) FROM articles") == 0

    def in_a_thread_of_its_own() -> None:
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    in_a_thread_of_its_own()
    before = open_files()
    for _ in range(20):
        in_a_thread_of_its_own()
    assert open_files() <= before + 1


def test_more_keys_than_a_statement_takes_are_asked_for_in_turns(database: SqliteDatabase) -> None:
    with database.transaction() as db:
        db.executemany("INSERT INTO meta VALUES (?, '')", [(str(n),) for n in range(2_000)])
    found = database.rows_for(
        "SELECT key FROM meta WHERE key IN ({keys})", [str(n) for n in range(3_000)]
    )
    assert len(list(found)) == 2_000
