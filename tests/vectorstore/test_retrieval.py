"""From a question to passages: exact filters, no duplicates, no errors."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vectorstore import nasty
from tests.vectorstore.catalog.test_catalog import days, lets_through
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore import retrieval
from vectorstore.ingest import ingest
from vectorstore.retrieval import (
    MOST_OF_ONE_ARTICLE,
    fuse_scores,
    highest_scores,
    query_terms,
    search,
    select_passages,
)
from vectorstore.store import Store
from vectorstore.types import ArticleInfo, Embedder, Filters, Passage, ScoredPassage

SOURCES = ("The Post", "the post", 'Daily "O\'Neill"')
TOPICS = ("senate bill", "whale harbour", "bank rate", "exchange merger", "court ruling")
FILLER = "The matter was debated for a long time and nobody could say how it would end. " * 6


def collection() -> list[tuple[ArticleInfo, str]]:
    """Twelve articles of several passages each, with and without dates and sources."""
    found = []
    for n in range(12):
        topic = TOPICS[n % len(TOPICS)]
        text = "\n\n".join(f"Part {part} of {n} on the {topic}. {FILLER}" for part in range(4))
        published = None if n % 4 == 0 else date(2022, 4, n % 9 + 1)
        found.append(
            (
                ArticleInfo(
                    str(n), title=topic, published=published, source=(*SOURCES, None)[n % 4]
                ),
                text,
            )
        )
    return found


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("retrieval") / "index", HashingEmbedder())
    ingest(
        store,
        [
            article(info.id, text, title=info.title, published=info.published, source=info.source)
            for info, text in collection()
        ],
    )
    yield store
    store.close()


questions = st.one_of(
    nasty.texts,
    st.lists(
        st.sampled_from(
            [
                *" ".join(TOPICS).split(),
                "the",
                "of",
                "AND",
                "OR",
                "NOT",
                "NEAR(",
                ")",
                '"',
                "*",
                "^",
            ]
        ),
        max_size=8,
    ).map(" ".join),
)
filters = st.builds(
    Filters,
    published_from=st.none() | days,
    published_to=st.none() | days,
    sources=st.lists(st.sampled_from([*SOURCES, "Nobody", "\x00"]), max_size=2).map(tuple),
    article_ids=st.lists(st.integers(0, 13).map(str), max_size=4).map(tuple),
)


def check_found(found: list[ScoredPassage], k: int) -> None:
    assert len(found) <= k
    assert all(0 <= each.score <= 1 for each in found)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert len({each.passage.id for each in found}) == len(found)
    for a, b in combinations([each.passage for each in found], 2):
        shared = min(a.end, b.end) - max(a.start, b.start)
        assert a.article_id != b.article_id or shared < 0.9 * min(len(a.text), len(b.text))


@given(question=questions, k=st.integers(1, 20), allowed=filters)
@example('"', 5, Filters())
@example("NEAR(a b)", 5, Filters())
@example("\x00", 5, Filters())
@example("* AND -", 5, Filters())
@example("the of and", 5, Filters())
@example("_ __ ___", 5, Filters())
@example("", 5, Filters())
@example("senate bill", 20, Filters(published_from=date(2022, 4, 9), published_to=date(2022, 4, 1)))
@settings(deadline=None)
def test_whatever_is_asked_only_what_the_filters_let_through_is_found(
    full: Store, question: str, k: int, allowed: Filters
) -> None:
    found = search(full, question, k, allowed)
    check_found(found, k)
    texts = {info.id: (info, text) for info, text in collection()}
    for each in found:
        info, text = texts[each.article.id]
        assert each.article == info
        assert lets_through(allowed, info)
        assert each.passage.text == text[each.passage.start : each.passage.end]
    wanted = sum(lets_through(allowed, info) for info, _ in texts.values())
    assert bool(found) == bool(wanted)
    of_one = Counter(each.article.id for each in found)
    # More than a few of an article only where there is nothing else to show.
    assert max(of_one.values(), default=0) <= MOST_OF_ONE_ARTICLE or len(of_one) == wanted
    assert [each.passage.id for each in search(full, question, k, allowed)] == [
        each.passage.id for each in found
    ]


def test_an_empty_index_finds_nothing(store: Store) -> None:
    assert search(store, "When did it happen?", 5) == []
    assert search(store, "When did it happen?", 5, Filters(sources=("x",))) == []


def test_where_there_is_less_than_is_asked_for_all_of_it_is_found(store: Store) -> None:
    ingest(store, [article("a", "The senate passed the bill."), article("b", "A whale was seen.")])
    found = search(store, "What did the senate pass?", 20)
    assert [each.article.id for each in found] == ["a", "b"]


def test_a_hundred_are_found_where_a_hundred_are_asked_for(many: Store) -> None:
    assert len(search(many, "Which bank rate?", 100)) == 100


@pytest.mark.parametrize("k", [1, 5, 20])
def test_the_same_is_found_however_many_are_looked_up_first(
    many: Store, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[ScoredPassage]:
        return search(many, "Which report told of the bank rate?", k)

    few_first = found()
    monkeypatch.setattr(retrieval, "READ_FIRST", 1_000)
    assert found() == few_first


def test_a_rare_word_finds_its_passage_among_many(full: Store) -> None:
    ingest(full, [article("needle", "Quixotic proposals were tabled.", published=date(2022, 5, 1))])
    try:
        assert search(full, "Which quixotic proposals?", 3)[0].article.id == "needle"
        only = Filters(published_from=date(2022, 5, 1))
        assert [each.article.id for each in search(full, "bank rate", 5, only)] == ["needle"]
    finally:
        full.remove("needle")


def test_a_removed_article_is_not_found(store: Store) -> None:
    ingest(store, [article("a", "The senate passed the bill."), article("b", "The senate met.")])
    store.remove("a")
    assert [each.article.id for each in search(store, "the senate bill", 5)] == ["b"]


def test_by_the_real_model_other_words_for_it_are_found_too(
    open_store: OpenStore, embedder: Embedder
) -> None:
    store = open_store(embedder)
    ingest(
        store,
        [
            article("car", "The automobile collided with a lorry on the motorway."),
            article("cat", "The kitten slept on the windowsill all afternoon."),
            article("tax", "Parliament raised the levy on imported wine."),
        ],
    )
    for question, wanted in (
        ("Was there a crash between a car and a truck?", "car"),
        ("What did the young feline do?", "cat"),
        ("Did lawmakers increase taxes?", "tax"),
    ):
        assert search(store, question, 3)[0].article.id == wanted


# The pure parts.


@pytest.mark.parametrize("question", ["", "?", '"', "\x00", "... --- *", "👩‍👧", "\ud800"])
def test_a_question_without_words_has_no_terms(question: str) -> None:
    assert query_terms(question) == []


def test_words_that_tell_nothing_are_left_out_unless_there_are_no_others() -> None:
    assert query_terms("When did the senate vote?") == ["senat", "vote"]
    assert query_terms("the who") == ["the", "who"]


@pytest.fixture
def many(open_store: OpenStore) -> Store:
    """Two hundred passages of as many articles, on two days, from ten sources."""
    store = open_store()
    ingest(
        store,
        [
            article(
                str(n),
                f"Report {n} on the {TOPICS[n % 5]} of harbour {n % 7}.",
                published=date(2022, 4, 1 + n % 2),
                source=f"Source {n % 10}",
            )
            for n in range(200)
        ],
    )
    return store


@pytest.mark.parametrize(
    "allowed",
    [
        Filters(),
        Filters(published_from=date(2022, 4, 1)),
        Filters(published_to=date(2022, 4, 1)),
        Filters(sources=("Source 3",)),
    ],
)
def test_the_same_is_found_by_comparing_all_and_by_chromas_nearest(
    many: Store, allowed: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    exactly = search(many, "Which bank rate?", 10, allowed)
    monkeypatch.setattr(retrieval, "COMPARED_EXACTLY", 0)
    nearest = search(many, "Which bank rate?", 10, allowed)
    by_id = {each.passage.id: each.score for each in nearest}
    # The exact vectors are rounded: passages that are nearly as good may change places.
    assert len(by_id.keys() & {each.passage.id for each in exactly}) >= 8
    assert [each.score for each in nearest] == pytest.approx([each.score for each in exactly], 5e-2)


def test_a_row_that_is_used_again_is_found_for_its_new_words_only(many: Store) -> None:
    for n in range(50):
        many.remove(str(n))
    ingest(many, [article("new", "A quixotic proposal.", source="Source 3")])
    row = many.catalog.rows_of([many.catalog.passages_of("new")[0].id])
    assert max(row.values()) <= 50
    assert [each.article.id for each in search(many, "quixotic", 1)] == ["new"]
    only = Filters(sources=("Source 3",))
    assert "new" in {each.article.id for each in search(many, "quixotic", 20, only)}
    assert many.catalog.faults() == []


scores = st.lists(st.floats(-1, 50, width=32), min_size=1, max_size=20)


@given(scores, st.randoms(use_true_random=False))
def test_fused_scores_lie_between_none_and_one_and_agree_with_both_sides(
    dense: list[float], random: Random
) -> None:
    lexical = random.sample(dense, len(dense))
    fused = fuse_scores(np.array(dense, np.float32), np.array(lexical, np.float32))
    assert fused.shape == (len(dense),)
    assert ((fused >= 0) & (fused <= 1)).all()
    for a, b in combinations(range(len(dense)), 2):
        if dense[a] > dense[b] and lexical[a] > lexical[b]:
            assert fused[a] >= fused[b]


def test_no_scores_fuse_to_none() -> None:
    nothing = np.empty(0, np.float32)
    assert fuse_scores(nothing, nothing).shape == (0,)


@given(
    st.integers(0, 5_000), st.integers(1, 40), st.sampled_from([0.0, 0.1, 0.9]), st.integers(1, 9)
)
def test_the_highest_scores_are_found_without_sorting_all(
    count: int, most: int, share: float, different: int
) -> None:
    random = np.random.default_rng(count)
    scores = random.integers(0, different, count).astype(np.float32)
    scores[random.random(count) < share] = 0
    found = highest_scores(scores, most)
    assert len({*found.tolist()}) == len(found)
    assert scores[found].tolist() == sorted(scores[scores > 0].tolist(), reverse=True)[:most]


def scored(article_id: str, start: int, end: int, score: float) -> ScoredPassage:
    passage = Passage(
        f"{article_id}:{start}-{end}", article_id, start, end, "x" * (end - start), ()
    )
    return ScoredPassage(passage, ArticleInfo(article_id), score)


ranked = st.lists(
    st.builds(
        lambda article_id, start, length, score: scored(article_id, start, start + length, score),
        st.sampled_from("abc"),
        st.integers(0, 300),
        st.integers(1, 100),
        st.floats(0, 1),
    ),
    max_size=25,
).map(lambda found: sorted(found, key=lambda each: -each.score))


@given(ranked, st.integers(1, 10))
def test_the_best_are_chosen_without_echoes_and_few_of_one_article(
    found: list[ScoredPassage], k: int
) -> None:
    chosen = select_passages(found, k)
    check_found(chosen, k)
    assert all(each in found for each in chosen)
    if found:
        assert chosen[0].score == found[0].score
    of_one = Counter(each.article.id for each in chosen)
    if max(of_one.values(), default=0) > MOST_OF_ONE_ARTICLE:
        # Then every other article with passages to show has shown what it may.
        others = {each.article.id for each in found}
        assert all(of_one[each] >= 1 for each in others)


def test_an_article_shows_more_than_a_few_only_where_the_others_run_out() -> None:
    few = MOST_OF_ONE_ARTICLE
    many = [scored("a", 100 * n, 100 * n + 90, 1 - n / 100) for n in range(few + 3)]
    other = scored("b", 0, 90, 0.1)
    chosen = select_passages([*many, other], few + 1)
    assert [each.article.id for each in chosen] == ["a"] * few + ["b"]
    assert len(select_passages([*many, other], few + 3)) == few + 3
    assert [each.article.id for each in select_passages(many, few + 2)] == ["a"] * (few + 2)


def test_of_two_that_are_nearly_the_same_the_better_one_is_shown() -> None:
    better, echo, apart = (
        scored("a", 0, 100, 0.9),
        scored("a", 5, 105, 0.8),
        scored("b", 5, 105, 0.7),
    )
    assert select_passages([better, echo, apart], 3) == [better, apart]
