"""How good a check is: figures with intervals, and calibration. Pure functions."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.bootstrap import Floats, interval, resamples, statistic

Truths = NDArray[np.bool_]
"""Whether each claim is supported: shape (n,)."""

BINS = 10
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95% interval, from a bootstrap over clusters of claims."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class CheckerFigures:
    """What is measured on one set of claims; a flag is right if its claim is not supported."""

    claims: int
    supported: float
    balanced_accuracy: Estimate
    auroc: Estimate
    precision: Estimate
    recall: Estimate
    calibration_error: Estimate

    def row(self) -> tuple[str, ...]:
        """The figures as text, in the order of `COLUMNS`."""
        return (
            str(self.claims),
            f"{self.supported:.2f}",
            *(
                str(figure)
                for figure in (
                    self.balanced_accuracy,
                    self.auroc,
                    self.precision,
                    self.recall,
                    self.calibration_error,
                )
            ),
        )


COLUMNS = (
    "claims",
    "supported",
    "balanced accuracy",
    "AUROC",
    "precision of flags",
    "recall of flags",
    "calibration error",
)


def checker_figures(
    probabilities: Floats, kept: Truths, truths: Truths, clusters: Sequence[Hashable]
) -> CheckerFigures:
    """Figures of n verdicts: the probability of support, and whether the claim was kept.

    Clusters are resampled: claims about the same thing are not independent.
    """
    drawn = np.concatenate([np.ones((1, len(truths))), *resamples(clusters, RESAMPLES)])
    flagged, false = (~kept).astype(np.float64), (~truths).astype(np.float64)
    replicates = [
        balanced_accuracy(kept, truths, drawn),
        statistic("auroc", probabilities, np.where(truths, 1.0, -1.0), drawn),
        statistic("ratio", flagged * false, flagged, drawn),
        statistic("ratio", flagged * false, false, drawn),
        calibration_error(probabilities, truths, drawn),
    ]
    figures = []
    for values in replicates:
        low, high = interval(values[1:]) or (float("nan"), float("nan"))
        figures.append(Estimate(float(values[0]), low, high))
    return CheckerFigures(len(truths), float(truths.mean()), *figures)


def balanced_accuracy(kept: Truths, truths: Truths, weights: Floats) -> Floats:
    """The mean of two shares, supported claims kept and others flagged, per row of weights.

    >>> kept, truths = np.array([True, False, False]), np.array([True, True, False])
    >>> balanced_accuracy(kept, truths, np.ones((1, 3)))
    array([0.75])
    """
    with np.errstate(invalid="ignore"):
        recall = weights @ (kept & truths) / (weights @ truths)
        specificity = weights @ (~kept & ~truths) / (weights @ ~truths)
    balanced: Floats = (recall + specificity) / 2
    return balanced


def calibration_error(probabilities: Floats, truths: Truths, weights: Floats) -> Floats:
    """Expected calibration error over ten equal bins (Naeini et al. 2015), per row of weights."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    members = np.eye(BINS)[bins]
    gaps = np.abs(weights @ ((probabilities - truths)[:, None] * members)).sum(axis=1)
    error: Floats = gaps / weights.sum(axis=1)
    return error


def fit_logistic(features: Floats, truths: Truths, weights: Floats) -> tuple[Floats, Floats]:
    """Weights of a logistic regression and their standard errors, by Newton's method.

    Shapes (n, d), (n,), (n,) -> (d,), (d,). No intercept is added: pass it as a feature of ones.

    >>> odds = np.array([-2.0, -1.0, 1.0, 2.0, 1.0, -1.0])
    >>> truths = np.array([False, False, True, True, False, True])
    >>> fitted, errors = fit_logistic(np.stack([odds, np.ones(6)], axis=1), truths, np.ones(6))
    >>> bool(0 < fitted[0] < 1)
    True
    """
    fitted = np.zeros(features.shape[1])
    curve = np.eye(len(fitted))
    for _ in range(100):
        found = 1 / (1 + np.exp(-np.clip(features @ fitted, -30, 30)))
        slope = features.T @ (weights * (found - truths))
        curve = (features * (weights * found * (1 - found))[:, None]).T @ features
        curve += 1e-6 * np.eye(len(fitted))
        change = np.linalg.solve(curve, slope)
        fitted = fitted - change
        if np.abs(change).max() < 1e-8:
            break
    return fitted, np.sqrt(np.diag(np.linalg.inv(curve)))


def source_weights(sources: Sequence[str]) -> Floats:
    """Weights under which every source counts the same, summing to the number of pairs."""
    names, places, counts = np.unique(sources, return_inverse=True, return_counts=True)
    weights: Floats = len(sources) / (len(names) * counts[places])
    return weights
