"""Paragraphs shared by several articles are recognised, whatever order they arrive in."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import permutations

import pytest

from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import NOTICE, article
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.ingest import ingest
from vectorstore.store import Store
from vectorstore.types import Article

LEADS = [
    "The senate passed the crypto bill late on Tuesday, after a debate of eleven hours.",
    "A whale was seen in the harbour on Monday; nobody had expected it so far north.",
    "The central bank kept its rate at four percent and said that it would stay there.",
    "Two exchanges merged in spring, and the regulator asked both for their books.",
]
WIRE = (
    "The exchange joined the association in August, its chief lobbyist told reporters.",
    "It had left another group a month before, over a quarrel about stablecoins.",
    "Neither of the two groups would comment on what that had cost them so far.",
)


def story(n: int, *more: str) -> Article:
    return article(f"story {n}", LEADS[n], *more)


def texts_found(store: Store) -> dict[str, list[str]]:
    """What is found of each article: the texts of its passages."""
    return {
        article_id: [each.text for each in store.catalog.passages_of(article_id)]
        for article_id in store.catalog.article_ids()
    }


def test_what_is_staged_comes_back_as_it_was_read_and_in_order(staging: IncomingArticles) -> None:
    articles = [story(2), story(0, "\x00 👩‍👧"), story(1)]
    staging.add(articles)
    assert staging.count() == 3
    assert list(staging.articles()) == articles
    staging.add([replaced := article("story 0", "Another text.")])
    assert list(staging.articles()) == [story(2), story(1), replaced]
    staging.clear()
    assert staging.count() == 0
    assert list(staging.articles()) == []


def test_staged_articles_are_not_visible(staging: IncomingArticles, catalog: Catalog) -> None:
    staging.add([story(0)])
    assert catalog.article_ids() == []
    assert catalog.article("story 0") is None


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("notice", [NOTICE, f"{NOTICE} {NOTICE} {NOTICE}"], ids=["short", "long"])
def test_a_paragraph_in_three_stories_is_news_in_none_of_them(
    store: Store, where: str, notice: str
) -> None:
    def with_notice(n: int) -> Article:
        paragraphs = (notice, LEADS[n]) if where == "first" else (LEADS[n], notice)
        return article(f"story {n}", *paragraphs)

    ingest(store, [with_notice(n) for n in range(3)])
    assert texts_found(store) == {f"story {n}": [LEADS[n]] for n in range(3)}
    for n in range(3):
        read = store.catalog.article(f"story {n}")
        assert read is not None
        assert [span.of(read.text) for span in read.skipped] == [notice]


def test_two_long_notices_are_recognised_beside_each_other(store: Store) -> None:
    notices = (NOTICE * 3, NOTICE.upper()[:60] * 4)
    more = [f"{lead} That was all that was known on the day, said a clerk." for lead in LEADS]
    ingest(store, [story(n, more[n][::-1], more[n], *notices) for n in range(4)])
    for texts in texts_found(store).values():
        assert NOTICE not in "".join(texts)


def test_it_is_also_left_out_of_articles_that_came_earlier(store: Store) -> None:
    for n in range(3):
        ingest(store, [story(n, NOTICE)])
        found = texts_found(store)
        assert all((NOTICE in "".join(texts)) == (n < 2) for texts in found.values())
    assert texts_found(store) == {f"story {n}": [LEADS[n]] for n in range(3)}
    assert store.vectors.count() == 3
    ingest(store, [story(3, NOTICE)])
    assert texts_found(store) == {f"story {n}": [LEADS[n]] for n in range(4)}


def test_an_article_that_keeps_everything_keeps_what_is_repeated(store: Store) -> None:
    kept = replace(story(3, NOTICE), keep_all=True)
    ingest(store, [*(story(n, NOTICE) for n in range(3)), kept])
    found = texts_found(store)
    assert found.pop(kept.id) == [kept.text]
    assert all(NOTICE not in "".join(texts) for texts in found.values())
    assert store.catalog.article(kept.id) == kept


@pytest.mark.parametrize("first", [True, False])
def test_ingested_without_or_with_keeping_everything_an_article_is_replaced(
    store: Store, first: bool
) -> None:
    ingest(store, [story(n, NOTICE) for n in range(3)])
    last = story(3, NOTICE)
    for keep_all in (first, not first):
        article = replace(last, keep_all=keep_all)
        assert ingest(store, [article]).outcomes[0].status != "unchanged"
        assert ingest(store, [article]).outcomes[0].status == "unchanged"
        assert (NOTICE in "".join(texts_found(store)[last.id])) == keep_all


def test_what_comes_later_takes_nothing_from_an_article_that_keeps_everything(
    store: Store,
) -> None:
    kept = [replace(story(n, NOTICE), keep_all=True) for n in range(3)]
    ingest(store, kept)
    ingest(store, [story(3, NOTICE)])
    assert texts_found(store) == {
        **{each.id: [each.text] for each in kept},
        "story 3": [f"{LEADS[3]}\n\n{NOTICE}"],
    }


def test_two_stories_may_share_a_paragraph(store: Store) -> None:
    ingest(store, [story(0, NOTICE), story(1, NOTICE)])
    assert all(NOTICE in "".join(texts) for texts in texts_found(store).values())


def test_case_spacing_and_quotes_do_not_hide_a_repetition(store: Store) -> None:
    said = '"{}," it says, and always will, under every article of ours.'
    variants = [
        said.format("Printed here"),
        said.format("printed  HERE").replace('"', "”"),
        said.format("Printed\u00a0here"),
    ]
    ingest(store, [story(n, variant) for n, variant in enumerate(variants)])
    assert all("printed" not in "".join(found).lower() for found in texts_found(store).values())


@pytest.mark.parametrize("copies", [3, 5])
def test_copies_of_one_wire_story_do_not_skip_each_other(store: Store, copies: int) -> None:
    ingest(store, [article(f"paper {n}", *WIRE, source=f"Paper {n}") for n in range(copies)])
    for texts in texts_found(store).values():
        assert all(paragraph in " ".join(texts) for paragraph in WIRE)


def test_nor_do_copies_under_notices_of_their_own(store: Store) -> None:
    own = [lead.replace("The", "Our readers know that the") for lead in LEADS]
    ingest(store, [article(f"paper {n}", *WIRE, own[n] + own[n]) for n in range(4)])
    for texts in texts_found(store).values():
        assert all(paragraph in " ".join(texts) for paragraph in WIRE)


def test_nor_do_copies_of_a_story_of_one_paragraph(store: Store) -> None:
    ingest(store, [article(f"paper {n}", WIRE[0]) for n in range(4)])
    assert all(texts == [WIRE[0]] for texts in texts_found(store).values())


def test_the_order_in_which_articles_come_makes_no_difference(open_store: OpenStore) -> None:
    articles = [
        *(story(n, NOTICE) for n in range(3)),
        *(article(f"paper {n}", *WIRE[n:], NOTICE if n else WIRE[0]) for n in range(2)),
    ]
    found = []
    for order in list(permutations(articles))[::17]:
        store = open_store()
        for each in order:
            ingest(store, [each])
        found.append(dict(sorted(texts_found(store).items())))
        for each in articles:
            store.remove(each.id)
        store.close()
    together = open_store()
    ingest(together, articles)
    assert all(each == dict(sorted(texts_found(together).items())) for each in found)


def test_a_changed_article_no_longer_counts_as_it_was(store: Store) -> None:
    ingest(store, [story(0, NOTICE), story(1, NOTICE)])
    ingest(store, [story(1)])
    ingest(store, [story(2, NOTICE)])
    assert all(
        (NOTICE in "".join(texts)) == (article_id != "story 1")
        for article_id, texts in texts_found(store).items()
    )


def test_a_removed_article_no_longer_counts(store: Store) -> None:
    ingest(store, [story(0, NOTICE), story(1, NOTICE)])
    store.remove("story 1")
    ingest(store, [story(2, NOTICE)])
    assert all(NOTICE in "".join(texts) for texts in texts_found(store).values())


def test_nothing_stays_staged_after_an_ingest(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, [story(n, NOTICE) for n in range(3)] + [article("only", NOTICE)])
    assert store.staging.count() == 0
    with closing(sqlite3.connect(store.folder / "catalog.sqlite")) as database:
        for table in ("staged", "staged_paragraphs", "pending"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
