"""Rankings of several systems on the same questions: their figures with intervals, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.evaluation.bootstrap import Floats, interval, resamples, statistic
from qa.evaluation.question_file import Case
from qa.evaluation.retrieval_metrics import LEVELS, Level, PassageRef, rank_scores

READ = 5
"""How many passages are assumed to be read."""
COMPARED: tuple[tuple[Level, str, str], ...] = (
    ("article", "hits", f"article hits@{READ}"),
    ("passage", "hits", f"passage hits@{READ}"),
    ("passage", "mrr", "passage MRR"),
)


@dataclass(frozen=True, slots=True)
class MeanWithInterval:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        numbers = (
            f"{each:.3f}".replace("0.", ".", 1) for each in (self.value, self.low, self.high)
        )
        return "{} [{}, {}]".format(*numbers)


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What a system found for each question, best first; `missing` says why there is nothing."""

    name: str
    setup: str
    rankings: tuple[tuple[PassageRef, ...], ...] = ()
    missing: str | None = None


def question_scores(
    cases: Sequence[Case], rankings: Sequence[Sequence[PassageRef]]
) -> dict[str, Floats]:
    """The scores of each answerable question, in the order of `cases`, by figure name."""
    scores = {level: rank_scores(cases, rankings, level) for level in LEVELS}
    found: dict[str, Floats] = {}
    for level, kind, name in COMPARED:
        of_level = scores[level]
        found[name] = np.array(
            [
                of_level[case.id].hits[READ]
                if kind == "hits"
                else of_level[case.id].reciprocal_rank
                for case in cases
                if case.answerable
            ]
        )
    return found


def estimate(values: Floats, clusters: Sequence[str]) -> MeanWithInterval:
    """The mean of these values, one per question, and its interval by the cluster bootstrap.

    >>> estimate(np.array([1.0, 1.0, 1.0]), ["a", "a", "b"])
    MeanWithInterval(value=1.0, low=1.0, high=1.0)
    """
    ones = np.ones_like(values)
    drawn = np.concatenate(
        [statistic("ratio", values, ones, weights) for weights in resamples(clusters)]
    )
    low, high = interval(drawn) or (float("nan"), float("nan"))
    return MeanWithInterval(float(values.mean()), low, high)


def as_section(title: str, cases: Sequence[Case], runs: Sequence[PeerRun]) -> str:
    """A Markdown section with a row for each system. The others are compared with the first run:
    `lead` is how much higher its passage hits are, question by question."""
    asked = [each for each in cases if each.answerable]
    clusters = [each.answers[0].article_id for each in asked]
    figures = [name for _, _, name in COMPARED]
    lines = [
        f"## {title}",
        "",
        f"| | {' | '.join(figures)} | lead | characters read |",
        f"|---|{'---:|' * (len(figures) + 2)}",
    ]
    first: Mapping[str, Floats] | None = None
    notes = []
    for run in runs:
        notes.append(f"- **{run.name}**: {run.missing or run.setup}")
        if run.missing is not None:
            lines.append(f"| {run.name} | {'| '.join(['not measured '] + [' '] * 4)}|")
            continue
        scores = question_scores(cases, run.rankings)
        cells = [str(estimate(scores[name], clusters)) for name in figures]
        lead = ""
        if first is None:
            first = scores
        else:
            name = figures[1]
            lead = str(estimate(first[name] - scores[name], clusters))
        characters = np.mean(
            [sum(each.end - each.start for each in ranking[:READ]) for ranking in run.rankings]
        )
        cells += [lead, f"{characters:,.0f}"]
        lines.append(f"| {run.name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *notes, ""])
