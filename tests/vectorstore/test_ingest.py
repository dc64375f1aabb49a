"""Ingest can be repeated; a bad article stops no other; an interruption loses nothing."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

import vectorstore.ingest
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import NOTICE, article, held
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.ingest import IngestReport, Outcome, Progress, ingest
from vectorstore.integrity import inspect_index
from vectorstore.readers import Unreadable
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Article, Embedder, Filters, Span

ARTICLES = [article(f"a {n}", f"Something happened to committee number {n}.") for n in range(5)]


def statuses(report: IngestReport) -> dict[str, str]:
    return {outcome.id: outcome.status for outcome in report.outcomes}


@pytest.mark.both_engines
def test_the_report_says_what_became_of_each_article(store: Store) -> None:
    report = ingest(store, ARTICLES[:3])
    assert statuses(report) == {"a 0": "added", "a 1": "added", "a 2": "added"}
    assert report.passages == 3

    changed = article("a 1", "Something else happened.")
    report = ingest(store, [ARTICLES[0], changed, ARTICLES[3], Unreadable("b.txt", "It is empty.")])
    assert statuses(report) == {
        "a 0": "unchanged",
        "a 1": "replaced",
        "a 3": "added",
        "b.txt": "skipped",
    }
    assert report.skipped() == [Outcome("b.txt", "skipped", "It is empty.")]
    assert [report.count(each) for each in ("added", "replaced", "unchanged", "skipped")] == [1] * 4
    assert report.passages == 2
    assert held(store)["a 1"][0] == changed.text
    assert set(held(store)) == {"a 0", "a 1", "a 2", "a 3"}
    assert inspect_index(store).agrees


@pytest.mark.both_engines
def test_doing_it_again_changes_nothing_and_embeds_nothing(
    store: Store, hashing: HashingEmbedder
) -> None:
    ingest(store, ARTICLES)
    before, embedded = held(store), len(hashing.embedded)
    report = ingest(store, ARTICLES)
    assert report.count("unchanged") == 5
    assert report.passages == 0
    assert held(store) == before
    assert len(hashing.embedded) == embedded


@pytest.mark.parametrize(
    "changed",
    [
        article("a", "One."),
        article("a", "One. Two.", title="Another title"),
        article("a", "One. Two.", published=date(2022, 4, 20)),
        article("a", "One. Two.", source="Another source"),
        article("a", "One. Two.", skipped=[Span(0, 4)]),
    ],
    ids=["text", "title", "date", "source", "skipped"],
)
def test_whatever_changed_the_article_is_replaced(open_store: OpenStore, changed: Article) -> None:
    store = open_store()
    ingest(store, [article("a", "One. Two.")])
    assert statuses(ingest(store, [changed])) == {"a": "replaced"}
    assert store.catalog.article("a") == changed
    assert statuses(ingest(store, [changed])) == {"a": "unchanged"}
    assert inspect_index(store).agrees
    (facts,) = store.catalog.passage_facts()
    assert facts.source == changed.info.source
    assert facts.published == (20220420 if changed.info.published else None)
    if changed.info.source:
        only = Filters(sources=(changed.info.source,))
        assert [each.article.id for each in search(store, "One.", 5, only)] == ["a"]
    assert search(store, "One.", 5, Filters(sources=("Nobody",))) == []


def test_what_is_not_among_the_articles_stays(store: Store) -> None:
    ingest(store, ARTICLES[:2])
    ingest(store, ARTICLES[3:])
    assert len(held(store)) == 4
    ingest(store, [])
    assert len(held(store)) == 4


@pytest.mark.both_engines
def test_of_two_articles_with_one_id_the_later_one_counts(store: Store) -> None:
    first, second = article("a", "The first one."), article("a", "The second one.")
    assert statuses(ingest(store, [first, second])) == {"a": "added"}
    assert held(store)["a"][0] == second.text
    assert statuses(ingest(store, [first, second])) == {"a": "unchanged"}
    assert held(store)["a"][0] == second.text
    assert store.vectors.count() == 1


def test_two_unreadable_files_of_one_name_are_both_reported(store: Store) -> None:
    report = ingest(store, [Unreadable("x.txt", "It is empty."), Unreadable("x.txt", "Too long.")])
    assert [each.reason for each in report.skipped()] == ["It is empty.", "Too long."]


def test_a_file_named_like_an_article_does_not_hide_it(store: Store) -> None:
    report = ingest(store, [article("x.txt", "Prose."), Unreadable("x.txt", "It is empty.")])
    assert [each.status for each in report.outcomes] == ["added", "skipped"]


@pytest.mark.both_engines
def test_an_article_that_cannot_be_stored_does_not_stop_the_others(store: Store) -> None:
    bad = article("bad", "Half of a \ud83d pair.")
    report = ingest(store, [ARTICLES[0], bad, ARTICLES[1]])
    assert statuses(report) == {"a 0": "added", "bad": "skipped", "a 1": "added"}
    (skipped,) = report.skipped()
    assert skipped.reason is not None
    assert "surrogate" in skipped.reason
    assert set(held(store)) == {"a 0", "a 1"}


def test_an_article_of_promotion_alone_is_skipped_and_said_why(store: Store) -> None:
    text = "Sign up for our newsletter."
    report = ingest(store, [article("a", text, skipped=[Span(0, len(text))]), ARTICLES[0]])
    assert statuses(report) == {"a": "skipped", "a 0": "added"}
    assert report.skipped()[0].reason == vectorstore.ingest.NOTHING_OF_ITS_OWN
    assert set(held(store)) == {"a 0"}
    assert store.staging.count() == 0


def test_an_article_of_repeated_paragraphs_alone_is_skipped(store: Store) -> None:
    stories = [article(each.id, each.text, NOTICE) for each in ARTICLES]
    report = ingest(store, [*stories, article("only", NOTICE)])
    assert statuses(report)["only"] == "skipped"
    assert set(held(store)) == {each.id for each in ARTICLES}


def test_an_article_whose_paragraphs_became_repeated_ones_stays_but_is_not_found(
    store: Store,
) -> None:
    ingest(store, [article("only", NOTICE)])
    assert len(store.catalog.passages_of("only")) == 1
    ingest(store, [article(each.id, each.text, NOTICE) for each in ARTICLES])
    assert store.catalog.passages_of("only") == []
    assert store.catalog.article_as_read("only") == article("only", NOTICE)
    assert inspect_index(store).agrees


# Progress, and what an interruption leaves.


def with_notice(name: str) -> Article:
    return article(name, f"What only {name} tells, at some length.", NOTICE)


@pytest.mark.both_engines
def test_every_text_is_stored_once(store: Store) -> None:
    def texts() -> list[str]:
        return [row[0] for row in store._database.rows("SELECT text FROM texts ORDER BY text")]

    ingest(store, [with_notice(name) for name in "abc"])
    ingest(store, [article("b", "Other."), article("d", "Another."), article("d", "Later.")])
    store.remove("a")
    kept = [store.catalog.article(name) for name in store.catalog.article_ids()]
    assert texts() == sorted(each.text for each in kept if each)


def test_progress_only_grows_and_ends_at_the_total(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorstore.ingest, "PASSAGES_EMBEDDED_AT_ONCE", 2)
    monkeypatch.setattr(vectorstore.ingest, "ARTICLES_STAGED_AT_ONCE", 2)
    ingest(store, [article("old 1", "A lead of its own, long enough.", NOTICE), ARTICLES[0]])
    seen: list[Progress] = []
    incoming: list[Article | Unreadable] = [
        *ARTICLES,
        Unreadable("x", "It is empty."),
        article("b", "Words of another story, of b.", NOTICE),
        article("c", "Other ones, which c tells of.", NOTICE),
    ]
    report = ingest(store, incoming, seen.append)
    reading = [each for each in seen if each.stage == "reading"]
    embedding = [each for each in seen if each.stage == "embedding"]
    assert seen == reading + embedding
    assert [each.done for each in reading] == list(range(1, 9))
    assert {each.total for each in reading} == {None}
    assert all(a.done < b.done and a.passages <= b.passages for a, b in pairwise(embedding))
    # Four new ones, two with the notice, and the old one that has to be split again.
    assert {each.total for each in embedding} == {7}
    assert (embedding[-1].done, embedding[-1].passages) == (7, report.passages)
    assert len(embedding) > 2


@pytest.mark.parametrize("after", range(1, 9))
def test_an_interruption_keeps_what_is_done_and_the_rest_goes_in_the_next_time(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(vectorstore.ingest, "PASSAGES_EMBEDDED_AT_ONCE", 1)
    store = open_store()
    ingest(store, [article("a 0", "An older version.")])
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(store, ARTICLES, interrupt)
    done = seen[-1].done if seen[-1].stage == "embedding" else 0
    assert len([each for each in ARTICLES if store.catalog.article(each.id) == each]) == done
    assert inspect_index(store).agrees
    store.close()
    store = open_store()
    report = ingest(store, ARTICLES)
    assert report.count("unchanged") == done
    assert {article_id: text for article_id, (text, _) in held(store).items()} == {
        each.id: each.text for each in ARTICLES
    }
    assert inspect_index(store).agrees


@pytest.mark.both_engines
def test_a_reader_that_fails_leaves_the_index_as_it_was(store: Store) -> None:
    def failing() -> Iterator[Article]:
        yield ARTICLES[0]
        raise OSError("The disk is gone.")

    with pytest.raises(OSError, match="The disk is gone"):
        ingest(store, failing())
    assert held(store) == {}
    ingest(store, ARTICLES[1:2])
    assert set(held(store)) == {"a 1"}


def test_the_real_model_embeds_what_is_ingested(open_store: OpenStore, embedder: Embedder) -> None:
    store = open_store(embedder)
    lines = ["A line of words.\n"] * 200
    report = ingest(store, [article("long", "".join(lines), title="t " * 500), *ARTICLES])
    assert report.passages == store.vectors.count() > 10
    assert inspect_index(store).agrees
