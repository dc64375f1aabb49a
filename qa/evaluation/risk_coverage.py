"""How much is wrong of what is answered, if only the surest questions are answered.

Source: El-Yaniv and Wiener (2010), "On the foundations of noise-free selective classification":
coverage is the share of questions answered, risk the share of errors among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from qa.evaluation.run_records import Record


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """At this threshold of confidence: the share answered, and the errors among them."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Selective:
    """`unanswerable` counts an error for each question that the articles do not answer.

    `unquoted` also counts an answer whose quotes do not hold the gold answer; it ends at the
    coverage of the system's own decisions, for what it declined has no quotes. `decided` is the
    point that the system chose by answering what it answered (its threshold is the least
    confidence among them); None if it answered nothing.
    """

    unanswerable: tuple[RiskPoint, ...]
    unquoted: tuple[RiskPoint, ...]
    decided: RiskPoint | None


def selective(records: Sequence[Record]) -> Selective:
    """The risk-coverage curves; empty where no confidence is given."""
    sure = [
        (record.answer.confidence, record)
        for record in records
        if record.answer is not None and record.answer.confidence is not None
    ]
    answered = [r for r in records if r.answer is not None and r.answer.answered]
    decided = None
    if answered:
        decided = RiskPoint(
            threshold=min((c for c, r in sure if r in answered), default=0.0),
            coverage=len(answered) / len(records),
            risk=sum(not r.case.answerable for r in answered) / len(answered),
        )
    return Selective(
        unanswerable=_curve([(c, not r.case.answerable) for c, r in sure], len(records)),
        unquoted=_curve(
            [
                (c, r.values.get("answer_in_quote", (0.0, 0.0))[0] == 0)
                for c, r in sure
                if r.answer is not None and r.answer.answered
            ],
            len(records),
        ),
        decided=decided,
    )


def _curve(outcomes: Sequence[tuple[float, bool]], total: int) -> tuple[RiskPoint, ...]:
    """One point a distinct confidence, from the surest down; `outcomes` say what is an error."""
    points: list[RiskPoint] = []
    count = errors = 0
    ranked = sorted(outcomes, key=lambda outcome: -outcome[0])
    for confidence, tied in groupby(ranked, key=lambda outcome: outcome[0]):
        wrong = [error for _, error in tied]
        count += len(wrong)
        errors += sum(wrong)
        points.append(RiskPoint(confidence, count / total, errors / count))
    return tuple(points)
