"""The error rate among answers if only the most confident questions are answered.

Source: El-Yaniv and Wiener (2010), "On the foundations of noise-free selective classification":
coverage is the share of questions answered, risk the share of errors among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from qa.evaluation.run_records import Record


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The share of questions answered at some confidence threshold, and the errors among them."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Risk-coverage curves. `unanswerable` counts an error for each question without an answer in
    the articles.

    `unquoted` also counts answers whose quotes do not contain the gold answer; it ends at the
    system's own coverage, since declined questions have no quotes. `decided` is the system's own
    operating point; None if it answered nothing.
    """

    unanswerable: tuple[RiskPoint, ...]
    unquoted: tuple[RiskPoint, ...]
    decided: RiskPoint | None


def risk_coverage_curves(records: Sequence[Record]) -> RiskCoverage:
    """The risk-coverage curves; empty if the answers have no confidence."""
    sure = [
        (record.answer.confidence, record)
        for record in records
        if record.answer is not None and record.answer.confidence is not None
    ]
    answered = [r for r in records if r.answer is not None and r.answer.answered]
    decided = None
    if answered:
        decided = RiskPoint(
            coverage=len(answered) / len(records),
            risk=sum(not r.case.answerable for r in answered) / len(answered),
        )
    return RiskCoverage(
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
    """One point per distinct confidence, highest first; `outcomes` are (confidence, is error)."""
    points: list[RiskPoint] = []
    count = errors = 0
    ranked = sorted(outcomes, key=lambda outcome: -outcome[0])
    for _, tied in groupby(ranked, key=lambda outcome: outcome[0]):
        wrong = [error for _, error in tied]
        count += len(wrong)
        errors += sum(wrong)
        points.append(RiskPoint(count / total, errors / count))
    return tuple(points)
