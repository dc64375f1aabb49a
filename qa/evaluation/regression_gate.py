"""The key figures that a change may not lower, as a baseline small enough to commit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qa.evaluation.bootstrap import interval, statistic
from qa.evaluation.comparison import in_common, paired_replicates
from qa.evaluation.metrics import BY_KEY, DEFINITIONS, Definition, pairs
from qa.evaluation.run_records import Record, Run

# Latencies depend on the machine.
GUARDED = tuple(d for d in DEFINITIONS if d.is_key and d.unit == "share")

LEAST_IN_COMMON = 0.9


@dataclass(frozen=True, slots=True)
class Fall:
    """A key figure that fell below the baseline by more than its noise."""

    key: str
    before: float
    after: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{BY_KEY[self.key].label} fell from {self.before:.3f} to {self.after:.3f} (the "
            f"difference is {self.low:+.3f} to {self.high:+.3f} with 95% confidence)."
        )


def baseline_of(run: Run) -> Run:
    """The run reduced to what the guarded figures need."""
    keys = {definition.key for definition in GUARDED}
    return replace(
        run,
        figures=tuple(f for f in run.figures if f.key in keys and f.kind is None),
        records=tuple(
            Record(
                case=record.case,
                answer=None,
                values={
                    key: (round(x, 6), round(y, 6))
                    for key, (x, y) in record.values.items()
                    if key in keys
                },
            )
            for record in run.records
        ),
    )


def comparable(baseline: Run, now: Run) -> bool:
    """Whether the baseline covers enough of the questions asked now."""
    common, _ = in_common(baseline.records, now.records)
    return len(common) >= LEAST_IN_COMMON * len(now.records)


def falls(baseline: Run, now: Run) -> tuple[Fall, ...]:
    """The guarded figures that are significantly lower now, on the same questions.

    A fall counts if the whole 95% interval of the paired bootstrap difference is below zero.
    """
    before, after = in_common(baseline.records, now.records)
    found = (_fall(definition, before, after) for definition in GUARDED)
    return tuple(fall for fall in found if fall is not None)


def _fall(definition: Definition, before: Sequence[Record], after: Sequence[Record]) -> Fall | None:
    ends = interval(paired_replicates(definition, before, after))
    if ends is None or ends[1] >= 0:
        return None
    return Fall(definition.key, _value(definition, before), _value(definition, after), *ends)


def _value(definition: Definition, records: Sequence[Record]) -> float:
    everything = np.ones((1, len(records)))
    return float(statistic(definition.statistic, *pairs(records, definition.key), everything)[0])
