"""Paragraphs that stand in several stories are recognised, in whatever order the articles came."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vectorstore.ingest
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import NOTICE, article
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.records import IndexedArticle
from vectorstore.catalog.repetition import count_stories, paragraphs_to_recognise
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.ingest import Progress, ingest
from vectorstore.integrity import inspect_index
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.text.paragraphs import paragraph_fingerprint
from vectorstore.types import Article, Span

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


@pytest.mark.both_engines
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


# When articles change.


def prose_of(store: Store, article_id: str) -> str:
    return " ".join(each.text for each in store.catalog.passages_of(article_id))


def with_notice(name: str) -> Article:
    return article(name, f"What only {name} tells, at some length.", NOTICE)


def test_a_paragraph_comes_back_when_an_article_that_shared_it_is_removed(store: Store) -> None:
    ingest(store, [with_notice(name) for name in "abc"])
    assert all(NOTICE not in prose_of(store, name) for name in "abc")
    store.remove("b")
    assert all(NOTICE in prose_of(store, name) for name in "ac")
    found = {each.article.id for each in search(store, NOTICE, 5)}
    assert found == {"a", "c"}
    assert inspect_index(store).agrees


@pytest.mark.both_engines
def test_a_paragraph_comes_back_when_an_article_that_shared_it_is_replaced(store: Store) -> None:
    ingest(store, [with_notice(name) for name in "abc"])
    ingest(store, [article("b", "Something else altogether, without the notice.")])
    assert all(NOTICE in prose_of(store, name) for name in "ac")
    assert inspect_index(store).agrees
    ingest(store, [with_notice("d")])
    assert all(NOTICE not in prose_of(store, name) for name in "acd")


def test_a_paragraph_stays_away_while_enough_articles_share_it(
    store: Store, hashing: HashingEmbedder
) -> None:
    ingest(store, [with_notice(name) for name in "abcd"])
    embedded = len(hashing.embedded)
    store.remove("b")
    assert all(NOTICE not in prose_of(store, name) for name in "acd")
    assert len(hashing.embedded) == embedded


@pytest.mark.both_engines
def test_a_paragraph_comes_back_though_the_process_dies_before(
    open_store: OpenStore, hashing: HashingEmbedder
) -> None:
    store = open_store()
    ingest(store, [with_notice(name) for name in "abc"])
    store.catalog.remove("b")
    store.close()
    again = open_store()
    assert all(NOTICE in prose_of(again, name) for name in "ac")


@pytest.mark.both_engines
def test_a_paragraph_is_not_lost_by_an_ingest_that_is_cut_off(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorstore.ingest, "PASSAGES_EMBEDDED_AT_ONCE", 1)

    def interrupt(progress: Progress) -> None:
        if progress.stage == "embedding":
            raise KeyboardInterrupt

    store = open_store()
    ingest(store, [with_notice("a")])
    with pytest.raises(KeyboardInterrupt):
        ingest(store, [with_notice("b"), with_notice("c")], interrupt)
    # It was made without the notice, for c's sake, which never came.
    assert NOTICE not in prose_of(store, "b")
    store.close()
    store = open_store()
    assert store.catalog.article_ids() == ["a", "b"]
    assert all(NOTICE in prose_of(store, name) for name in "ab")
    assert inspect_index(store).agrees


@pytest.mark.both_engines
def test_what_a_failed_ingest_left_does_not_count(store: Store) -> None:
    def failing() -> Iterator[Article]:
        yield from (with_notice(f"never came {n}") for n in range(500))
        raise OSError("The disk is gone.")

    ingest(store, [with_notice(name) for name in "abc"])
    with pytest.raises(OSError, match="The disk is gone"):
        ingest(store, failing())
    store.remove("b")
    assert all(NOTICE in prose_of(store, name) for name in "ac")


def test_a_replacement_that_is_refused_still_counts_as_what_it_was(store: Store) -> None:
    ingest(store, [with_notice("a"), with_notice("b")])
    refused = article("a", text := "Sign up for it.", skipped=[Span(0, len(text))])
    ingest(store, [refused, with_notice("c")])
    assert all(NOTICE not in prose_of(store, name) for name in "abc")


PARAGRAPHS = [f"Paragraph {letter} is long enough to be recognised." for letter in "abcdef"]
changes = st.lists(
    st.dictionaries(
        st.integers(0, 5), st.lists(st.sampled_from(PARAGRAPHS), max_size=4), max_size=4
    ),
    min_size=1,
    max_size=4,
)


@given(changes)
@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_any_change_exactly_the_repeated_paragraphs_are_left_out(
    store: Store, changes: list[dict[int, list[str]]]
) -> None:
    for article_id in store.catalog.article_ids():
        store.remove(article_id)
    for change in changes:
        ingest(store, [article(str(n), *texts, f"{n}.") for n, texts in change.items() if texts])
        for n in (n for n, texts in change.items() if not texts):
            store.remove(str(n))
        held = {}
        for article_id in sorted(store.catalog.article_ids()):
            read = store.catalog.article_as_read(article_id)
            assert read is not None
            held[article_id] = set(paragraphs_to_recognise(read))
        for article_id, prints in held.items():
            others = {key: [it - {key} for it in held.values() if key in it] for key in prints}
            repeated = {key for key in prints if count_stories(others[key]) >= 3}
            shown = store.catalog.article(article_id)
            assert shown is not None
            skipped = {paragraph_fingerprint(span.of(shown.text)) for span in shown.skipped}
            prose = prose_of(store, article_id)
            found = {paragraph_fingerprint(each) for each in PARAGRAPHS if each in prose}
            assert found == prints - repeated
            assert skipped == repeated


def test_the_work_for_one_more_article_does_not_grow_with_the_collection(
    database: SqliteDatabase, staging: IncomingArticles, catalog: Catalog
) -> None:
    def steps_for_one_more(name: str) -> int:
        """In hundreds of SQLite's virtual machine."""
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        staging.add([article(name, f"The last one, {name}, has this lead.", NOTICE, *WIRE)])
        with database.transaction() as db:
            db.set_progress_handler(count, 100)
        repetition = staging.repetition()
        assert repetition.articles_to_split_again() == []
        (last,) = staging.articles()
        repeated = repetition.repeated_in(last)
        catalog.publish([IndexedArticle(last, (), repeated)], {})
        assert repetition.articles_out_of_step(catalog.unsettled_paragraphs()) == []
        with database.transaction() as db:
            db.set_progress_handler(None, 0)
        assert [each.span.of(last.text) for each in repeated] == [NOTICE]
        catalog.settle_paragraphs()
        return steps

    def fill(numbers: range) -> None:
        for start in numbers[::100]:
            staging.add(
                article(f"{n:05}", f"Number {n} has a lead of its own.", NOTICE)
                if n % 2
                else article(f"paper {n:05}", f"Paper {n} has a note of its own.", NOTICE, *WIRE)
                for n in range(start, start + 100)
            )
            repetition = staging.repetition()
            for each in staging.articles():
                catalog.publish([IndexedArticle(each, (), repetition.repeated_in(each))], {})
            catalog.settle_paragraphs()

    fill(range(400))
    few = steps_for_one_more("few")
    fill(range(400, 2_000))
    assert steps_for_one_more("many") < 1.5 * few
