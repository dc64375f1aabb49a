"""Copies are found in whatever order articles come, change and go."""

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import Database
from vectorstore.catalog.records import IndexedArticle
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.catalog.stories import Stories, wording_of
from vectorstore.ingest import ingest
from vectorstore.text.resemblance import are_copies, bands_of, signature_of
from vectorstore.types import Article, Span

MOST_IN_A_BAND = 3
FAMILIES, VERSIONS = 3, 6


def text_of(family: int, version: int) -> str:
    """Version 0 and 1 have the same words; later ones have fewer and fewer of them in common."""
    rng = random.Random(family)
    words = [f"w{rng.randrange(10**6)}" for _ in range(120)]
    for place in range(max(0, version - 1) * 8):
        words[(place * 7) % 120] = f"v{version}n{place}"
    return " ".join(words)


Texts = dict[str, tuple[int, int]]
"""The family and the version of each article's text, by id."""


def put(catalog: Catalog, articles: Iterable[Article]) -> None:
    catalog.publish([IndexedArticle(each, ()) for each in articles], {})


def partition(catalog: Catalog) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for article_id, story in catalog.stories(catalog.article_ids()).items():
        found.setdefault(story.cluster.id, set()).add(article_id)
        assert article_id in {each.id for each in story.articles}
        assert story.count == len(story.articles)
    return {frozenset(each) for each in found.values()}


def defined(texts: Texts) -> set[frozenset[str]]:
    """The stories by their definition, every pair compared."""
    wordings = {name: wording_of(article(name, text_of(*of))) for name, of in texts.items()}
    by_key = {each.key: each for each in wordings.values()}
    bands = {key: {*bands_of(signature_of(each.runs))} for key, each in by_key.items()}
    crowded = {
        band
        for held in bands.values()
        for band in held
        if sum(band in other for other in bands.values()) > MOST_IN_A_BAND
    }
    stories = {key: {key} for key in by_key}
    for one, other in combinations(by_key, 2):
        near = (bands[one] & bands[other]) - crowded
        if near and are_copies(by_key[one], by_key[other]):
            merged = stories[one] | stories[other]
            for key in merged:
                stories[key] = merged
    told = [
        frozenset(name for name, each in wordings.items() if each.key in keys)
        for keys in stories.values()
    ]
    return {each for each in told if len(each) > 1}


NAMES = st.sampled_from([f"article {number}" for number in range(9)])
CHANGES = st.lists(
    st.one_of(
        st.tuples(NAMES, st.integers(0, FAMILIES - 1), st.integers(0, VERSIONS - 1)),
        st.tuples(NAMES, st.none(), st.none()),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(CHANGES)
def test_stories_after_any_changes_are_those_of_a_new_catalog(
    changes: list[tuple[str, int, int] | tuple[str, None, None]],
) -> None:
    texts: Texts = {}
    with (
        TemporaryDirectory() as folder,
        closing(SqliteDatabase(Path(folder, "catalog.sqlite"))) as database,
    ):
        catalog = Catalog(database, Stories(MOST_IN_A_BAND))
        for name, family, version in changes:
            if family is None or version is None:
                catalog.remove(name)
                texts.pop(name, None)
            else:
                put(catalog, [article(name, text_of(family, version))])
                texts[name] = family, version
            assert partition(catalog) == defined(texts)
        again = Catalog(database, Stories(MOST_IN_A_BAND))
        before = contents(database)
        for name in texts:
            again.remove(name)
        assert all(not rows for rows in contents(database).values())
        put(again, [article(name, text_of(*of)) for name, of in sorted(texts.items())])
        assert contents(database) == before


def contents(database: Database) -> dict[str, list[object]]:
    tables = ("wordings", "article_wordings", "bands", "crowded_bands")
    return {table: sorted(database.rows(f"SELECT * FROM {table}")) for table in tables}


@pytest.mark.both_engines
def test_stories_follow_articles_that_come_change_and_go(database: Database) -> None:
    """As above, a few changes on each database."""
    rng = random.Random(1)
    catalog = Catalog(database, Stories(MOST_IN_A_BAND))
    texts: Texts = {}
    for _ in range(25):
        name = f"article {rng.randrange(6)}"
        if name in texts and rng.random() < 0.3:
            catalog.remove(name)
            del texts[name]
        else:
            texts[name] = rng.randrange(FAMILIES), rng.randrange(VERSIONS)
            put(catalog, [article(name, text_of(*texts[name]))])
        assert partition(catalog) == defined(texts)


@pytest.mark.both_engines
def test_a_crowded_band_is_used_again_when_it_is_not(database: Database) -> None:
    catalog = Catalog(database, Stories(MOST_IN_A_BAND))
    texts: Texts = {f"article {version}": (0, version) for version in range(1, 6)}
    put(catalog, [article(name, text_of(*of)) for name, of in texts.items()])
    assert database.value("SELECT count(*) FROM crowded_bands") > 0
    catalog.remove("article 1")
    catalog.remove("article 2")
    assert database.value("SELECT count(*) FROM crowded_bands") == 0
    assert partition(catalog) == {frozenset({"article 3", "article 4", "article 5"})}


@pytest.mark.both_engines
def test_the_earliest_article_comes_first_and_names_the_story(catalog: Catalog) -> None:
    days = {"late": date(2022, 4, 21), "undated": None, "early": date(2022, 4, 20)}
    put(catalog, [article(name, text_of(0, 0), published=day) for name, day in days.items()])
    story = catalog.stories(["late"])["late"]
    assert [each.id for each in story.articles] == ["early", "late", "undated"]
    assert story.cluster.id == "early"
    put(catalog, [article("late", text_of(0, 0), published=date(2022, 4, 1))])
    assert catalog.stories(["early"])["early"].cluster.id == "late"


@pytest.mark.both_engines
def test_what_is_skipped_makes_no_copy(catalog: Catalog) -> None:
    notice = text_of(1, 0)
    skipped = [Span(0, len(notice))]
    put(
        catalog,
        [article(n, notice, text_of(0, n == "b"), skipped=skipped) for n in "ab"]
        + [article("c", notice, text_of(2, 0), skipped=skipped)],
    )
    assert partition(catalog) == {frozenset("ab")}


@pytest.mark.both_engines
def test_paragraphs_repeated_in_many_articles_make_no_copies(open_store: OpenStore) -> None:
    store = open_store()
    notice = text_of(1, 0)
    articles = [
        article(f"{n}", " ".join(text_of(10 + n, 0).split()[:60]), notice) for n in range(3)
    ]
    ingest(store, articles[:2])
    assert partition(store.catalog) == {frozenset("01")}
    ingest(store, articles[2:])
    assert partition(store.catalog) == set()
    store.remove("2")
    assert partition(store.catalog) == {frozenset("01")}


def test_an_index_of_the_fourth_layout_learns_of_copies(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, [article(f"{n}", text_of(n // 2, 2 * (n % 2))) for n in range(4)])
    before = partition(store.catalog)
    assert before == {frozenset("01"), frozenset("23")}
    store.close()
    file = store.folder / "catalog.sqlite"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(
            "DROP TABLE wordings; DROP TABLE article_wordings; DROP TABLE bands;"
            "DROP TABLE crowded_bands; PRAGMA user_version = 4;"
        )
    store = open_store()
    assert partition(store.catalog) == before
    assert not store.catalog.stories_are_missing()


@pytest.mark.both_engines
def test_finding_stories_goes_on_where_it_was_interrupted(
    catalog: Catalog, database: Database
) -> None:
    put(catalog, [article(f"{n}", text_of(n // 2, 2 * (n % 2))) for n in range(4)])
    before = contents(database)
    with database.transaction() as db:
        for table in before:
            db.execute(f"DELETE FROM {table}")
        db.execute("INSERT INTO meta VALUES ('stories', 'missing')")
    assert catalog.find_more_stories(at_once=3)
    assert catalog.stories_are_missing()
    again = Catalog(database)
    assert again.find_more_stories(at_once=3)
    assert not again.find_more_stories(at_once=3)
    assert contents(database) == before
