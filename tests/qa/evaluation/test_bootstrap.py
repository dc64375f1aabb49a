import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from qa.evaluation.bootstrap import Floats, holm, interval, resamples, statistic, swaps

counts = st.integers(2, 30).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
        arrays(np.bool_, n),
        arrays(np.float64, (3, n), elements=st.integers(0, 4).map(float)),
    )
)


@given(counts)
def test_auroc_is_that_of_scikit_learn(drawn: tuple[Floats, Floats, Floats]) -> None:
    scores, positive, weights = drawn
    found = statistic("auroc", scores, np.where(positive, 1.0, -1.0), weights)
    for row, value in zip(weights, found, strict=True):
        counted = positive[row > 0]
        if counted.all() or not counted.any():
            assert np.isnan(value)
        else:
            assert value == pytest.approx(roc_auc_score(positive, scores, sample_weight=row))


@given(counts)
def test_a_quantile_is_that_of_the_repeated_values(drawn: tuple[Floats, Floats, Floats]) -> None:
    values, present, weights = drawn
    for name, q in (("median", 0.5), ("p95", 0.95)):
        found = statistic(name, values, present.astype(float), weights)  # type: ignore[arg-type]
        for row, value in zip(weights, found, strict=True):
            repeated = np.repeat(values, (row * present).astype(int))
            if not repeated.size:
                assert np.isnan(value)
            else:
                assert value == np.quantile(repeated, q, method="inverted_cdf")


def test_a_ratio_pools_what_it_counts() -> None:
    x, y = np.array([1.0, 3.0]), np.array([1.0, 9.0])
    assert statistic("ratio", x, y, np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])) == (
        pytest.approx([0.4, 1.0, np.nan], nan_ok=True)
    )


def test_a_resample_draws_whole_clusters() -> None:
    clusters = ["a", "a", "b", "c", "c", "c"]
    for weights in resamples(clusters, 500):
        assert (weights[:, 0] == weights[:, 1]).all()
        assert (weights[:, 3] == weights[:, 5]).all()
        assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_the_same_questions_always_get_the_same_interval() -> None:
    first, second = (np.vstack(list(resamples("abcd", 300))) for _ in range(2))
    assert (first == second).all()
    assert first.shape == (300, 4)


def test_swaps_move_whole_clusters() -> None:
    for sides in swaps(["a", "a", "b"], 100):
        assert set(np.unique(sides)) <= {0.0, 1.0}
        assert (sides[:, 0] == sides[:, 1]).all()


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        x = rng.binomial(1, 0.7, size=80).astype(float)
        replicates = [statistic("ratio", x, np.ones(80), w) for w in resamples(range(80), 500)]
        ends = interval(np.concatenate(replicates))
        assert ends is not None
        covered += ends[0] <= 0.7 <= ends[1]
    assert 0.90 <= covered / 200 <= 0.99


def test_questions_that_stand_or_fall_together_widen_the_interval() -> None:
    x = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0, 1.0], 10)
    y = np.ones(60)

    def width(clusters: list[int]) -> float:
        ends = interval(np.concatenate([statistic("ratio", x, y, w) for w in resamples(clusters)]))
        assert ends is not None
        return ends[1] - ends[0]

    assert width([n // 10 for n in range(60)]) > 2 * width(list(range(60)))


def test_no_replicates_make_no_interval() -> None:
    assert interval(np.array([np.nan, np.nan])) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_ever_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == min(1.0, len(p_values) * min(p_values))
    ranked = sorted(zip(p_values, adjusted, strict=True))
    assert [a for _, a in ranked] == sorted(adjusted)
