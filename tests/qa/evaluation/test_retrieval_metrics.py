from itertools import pairwise
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.question_file import Case, GoldSpan
from qa.evaluation.retrieval_metrics import (
    CUTOFFS,
    LEVELS,
    Level,
    PassageRef,
    RankScores,
    rank_scores,
)


def _case(*golds: tuple[str, int, int]) -> Case:
    return Case("q", "?", "fact", tuple(GoldSpan(a, s, e, "x" * (e - s)) for a, s, e in golds))


def _ranking(*passages: tuple[str, int, int]) -> list[PassageRef]:
    return [PassageRef(str(n), a, s, e, 1 / (n + 1)) for n, (a, s, e) in enumerate(passages)]


def _scores(case: Case, ranking: list[PassageRef], level: Level) -> RankScores:
    return rank_scores([case], [ranking], level)["q"]


def test_a_passage_counts_when_it_holds_the_whole_span() -> None:
    ranking = _ranking(("a", 0, 15), ("b", 0, 50), ("a", 10, 60))
    scores = _scores(_case(("a", 10, 20)), ranking, "passage")
    assert scores.hits == {1: 0.0, 3: 1.0, 5: 1.0, 10: 1.0, 20: 1.0}
    assert scores.reciprocal_rank == pytest.approx(1 / 3)
    assert scores.ndcg[10] == pytest.approx(1 / log2(4))


def test_at_article_level_any_passage_of_the_article_counts() -> None:
    ranking = _ranking(("b", 0, 50), ("a", 500, 600))
    scores = _scores(_case(("a", 10, 20)), ranking, "article")
    assert scores.hits[1] == 0.0
    assert scores.hits[3] == 1.0
    assert scores.reciprocal_rank == 0.5


def test_overlapping_passages_do_not_count_one_span_twice() -> None:
    case = _case(("a", 10, 20), ("b", 10, 20))
    twice = _scores(case, _ranking(("a", 0, 30), ("a", 5, 35), ("c", 0, 9)), "passage")
    once = _scores(case, _ranking(("a", 0, 30), ("c", 0, 9), ("c", 10, 19)), "passage")
    assert twice == once
    assert twice.recall[5] == 0.5


def test_one_passage_may_find_two_spans() -> None:
    case = _case(("a", 10, 20), ("a", 25, 30))
    scores = _scores(case, _ranking(("a", 0, 40)), "passage")
    assert scores.recall[5] == 1.0
    assert scores.ndcg[10] == pytest.approx(1.0)


def test_two_spans_of_one_article_are_one_article_to_find() -> None:
    case = _case(("a", 10, 20), ("a", 900, 910))
    scores = _scores(case, _ranking(("a", 0, 40)), "article")
    assert scores.recall[5] == 1.0


def test_nothing_found_scores_zero_and_an_unanswerable_question_is_not_scored() -> None:
    found = rank_scores(
        [_case(("a", 10, 20)), Case("none", "?", "unanswerable", ())], [[], []], "passage"
    )
    assert found["q"].hits[20] == found["q"].reciprocal_rank == found["q"].ndcg[10] == 0.0
    assert "none" not in found


passages = st.tuples(
    st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 60)
).map(lambda p: (p[0], p[1], p[1] + p[2]))  # fmt: skip


@given(st.lists(passages, min_size=1, max_size=4, unique=True), st.lists(passages, max_size=25))
def test_scores_are_shares_that_grow_with_k(
    golds: list[tuple[str, int, int]], ranked: list[tuple[str, int, int]]
) -> None:
    for level in LEVELS:
        scores = _scores(_case(*golds), _ranking(*ranked), level)
        for low, high in pairwise(CUTOFFS):
            assert 0 <= scores.hits[low] <= scores.hits[high] <= 1
            assert 0 <= scores.recall[low] <= scores.recall[high] <= 1
        assert scores.hits[20] >= scores.recall[20]
        assert 0 <= scores.ndcg[10] <= 1 + 1e-9
        assert (scores.reciprocal_rank > 0) == (scores.hits[20] == 1.0)


@given(st.lists(passages, min_size=1, max_size=4, unique=True), st.lists(passages, max_size=25))
def test_recall_is_the_share_of_gold_spans_inside_some_passage(
    golds: list[tuple[str, int, int]], ranked: list[tuple[str, int, int]]
) -> None:
    scores = _scores(_case(*golds), _ranking(*ranked), "passage")
    for k in CUTOFFS:
        inside = [g for g in golds if any(_holds(p, g) for p in ranked[:k])]
        assert scores.recall[k] == pytest.approx(len(inside) / len(golds))
        assert scores.hits[k] == float(bool(inside))


def _holds(passage: tuple[str, int, int], gold: tuple[str, int, int]) -> bool:
    return passage[0] == gold[0] and passage[1] <= gold[1] and gold[2] <= passage[2]
