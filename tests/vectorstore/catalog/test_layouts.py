"""A catalog of an earlier layout is brought up to date when it is opened, and loses nothing."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import NOTICE, article, by_paragraphs, held, unused_rows
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import CatalogError
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.sqlite import SCHEMA_VERSION, SqliteDatabase
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index
from vectorstore.retrieval import search
from vectorstore.text.paragraphs import paragraph_fingerprint
from vectorstore.types import SkippedSpan

LAYOUT_1 = Path(__file__).with_name("layout_1.sql")


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
    with closing(SqliteDatabase(path)) as database:
        catalog, incoming = Catalog(database), IncomingArticles(database)
        read = catalog.article_as_read("b")
        assert read is not None
        assert read.text.startswith("Prose of b.\n\n")
        assert read.skipped == (SkippedSpan(0, 2),)
        assert catalog.content_hash("b") == "hash of b"
        assert [each.id for each in catalog.passages_of("b")] == ["passage of b"]
        assert catalog.full_text_is_missing()
        catalog.rebuild_full_text()
        assert not catalog.full_text_is_missing()
        assert catalog.document_frequency(["prose"]) == {"prose": 3}
        repeated = incoming.repetition().repeated_in(read)
        assert [each.span.of(read.text) for each in repeated] == [notice]
        assert catalog.page(9, containing="NOTICE").total == 3
        catalog.remove("a")
        other = [by_paragraphs(article("b", "Other prose."))]
        catalog.publish(other, unused_rows(catalog, other))
        assert catalog.document_frequency(["prose"]) == {"prose": 2}
        assert catalog.summary().articles == 2
    with closing(SqliteDatabase(path)) as database:
        assert Catalog(database).page(9, containing="other").total == 1


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(LAYOUT_1.read_text("utf-8") + "PRAGMA user_version = 1;")
        old.execute("DROP TABLE meta")
        old.execute("CREATE TABLE texts (row INTEGER)")
    with pytest.raises(CatalogError, match="cannot be opened"):
        SqliteDatabase(path)
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
        assert old.execute("SELECT count(*) FROM staged").fetchone() == (0,)


def write_as_layout_1(file: Path) -> None:
    """Rewrite the catalog in the first layout."""
    now = file.rename(file.with_name("now.sqlite"))
    with closing(sqlite3.connect(file)) as old:
        old.executescript(
            LAYOUT_1.read_text("utf-8")
            + f"""
            ATTACH '{now}' AS now;
            INSERT INTO meta SELECT * FROM now.meta;
            INSERT INTO articles
                SELECT a.row, id, title, published, source, author, url, text, skipped, repeated,
                    content_hash
                FROM now.articles a JOIN now.texts t ON t.row = a.content;
            INSERT INTO passages SELECT row, id, article, start, end, text, sentences
                FROM now.passages;
            INSERT INTO paragraphs SELECT fingerprint, article, skipped FROM now.paragraphs;
            PRAGMA user_version = 1;
            """
        )


def write_as_layout(layout: int, file: Path) -> None:
    """Rewrite the catalog in an earlier layout, as the program of that time brought it there."""
    write_as_layout_1(file)
    scripts = resources.files("vectorstore.catalog")
    with closing(sqlite3.connect(file)) as old:
        for each in range(2, layout + 1):
            old.executescript(scripts.joinpath(f"layout_{each}.sql").read_text("utf-8"))
        old.execute(f"PRAGMA user_version = {layout}")


@pytest.mark.parametrize("layout", range(1, SCHEMA_VERSION))
def test_an_index_of_an_earlier_layout_goes_on_where_it_was(
    layout: int, open_store: OpenStore, hashing: HashingEmbedder
) -> None:
    store = open_store()
    articles = [
        article(name, f"It tells of {name}s alone, at some length.", NOTICE, title=name)
        for name in ("cat", "dog", "elk")
    ]
    ingest(store, articles)
    before, embedded = held(store), len(hashing.embedded)
    page = store.catalog.page(1)
    store.close()
    write_as_layout(layout, store.folder / "catalog.sqlite")

    store = open_store()
    assert held(store) == before
    assert len(hashing.embedded) == embedded
    assert inspect_index(store).agrees
    assert store.catalog.page(1) == page
    assert [each.info.id for each in store.catalog.page(9, page.next_cursor).articles] == [
        "dog",
        "elk",
    ]
    assert search(store, "dogs", 1)[0].article.id == "dog"
    assert ingest(store, articles).count("unchanged") == 3

    ingest(store, [article("dog", "It tells of wolves now, at some length.", NOTICE)])
    assert search(store, "wolves", 1)[0].article.id == "dog"
    assert all(NOTICE not in each.text for _, passages in held(store).values() for each in passages)
    store.remove("elk")
    assert {each.article.id for each in search(store, NOTICE, 5)} == {"cat", "dog"}
    assert inspect_index(store).agrees


def test_an_index_of_the_third_layout_learns_of_pages(open_store: OpenStore) -> None:
    store = open_store()
    cats = article("cat", "It tells of cats alone, at some length.")
    ingest(store, [cats])
    store.close()
    with closing(sqlite3.connect(store.folder / "catalog.sqlite")) as old:
        old.executescript(
            "ALTER TABLE articles DROP COLUMN pages; ALTER TABLE staged DROP COLUMN pages;"
            "DROP TABLE wordings; DROP TABLE article_wordings; DROP TABLE bands;"
            "DROP TABLE crowded_bands; PRAGMA user_version = 3;"
        )
    store = open_store()
    assert ingest(store, [cats]).count("unchanged") == 1
    paged = replace(cats, info=replace(cats.info, pages=(0, 12)))
    assert ingest(store, [paged]).count("replaced") == 1
    assert ingest(store, [paged]).count("unchanged") == 1
    read = store.catalog.article_as_read("cat")
    assert read == paged
    assert search(store, "cats", 1)[0].article.pages == (0, 12)


def test_a_paragraph_that_the_first_layout_lost_comes_back(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, [article(name, f"A lead of {name}, long enough.", NOTICE) for name in "abc"])
    store.close()
    file = store.folder / "catalog.sqlite"
    write_as_layout_1(file)
    with closing(sqlite3.connect(file)) as old:
        old.execute("DELETE FROM paragraphs WHERE article = 'b'")
        old.commit()
    store = open_store()
    assert {each.article.id for each in search(store, NOTICE, 5)} >= {"a", "c"}
    assert all(NOTICE in store.catalog.passages_of(name)[0].text for name in "ac")
    assert inspect_index(store).agrees
