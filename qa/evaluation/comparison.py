"""Two runs on the same questions: which differences are significant.

The difference of each key figure comes with a paired bootstrap interval, and with the p value of a
paired randomisation test that swaps the two systems' outcomes article by article (Smucker, Allan
and Carterette (2007), "A comparison of statistical significance tests for information retrieval
evaluation"). For a median, the test counts on how many questions each system is ahead, as the sign
test does: swapping pairs can leave the two medians as far apart as before. P values are adjusted
for multiple comparisons (Holm), and a difference is significant if the adjusted value is below
0.05.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.evaluation.bootstrap import Floats, holm, interval, resamples, statistic, swaps
from qa.evaluation.metrics import BY_KEY, DEFINITIONS, Definition, cluster, pairs
from qa.evaluation.run_records import Record, Run
from vectorstore.errors import UserError

SWAPS = 10_000
LEVEL = 0.05


class ComparisonError(UserError):
    """The two runs share no question."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`after - before`, with the 95% interval and the adjusted p value of the difference."""

    key: str
    before: float
    after: float
    low: float
    high: float
    p_value: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def significant(self) -> bool:
        return self.p_value < LEVEL

    @property
    def better(self) -> bool:
        return (self.change < 0) == BY_KEY[self.key].lower_is_better and self.change != 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences in the key figures over `common` questions; `left_out` are in one run only."""

    differences: tuple[Difference, ...]
    common: int
    left_out: int


def compare(before: Run, after: Run) -> Comparison:
    """Raises ComparisonError if the runs share no question with the same gold spans."""
    first, second = in_common(before.records, after.records)
    if not first:
        raise ComparisonError(
            "The two runs have no question in common; compare runs of the same question file."
        )
    found = [
        difference
        for definition in DEFINITIONS
        if definition.is_key and (difference := _difference(definition, first, second)) is not None
    ]
    adjusted = holm([difference.p_value for difference in found])
    return Comparison(
        tuple(
            Difference(d.key, d.before, d.after, d.low, d.high, p)
            for d, p in zip(found, adjusted, strict=True)
        ),
        common=len(first),
        left_out=len(before.records) + len(after.records) - 2 * len(first),
    )


def in_common(
    before: Sequence[Record], after: Sequence[Record]
) -> tuple[list[Record], list[Record]]:
    """The records of the same questions, in the same order."""
    of_after = {_question(record): record for record in after}
    both = [(r, of_after[_question(r)]) for r in before if _question(r) in of_after]
    return [first for first, _ in both], [second for _, second in both]


def paired_replicates(
    definition: Definition, before: Sequence[Record], after: Sequence[Record]
) -> Floats:
    """The bootstrap's differences `after - before` in one figure, resampling both runs alike."""
    x, y = _both(definition, before, after)
    return np.concatenate(
        [
            statistic(definition.statistic, x, y, np.hstack((0 * w, w)))
            - statistic(definition.statistic, x, y, np.hstack((w, 0 * w)))
            for w in resamples([cluster(record) for record in before])
        ]
    )


def _difference(
    definition: Definition, before: Sequence[Record], after: Sequence[Record]
) -> Difference | None:
    x, y = _both(definition, before, after)
    one_side = np.repeat(np.eye(2), len(before), axis=1)
    value_before, value_after = statistic(definition.statistic, x, y, one_side)
    ends = interval(paired_replicates(definition, before, after))
    if np.isnan(value_before) or np.isnan(value_after) or ends is None:
        return None
    return Difference(
        definition.key,
        float(value_before),
        float(value_after),
        *ends,
        p_value=_p_value(definition, before, after),
    )


def _p_value(definition: Definition, before: Sequence[Record], after: Sequence[Record]) -> float:
    """Unadjusted; the share of swaps whose difference is as large as the one observed."""
    name, (x, y) = definition.statistic, _both(definition, before, after)
    if name == "median":
        # Where one run has no time, neither is the faster.
        timed = np.tile(y[: len(before)] * y[len(before) :], 2)
        name, x, y = "ratio", _ahead(x) * timed, np.ones_like(y)
    one_side = np.repeat(np.eye(2), len(before), axis=1)
    value_before, value_after = statistic(name, x, y, one_side)
    swapped = np.concatenate(
        [
            statistic(name, x, y, np.hstack((s, 1 - s)))
            - statistic(name, x, y, np.hstack((1 - s, s)))
            for s in swaps([cluster(record) for record in before], SWAPS)
        ]
    )
    # The tolerance keeps rounding from telling equal differences apart.
    as_large = np.abs(swapped) >= abs(value_after - value_before) - 1e-12
    # The observed arrangement counts as one of them.
    return float((as_large.sum() + 1) / (SWAPS + 1))


def _ahead(x: Floats) -> Floats:
    """1 where a run's value is the larger of the pair, else 0; shape (2n,) as `_both` gives it."""
    before, after = np.split(x, 2)
    return np.concatenate((before > after, after > before)).astype(np.float64)


def _both(
    definition: Definition, before: Sequence[Record], after: Sequence[Record]
) -> tuple[Floats, Floats]:
    """The pairs of both runs, concatenated: a weight of zero leaves a side out."""
    x_before, y_before = pairs(before, definition.key)
    x_after, y_after = pairs(after, definition.key)
    return np.concatenate((x_before, x_after)), np.concatenate((y_before, y_after))


def _question(record: Record) -> tuple[object, ...]:
    case = record.case
    return (case.id, case.question, case.answers, case.history, case.filters)
