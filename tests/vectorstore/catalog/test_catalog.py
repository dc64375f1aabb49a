"""The catalog: atomic changes, exact filters, and pages without gaps or repeats."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vectorstore.examples import article, by_paragraphs, unused_rows
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import CatalogError, Database
from vectorstore.catalog.records import IndexedArticle, RepeatedParagraph, skipping
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.passage_columns import PassageColumns
from vectorstore.text.words import stem
from vectorstore.types import Article, ArticleInfo, Filters, Passage, SkippedSpan, Span

pytestmark = pytest.mark.both_engines


def publish(catalog: Catalog, *articles: Article) -> None:
    indexed = [by_paragraphs(each) for each in articles]
    catalog.publish(indexed, unused_rows(catalog, indexed))


def ids_with(catalog: Catalog, word: str) -> list[str]:
    """The articles that have a word, each as often as it has passages with it."""
    rows = [row for found in catalog.postings([stem(word)]).values() for row in found.rows.tolist()]
    return [info.id for _, info in catalog.passages_at(rows).values()]


def ids_allowed(catalog: Catalog, given: Filters) -> list[str]:
    """The articles that a filter lets through, each as often as it has passages."""
    columns = PassageColumns(catalog.passage_facts()).look()
    named = catalog.rows_of_articles(given.article_ids) if given.article_ids else None
    rows = np.flatnonzero(columns.allowed(given, named)).tolist()
    return [info.id for _, info in catalog.passages_at(rows).values()]


def listed(catalog: Catalog, limit: int = 50, containing: str = "") -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = catalog.page(limit, cursor, containing)
        found += [each.info.id for each in page.articles]
        if (cursor := page.next_cursor) is None:
            return found


@contextmanager
def new_catalog() -> Iterator[Catalog]:
    """One in memory, for the many that a property takes."""
    database = SqliteDatabase(Path(":memory:"))
    try:
        yield Catalog(database)
    finally:
        database.close()


def test_an_article_comes_back_as_it_was_published(catalog: Catalog) -> None:
    info = ArticleInfo(
        "a/b.txt",
        title="Ünïcode",
        published=date(999, 1, 2),
        source="A source",
        author="An author",
        url="https://x.y",
    )
    skipped = (SkippedSpan(0, 2, "metadata"), SkippedSpan(4, 6))
    whole = Article(info, "One.\r\n\r\nTwo \x00 👩‍👧.\u2028", skipped)
    publish(catalog, whole)
    assert catalog.article("a/b.txt") == whole
    assert catalog.article_as_read("a/b.txt") == whole
    assert catalog.content_hash("a/b.txt") == whole.content_hash
    assert catalog.passages_of("a/b.txt") == list(by_paragraphs(whole).passages)
    assert catalog.article_ids() == ["a/b.txt"]


def test_what_is_not_there_is_none_and_nothing(catalog: Catalog) -> None:
    assert catalog.article("nobody") is None
    assert catalog.article_as_read("nobody") is None
    assert catalog.content_hash("nobody") is None
    assert catalog.passages_of("nobody") == []
    assert catalog.passages(["nothing"]) == {}
    assert catalog.passages_at([1]) == {}
    assert catalog.postings(["nothing"]) == {}
    assert catalog.document_frequency(["nothing"]) == {}


def test_a_replaced_article_leaves_nothing_of_itself(catalog: Catalog, database: Database) -> None:
    publish(
        catalog, article("a", "An ancient paragraph.", "A lasting one."), article("b", "Other.")
    )
    publish(catalog, article("a", "A lasting one.", "A modern paragraph."))
    assert ids_with(catalog, "ancient") == []
    assert ids_with(catalog, "modern") == ["a"]
    assert [each.text for each in catalog.passages_of("a")] == [
        "A lasting one.",
        "A modern paragraph.",
    ]
    assert catalog.document_frequency(["ancient", "modern"]) == {"modern": 1}
    assert database.value("SELECT count(*) FROM passages") == 3
    assert catalog.faults() == []


def test_a_removed_article_leaves_nothing_of_itself(catalog: Catalog, database: Database) -> None:
    publish(catalog, article("a", "An ancient paragraph."))
    catalog.remove("a")
    tables = ("articles", "passages", "paragraphs", "staged", "staged_paragraphs", "pending")
    assert {table: database.value(f"SELECT count(*) FROM {table}") for table in tables} == (
        dict.fromkeys(tables, 0)
    )
    assert catalog.document_frequency(["ancient"]) == {}
    assert catalog.faults() == []


def test_articles_appear_together_or_not_at_all(catalog: Catalog) -> None:
    publish(catalog, article("a", "Old."))
    good, bad = by_paragraphs(article("a", "New.")), by_paragraphs(article("b", "New."))
    twice = replace(bad, passages=bad.passages * 2)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        catalog.publish([good, twice], unused_rows(catalog, [good, twice]))
    assert catalog.article_ids() == ["a"]
    assert ids_with(catalog, "old") == ["a"]
    assert ids_with(catalog, "new") == []
    publish(catalog, article("b", "Newer."))
    assert catalog.article_ids() == ["a", "b"]


def test_repeated_paragraphs_are_skipped_in_the_article_but_not_as_it_was_read(
    catalog: Catalog,
) -> None:
    whole = article("a", "Prose.", "A notice.", skipped=[Span(0, 2)])
    repeated = RepeatedParagraph("print", Span(8, 17))
    catalog.publish([IndexedArticle(whole, (), (repeated,))], {})
    assert catalog.article_as_read("a") == whole
    skipped = (SkippedSpan(0, 2, "promotional"), SkippedSpan(8, 17, "repeated"))
    assert catalog.article("a") == replace(whole, skipped=skipped)


spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: Span(*sorted(ends)))


@given(st.lists(spans), st.lists(spans))
def test_ranges_to_skip_are_merged_in_order(read: list[Span], repeated: list[Span]) -> None:
    def places(ranges: Iterable[Span | SkippedSpan]) -> set[int]:
        return {place for span in ranges for place in range(span.start, span.end)}

    before = tuple(SkippedSpan(*span, "promotional") for span in read)
    after = skipping(Article(ArticleInfo("a"), "x" * 30, before), repeated).skipped
    assert places(after) == places(read) | places(repeated)
    assert places(each for each in after if each.reason == "promotional") <= places(read)
    assert places(each for each in after if each.reason == "repeated") <= places(repeated)
    assert all(a.end + (a.reason == b.reason) <= b.start for a, b in pairwise(after))


# Which articles a filter lets through.

days = st.dates(date(2022, 4, 1), date(2022, 4, 9))
sources = st.sampled_from(["The Post", "the post", 'O\'Neill "Daily"', "Ä", "A\u0308", "👩‍👧"])
filters = st.builds(
    Filters,
    published_from=st.none() | days,
    published_to=st.none() | days,
    sources=st.lists(sources, max_size=2).map(tuple),
    article_ids=st.lists(st.integers(0, 9).map(str), max_size=4).map(tuple),
)


def lets_through(given: Filters, info: ArticleInfo) -> bool:
    if (given.published_from or given.published_to) and info.published is None:
        return False
    return (
        (not given.published_from or info.published >= given.published_from)  # type: ignore[operator]
        and (not given.published_to or info.published <= given.published_to)  # type: ignore[operator]
        and (not given.sources or info.source in given.sources)
        and (not given.article_ids or info.id in given.article_ids)
    )


@given(st.lists(st.tuples(st.none() | days, st.none() | sources), max_size=10), filters)
@settings(deadline=None)
def test_a_filter_lets_through_exactly_the_articles_it_names(
    known: list[tuple[date | None, str | None]], given: Filters
) -> None:
    articles = [
        article(str(n), "A word.", "Another word.", published=published, source=source)
        for n, (published, source) in enumerate(known)
    ]
    with new_catalog() as catalog:
        publish(catalog, *articles)
        wanted = {each.id for each in articles if lets_through(given, each.info)}
        allowed = ids_allowed(catalog, given)
        assert set(allowed) == wanted
        assert len(allowed) == 2 * len(wanted)


@pytest.mark.parametrize("strange", ["Post\x00", "Post\x00a", "\ud800", "Post ", ""])
def test_a_filter_that_names_what_cannot_be_lets_nothing_through(
    catalog: Catalog, strange: str
) -> None:
    publish(catalog, article("Post", "Word.", source="Post"))
    assert ids_allowed(catalog, Filters(sources=(strange,))) == []
    assert ids_allowed(catalog, Filters(article_ids=(strange,))) == []


@pytest.mark.embedded_only
def test_filters_may_name_more_than_sqlite_takes_values(catalog: Catalog) -> None:
    publish(catalog, *(article(f"article {n}", f"Word {n}.") for n in range(1_500)))
    named = tuple(f"article {n}" for n in range(40_000))
    assert len(ids_allowed(catalog, Filters(article_ids=named))) == 1_500
    assert len(catalog.passages(list(catalog.rows_by_passage()))) == 1_500


# Pages.


def test_articles_are_listed_newest_first_and_undated_last(catalog: Catalog) -> None:
    publish(
        catalog,
        article("undated", "x"),
        article("old", "x", published=date(2020, 1, 1)),
        article("new", "x", "y", published=date(2022, 1, 1)),
        article("also new", "x", published=date(2022, 1, 1)),
    )
    page = catalog.page(3)
    assert [(each.info.id, each.passages) for each in page.articles] == [
        ("new", 2),
        ("also new", 1),
        ("old", 1),
    ]
    assert page.total == 4
    assert page.next_cursor is not None
    rest = catalog.page(3, page.next_cursor)
    assert [each.info.id for each in rest.articles] == ["undated"]
    assert rest.next_cursor is None


changes = st.tuples(
    st.sampled_from(["add", "remove", "replace"]), st.integers(0, 30), st.none() | days
)


@given(
    st.lists(st.none() | days, min_size=1, max_size=12),
    st.integers(1, 4),
    st.lists(st.lists(changes, max_size=3), max_size=12),
)
@example([None, None, None], 1, [[("replace", 0, None)]])
@example([None, None, None], 1, [[("remove", 2, None), ("add", 0, None)]])
@settings(deadline=None)
def test_paging_shows_every_article_that_stays_once_whatever_else_changes_meanwhile(
    known: list[date | None], limit: int, meanwhile: list[list[tuple[str, int, date | None]]]
) -> None:
    with new_catalog() as catalog:
        publish(catalog, *(article(str(n), "x", published=day) for n, day in enumerate(known)))
        gone: set[str] = set()
        seen: list[str] = []
        cursor, rounds = None, iter(meanwhile)
        while True:
            page = catalog.page(limit, cursor)
            assert len(page.articles) <= limit
            seen += [each.info.id for each in page.articles]
            if (cursor := page.next_cursor) is None:
                break
            for change, n, day in next(rounds, []):
                stays = n < len(known) and str(n) not in gone
                if change == "add":
                    publish(catalog, article(f"new {n}", "x", published=day))
                elif change == "remove" and stays:
                    gone.add(str(n))
                    catalog.remove(str(n))
                elif change == "replace" and stays:
                    publish(catalog, article(str(n), f"changed {day}", published=known[n]))
        stayed = [str(n) for n in range(len(known)) if str(n) not in gone]
        assert sorted(each for each in seen if each in stayed) == sorted(stayed)


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.2.3", ".", "1.", "٣.x", f"{10**30}.0", f"0.{10**30}", ""]
)
def test_what_is_no_cursor_is_a_value_error(catalog: Catalog, cursor: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # int's own words are as good as any
        catalog.page(5, cursor)


@pytest.mark.parametrize(
    ("written", "looked_for"),
    [
        ("The Élysée", "ÉLYSÉE"),
        ("A STRASSE", "straße"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Cafe\u0301", "CAF\u00c9"),
        ("plain ASCII", "Plain ascii"),
    ],
)
def test_case_makes_no_difference_in_any_script(
    catalog: Catalog, written: str, looked_for: str
) -> None:
    publish(catalog, article("a", f"It is {written}."), article("b", "Something else."))
    assert listed(catalog, containing=looked_for) == ["a"]


@pytest.mark.parametrize("containing", ["50%", "_", "\\", "%", "a_b", "100 % sure", "'", '"'])
def test_what_is_looked_for_is_taken_literally(catalog: Catalog, containing: str) -> None:
    publish(
        catalog,
        article("in the text", f"It is {containing} here."),
        article("in the title", "x", title=f"{containing}!"),
        article("in the source", "x", source=f"The {containing}"),
        article("without", "It is 50 or a-b here: 100 / sure, so."),
    )
    assert sorted(listed(catalog, 2, containing)) == [
        "in the source",
        "in the text",
        "in the title",
    ]
    assert catalog.page(1, None, containing).total == 3


def test_what_is_looked_for_may_stand_after_a_nul(catalog: Catalog) -> None:
    publish(catalog, article("a", "Before \x00 and after."), article("b", "Nothing."))
    assert listed(catalog, containing="after") == ["a"]
    assert listed(catalog, containing="\x00 and") == ["a"]


def test_the_summary_counts_what_is_there(catalog: Catalog) -> None:
    assert catalog.summary().articles == 0
    publish(
        catalog,
        article("a", "x", "y", published=date(2021, 5, 1), source="Post"),
        article("b", "x", published=date(2020, 5, 1), source="Post"),
        article("c", "x", source="Daily"),
    )
    summary = catalog.summary()
    assert (summary.articles, summary.passages) == (3, 4)
    assert (summary.published_from, summary.published_to) == (date(2020, 5, 1), date(2021, 5, 1))
    assert summary.sources == (("Post", 2), ("Daily", 1))


# Whether it is sound.


def test_a_full_text_index_out_of_step_is_found_and_rebuilt(
    catalog: Catalog, database: Database
) -> None:
    publish(catalog, article("a", "An ancient paragraph."))
    with database.transaction() as db:
        db.execute("DELETE FROM passages")
    assert catalog.faults() == ["The full-text index does not match the passages."]
    catalog.rebuild_full_text()
    assert catalog.faults() == []


def test_full_text_keeps_in_step_with_nasty_text(catalog: Catalog) -> None:
    publish(catalog, article("a", "NUL \x00 inside e\u0301 שלום", "中文沒有空格", "\U0010ffff ﬁ"))
    publish(catalog, article("a", "\x00", "now \x00 this"))
    assert ids_with(catalog, "this") == ["a"]
    assert catalog.faults() == []


def test_terms_match_whatever_their_case_ending_and_accents(catalog: Catalog) -> None:
    publish(catalog, article("a", "Lobbyists met in the café of Zürich."))
    for word in ("lobbyist", "LOBBYISTS", "meet", "cafe", "CAFE\u0301", "zurich"):
        assert ids_with(catalog, word) == (["a"] if word != "meet" else [])


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"This is no database, whatever it is called." * 99)
    with pytest.raises(CatalogError, match=r"catalog\.sqlite cannot be opened"):
        SqliteDatabase(tmp_path / "catalog.sqlite")


def test_a_catalog_of_another_layout_is_refused(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "catalog.sqlite")
    with database.transaction() as db:
        db.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(CatalogError, match="layout 99; this version of the program reads layout"):
        SqliteDatabase(tmp_path / "catalog.sqlite")


def test_passages_know_their_article(catalog: Catalog) -> None:
    whole = article("a", "One.", "Two.", title="T", published=date(2022, 4, 20))
    publish(catalog, whole)
    first: Passage = by_paragraphs(whole).passages[0]
    assert catalog.passages([first.id, "absent"]) == {first.id: (first, whole.info)}
