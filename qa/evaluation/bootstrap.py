"""Figures and their bootstrap intervals.

Every question adds a pair (x, y) to a metric, and a statistic turns all pairs into the figure:

    ratio    sum of x / sum of y: a mean where y is 1, a pooled share where y counts
    median   the median of x where y > 0
    p95      the 95th percentile of x where y > 0
    auroc    x ranks the questions, y is +1 for the positive, -1 for the negative, 0 for neither

Questions about the same article are not independent, so clusters of questions, one per article,
are resampled instead of questions (the cluster bootstrap: Davison and Hinkley (1997), "Bootstrap
Methods and their Application", section 3.8). Intervals are percentile intervals (Efron and
Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13).
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
StatisticName = Literal["ratio", "median", "p95", "auroc"]

RESAMPLES = 2_000
SEED = 20240229
_CHUNK = 250


def statistic(name: StatisticName, x: Floats, y: Floats, weights: Floats) -> Floats:
    """The figure under each row of weights; shapes (n,), (n,), (b, n) -> (b,).

    A weight says how many times a question counts. NaN where nothing is left to measure.

    >>> statistic("ratio", np.array([1.0, 0.0]), np.ones(2), np.array([[1.0, 1.0], [3.0, 1.0]]))
    array([0.5 , 0.75])
    """
    if name == "ratio":
        return _divide(weights @ x, weights @ y)
    if name == "auroc":
        return _auroc(x, y, weights)
    return _quantile(0.5 if name == "median" else 0.95, x, y, weights)


def resamples(clusters: Sequence[Hashable], count: int = RESAMPLES) -> Iterator[Floats]:
    """Weights of `count` cluster-bootstrap samples, in chunks of rows; one column per question."""
    columns = _cluster_numbers(clusters)
    size = int(columns.max()) + 1
    rng = np.random.default_rng(SEED)
    for rows in _chunks(count):
        drawn = rng.multinomial(size, np.full(size, 1 / size), size=rows)
        yield drawn[:, columns].astype(np.float64)


def swaps(clusters: Sequence[Hashable], count: int) -> Iterator[Floats]:
    """Zeros and ones: which questions swap systems, cluster by cluster; in chunks of rows."""
    columns = _cluster_numbers(clusters)
    rng = np.random.default_rng(SEED)
    for rows in _chunks(count):
        drawn = rng.integers(0, 2, size=(rows, int(columns.max()) + 1))
        yield drawn[:, columns].astype(np.float64)


def interval(replicates: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """The percentile interval of a statistic's replicates; None if all are NaN."""
    numbers = replicates[~np.isnan(replicates)]
    if not numbers.size:
        return None
    low, high = np.quantile(numbers, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for multiple comparisons, whatever their dependence.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _auroc(x: Floats, y: Floats, weights: Floats) -> Floats:
    """The probability that a positive ranks above a negative; ties count half.

    Source: Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve".
    """
    order = np.argsort(x, kind="stable")
    _, ties = np.unique(x[order], return_index=True)
    positives = np.add.reduceat((weights * (y > 0))[:, order], ties, axis=1)
    negatives = np.add.reduceat((weights * (y < 0))[:, order], ties, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    wins = (positives * (below + negatives / 2)).sum(axis=1)
    return _divide(wins, positives.sum(axis=1) * negatives.sum(axis=1))


def _quantile(q: float, x: Floats, y: Floats, weights: Floats) -> Floats:
    """The smallest x that at least the share `q` of the weight does not exceed."""
    order = np.argsort(x, kind="stable")
    reached = np.cumsum((weights * (y > 0))[:, order], axis=1)
    total = reached[:, -1:]
    # The tolerance absorbs rounding: the sum of the weights is exact, its product with q is not.
    first = np.argmax(reached >= q * total - 1e-9, axis=1)
    return np.where(total[:, 0] > 0, x[order][first], np.nan)


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def _cluster_numbers(clusters: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(c, len(numbers)) for c in clusters], dtype=np.int64)


def _chunks(count: int) -> Iterator[int]:
    for start in range(0, count, _CHUNK):
        yield min(_CHUNK, count - start)
