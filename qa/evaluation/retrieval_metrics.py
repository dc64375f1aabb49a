"""Retrieval metrics at article and at passage level, computed by ir-measures.

Passages are read best first. At passage level the relevant items are the gold spans, each found by
the first passage that wholly contains it; at article level they are the articles of the gold
spans, each found by the first passage taken from it. A passage that finds nothing new is a miss, so
that overlapping passages do not count an answer twice and a rank is always a number of passages
read. Recall is over gold spans (or articles), never over passages, which differ between indexes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from qa.evaluation.question_file import Case

Level = Literal["article", "passage"]
LEVELS: tuple[Level, ...] = ("article", "passage")
CUTOFFS = (1, 3, 5, 10, 20)
DEPTH = max(CUTOFFS)

# Longer than any ranking: they are already cut to DEPTH passages.
_ALL = 10_000


@dataclass(frozen=True, slots=True)
class PassageRef:
    """A passage as it was ranked, without its text: `article.text[start:end]`."""

    id: str
    article_id: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class RankScores:
    """One question's scores, each in [0, 1], by cutoff where the metric has one."""

    hits: Mapping[int, float]
    recall: Mapping[int, float]
    ndcg: Mapping[int, float]
    reciprocal_rank: float


def rank_scores(
    cases: Sequence[Case], rankings: Sequence[Sequence[PassageRef]], level: Level
) -> dict[str, RankScores]:
    """Scores by case id, for the answerable cases."""
    judged = [pair for pair in zip(cases, rankings, strict=True) if pair[0].answerable]
    qrels = [
        Qrel(f"{case.id}@{cutoff}", unit, 1)
        for case, _ in judged
        for unit in relevant_items(case, level)
        for cutoff in CUTOFFS
    ]
    run = [
        # ir-measures ranks by score.
        ScoredDoc(f"{case.id}@{cutoff}", unit, -float(rank))
        for case, ranking in judged
        for cutoff in CUTOFFS
        for rank, unit in enumerate(items_found(case, ranking[:cutoff], level))
    ]
    measured: dict[tuple[str, str], float] = {}
    measures = [Success @ _ALL, R @ _ALL, nDCG @ _ALL, RR]
    for metric in ir_measures.iter_calc(measures, qrels, run) if judged else ():
        measured[metric.query_id, str(metric.measure)] = float(metric.value)

    def at(case: Case, measure: object) -> dict[int, float]:
        return {cutoff: measured[f"{case.id}@{cutoff}", str(measure)] for cutoff in CUTOFFS}

    return {
        case.id: RankScores(
            hits=at(case, measures[0]),
            recall=at(case, measures[1]),
            ndcg=at(case, measures[2]),
            reciprocal_rank=at(case, RR)[DEPTH],
        )
        for case, _ in judged
    }


def relevant_items(case: Case, level: Level) -> tuple[str, ...]:
    """Names of the relevant items: gold spans, or their articles."""
    if level == "article":
        return tuple(dict.fromkeys(f"article {gold.article_id}" for gold in case.answers))
    return tuple(f"span {number}" for number in range(len(case.answers)))


def items_found(case: Case, ranking: Sequence[PassageRef], level: Level) -> Iterator[str]:
    """The new items that each passage finds, in order; a miss has a name of its own.

    A passage that finds two spans takes two ranks.
    """
    found: set[str] = set()
    for rank, passage in enumerate(ranking):
        new = [name for name in _finds(case, passage, level) if name not in found]
        found.update(new)
        yield from new or [f"miss {rank}"]


def _finds(case: Case, passage: PassageRef, level: Level) -> Iterator[str]:
    if level == "article":
        if any(gold.article_id == passage.article_id for gold in case.answers):
            yield f"article {passage.article_id}"
        return
    for number, gold in enumerate(case.answers):
        inside = passage.start <= gold.start and gold.end <= passage.end
        if inside and gold.article_id == passage.article_id:
            yield f"span {number}"
