"""Transactions are atomic, and threads that end leave no connection open."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.vectorstore.examples import article, by_paragraphs
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import CatalogError, Database
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.text.paragraphs import paragraph_fingerprint
from vectorstore.types import SkippedSpan

LAYOUT_1 = Path(__file__).with_name("layout_1.sql")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_transaction_that_fails_changes_nothing_and_the_next_one_works(
    database: Database,
) -> None:
    with pytest.raises(KeyboardInterrupt), database.transaction() as db:  # noqa: PT012
        db.execute("INSERT INTO meta VALUES ('a', '1')")
        raise KeyboardInterrupt
    with database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('b', '2')")
    assert database.rows("SELECT * FROM meta") == [("b", "2")]


def test_a_transaction_that_cannot_be_committed_is_undone(database: Database) -> None:
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
    database: Database,
) -> None:
    with pytest.raises(RuntimeError, match="the disk is full"), database.transaction() as db:  # noqa: PT012
        db.execute("ROLLBACK")
        raise RuntimeError("the disk is full")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files as Linux shows them")
def test_threads_that_have_ended_leave_no_connection_open(database: Database) -> None:
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


def test_more_keys_than_a_statement_takes_are_asked_for_in_turns(database: Database) -> None:
    with database.transaction() as db:
        db.executemany("INSERT INTO meta VALUES (?, '')", [(str(n),) for n in range(2_000)])
    found = database.rows_for(
        "SELECT key FROM meta WHERE key IN ({keys})", [str(n) for n in range(3_000)]
    )
    assert len(list(found)) == 2_000


def test_an_index_of_the_first_layout_is_brought_up_to_date_with_its_articles(
    tmp_path: Path,
) -> None:
    path = tmp_path / "catalog.sqlite"
    notice = "A notice of the house, which every article has."
    with closing(sqlite3.connect(path)) as old:
        old.executescript(LAYOUT_1.read_text("utf-8") + "PRAGMA user_version = 1;")
        for row, name in enumerate("abc", start=1):
            text = f"Prose of {name}.\n\nOnly in {name}: a paragraph of its own.\n\n{notice}"
            old.execute(
                "INSERT INTO articles VALUES (?, ?, '', 20220420, NULL, NULL, NULL, ?, '[[0, 2]]',"
                " '[]', ?)",
                (row, name, text, f"hash of {name}"),
            )
            old.execute(
                "INSERT INTO passages VALUES (?, ?, ?, 0, 11, ?, '[[0, 11]]')",
                (row, f"passage of {name}", row, text[:11]),
            )
            for each in (notice, f"Only in {name}: a paragraph of its own."):
                print_ = paragraph_fingerprint(each)
                old.execute("INSERT INTO paragraphs VALUES (?, ?, 0)", (print_, name))
        old.execute("INSERT INTO staged VALUES (1, 'd', '', NULL, NULL, NULL, NULL, 'x', '[]')")
        old.commit()
    with closing(Database(path)) as database:
        catalog, incoming = Catalog(database), IncomingArticles(database)
        read = catalog.article_as_read("b")
        assert read is not None
        assert read.text.startswith("Prose of b.\n\n")
        assert read.skipped == (SkippedSpan(0, 2),)
        assert catalog.content_hash("b") == "hash of b"
        assert [each.id for each in catalog.passages_of("b")] == ["passage of b"]
        assert [each.article_id for each in catalog.match_terms('"prose"', 9)] == ["a", "b", "c"]
        repeated = incoming.repetition().repeated_in(read)
        assert [each.span.of(read.text) for each in repeated] == [notice]
        assert catalog.page(9, containing="NOTICE").total == 3
        catalog.remove("a")
        catalog.publish([by_paragraphs(article("b", "Other prose."))])
        assert catalog.summary().articles == 2
    with closing(Database(path)) as database:
        assert Catalog(database).page(9, containing="other").total == 1


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(LAYOUT_1.read_text("utf-8") + "PRAGMA user_version = 1;")
        old.execute("DROP TABLE meta")
        old.execute("CREATE TABLE texts (row INTEGER)")
    with pytest.raises(CatalogError, match="cannot be opened"):
        Database(path)
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
        assert old.execute("SELECT count(*) FROM staged").fetchone() == (0,)
