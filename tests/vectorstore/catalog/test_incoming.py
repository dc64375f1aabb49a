"""Staged articles come back as they were read, are not visible, and do not stay."""

import pytest

from tests.vectorstore.examples import NOTICE, article
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.ingest import ingest
from vectorstore.store import Store
from vectorstore.types import Article

pytestmark = pytest.mark.both_engines


def story(n: int, *more: str) -> Article:
    return article(f"story {n}", f"What only number {n} tells, at some length.", *more)


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


def test_nothing_stays_staged_after_an_ingest(store: Store) -> None:
    ingest(store, [story(n, NOTICE) for n in range(3)] + [article("only", NOTICE)])
    assert store.staging.count() == 0
    for table in ("staged", "staged_paragraphs", "pending"):
        assert store._database.value(f"SELECT count(*) FROM {table}") == 0
