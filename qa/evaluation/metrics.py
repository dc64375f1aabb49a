"""The metrics and what they mean; from records to figures with intervals."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qa.evaluation.bootstrap import (
    Floats,
    StatisticName,
    interval,
    resamples,
    statistic,
)
from qa.evaluation.retrieval_metrics import CUTOFFS, DEPTH, LEVELS
from qa.evaluation.run_records import Figure, Record

Group = Literal[
    "Retrieval", "Answers", "Citations", "Knowing when not to answer", "Judge", "Latency", "Model"
]
Unit = Literal["share", "ms", "tokens", "dollars"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric: its name, its meaning, and the statistic that computes it.

    The few metrics with `is_key` open the report. Two runs are compared by them, and a change may
    not lower them.
    """

    key: str
    label: str
    group: Group
    meaning: str
    statistic: StatisticName = "ratio"
    unit: Unit = "share"
    lower_is_better: bool = False
    is_key: bool = False


def _passages(count: int) -> str:
    return "passage" if count == 1 else f"{count} passages"


def _retrieval_definitions() -> list[Definition]:
    looked_for = {"article": "an article with the answer", "passage": "a whole gold span"}
    every = {"article": "the gold articles", "passage": "the gold spans"}
    return [
        definition
        for level in LEVELS
        for definition in (
            *(
                Definition(
                    f"{level}_hits@{k}",
                    f"{level} hits@{k}",
                    "Retrieval",
                    f"share of questions with {looked_for[level]} in the first {_passages(k)}",
                    is_key=k == 5,
                )
                for k in CUTOFFS
            ),
            *(
                Definition(
                    f"{level}_recall@{k}",
                    f"{level} recall@{k}",
                    "Retrieval",
                    f"share of {every[level]} found by the first {_passages(k)}",
                )
                for k in (5, 10)
            ),
            Definition(
                f"{level}_mrr",
                f"{level} MRR",
                "Retrieval",
                f"mean of 1 / the rank of the first passage with {looked_for[level]}, "
                f"0 beyond rank {DEPTH}",
                is_key=level == "passage",
            ),
            Definition(
                f"{level}_ndcg@10",
                f"{level} nDCG@10",
                "Retrieval",
                f"{every[level]} discounted by rank, 1 if they all come first",
            ),
        )
    ]


DEFINITIONS: tuple[Definition, ...] = (
    *_retrieval_definitions(),
    Definition(
        "exact_match",
        "exact match",
        "Answers",
        "share of answerable questions whose short answer (the whole text, where there is none) "
        "has the words of a gold span, as SQuAD compares them",
    ),
    Definition(
        "token_f1",
        "token F1",
        "Answers",
        "words shared with the best gold span (or all of them together), as SQuAD counts them; "
        "0 without an answer",
        is_key=True,
    ),
    Definition(
        "answer_in_text",
        "answer in text",
        "Answers",
        "share of answerable questions whose answer has the words of a gold span, wherever; 0 "
        "without an answer",
    ),
    Definition(
        "answer_in_quote",
        "answer in quote",
        "Answers",
        "share of answerable questions where a cited quote holds the words of a gold span",
        is_key=True,
    ),
    Definition(
        "citation_precision",
        "citation precision",
        "Citations",
        "of the quotes cited for answerable questions, the share that overlaps a gold span",
        is_key=True,
    ),
    Definition(
        "citation_recall",
        "citation recall",
        "Citations",
        "share of an answerable question's gold spans that a cited quote overlaps",
        is_key=True,
    ),
    Definition(
        "exact_quotes",
        "exact quotes",
        "Citations",
        "of all citations, the share with quote == article.text[start:end]; anything below 1 "
        "is a defect",
        is_key=True,
    ),
    Definition(
        "decision_accuracy",
        "decision accuracy",
        "Knowing when not to answer",
        "share of questions that were answered exactly when the articles answer them",
        is_key=True,
    ),
    Definition(
        "answered_answerable",
        "answered, of answerable",
        "Knowing when not to answer",
        "of the questions that the articles answer, the share that got an answer",
    ),
    Definition(
        "declined_unanswerable",
        "declined, of unanswerable",
        "Knowing when not to answer",
        "of the questions that the articles do not answer, the share that was declined",
    ),
    Definition(
        "confidence_auroc",
        "AUROC of confidence",
        "Knowing when not to answer",
        "probability that an answerable question gets more confidence than an unanswerable one",
        statistic="auroc",
        is_key=True,
    ),
    Definition(
        "judged_correct",
        "correctness, judged",
        "Judge",
        "mean score by a chat model, over the answers it judged to questions that the articles "
        "answer; declined ones are left out",
    ),
    Definition(
        "judged_faithful",
        "faithfulness, judged",
        "Judge",
        "mean score by a chat model for how well the quotes support the answer, over the answers "
        "it judged",
    ),
    Definition(
        "ask_ms_p50",
        "ask p50",
        "Latency",
        "half of the answers took at most this long",
        statistic="median",
        unit="ms",
        lower_is_better=True,
        is_key=True,
    ),
    Definition(
        "ask_ms_p95",
        "ask p95",
        "Latency",
        "19 of 20 answers took at most this long",
        statistic="p95",
        unit="ms",
        lower_is_better=True,
        is_key=True,
    ),
    Definition(
        "search_ms_p50",
        "search p50",
        "Latency",
        f"half of the searches for {DEPTH} passages took at most this long",
        statistic="median",
        unit="ms",
        lower_is_better=True,
    ),
    Definition(
        "search_ms_p95",
        "search p95",
        "Latency",
        f"19 of 20 searches for {DEPTH} passages took at most this long",
        statistic="p95",
        unit="ms",
        lower_is_better=True,
    ),
    Definition(
        "failed",
        "failure rate",
        "Model",
        "share of questions that ended in an error; they count as wrong above",
        lower_is_better=True,
    ),
    Definition(
        "fallback_rate",
        "fallback rate",
        "Model",
        "share of questions to the chat model that the fallback answerer answered",
        lower_is_better=True,
    ),
    Definition(
        "input_tokens",
        "input tokens per question",
        "Model",
        "mean number of tokens that the chat model read, over all questions put to it",
        unit="tokens",
        lower_is_better=True,
    ),
    Definition(
        "output_tokens",
        "output tokens per question",
        "Model",
        "mean number of tokens that the chat model wrote, over all questions put to it",
        unit="tokens",
        lower_is_better=True,
    ),
    Definition(
        "cost",
        "cost of 1,000 questions",
        "Model",
        "tokens at the given prices, over all questions put to the chat model",
        unit="dollars",
        lower_is_better=True,
    ),
)

BY_KEY: Mapping[str, Definition] = {definition.key: definition for definition in DEFINITIONS}


def cluster(record: Record) -> Hashable:
    """Questions with the same first gold article form a cluster; one without gold is its own."""
    golds = record.case.answers
    return ("article", golds[0].article_id) if golds else ("question", record.case.id)


def pairs(records: Sequence[Record], key: str) -> tuple[Floats, Floats]:
    """What each question adds to the metric `key`: x and y, zero where it adds nothing."""
    both = np.array([record.values.get(key, (0.0, 0.0)) for record in records], dtype=np.float64)
    return both[:, 0], both[:, 1]


def measure(records: Sequence[Record]) -> tuple[Figure, ...]:
    """Every metric that has a value, over all questions and by kind, in DEFINITIONS' order."""
    if not records:
        return ()
    kinds = list(dict.fromkeys(record.case.kind for record in records))
    of_kind = {kind: np.array([record.case.kind == kind for record in records]) for kind in kinds}
    everything = np.ones(len(records), dtype=np.bool_)
    masks = [(None, everything), *of_kind.items()]
    samples = list(resamples([cluster(record) for record in records]))
    figures: list[Figure] = []
    for definition in DEFINITIONS:
        x, y = pairs(records, definition.key)
        for kind, mask in masks:
            base = np.where(mask, y, 0.0)
            tops = np.where(mask, x, 0.0) if definition.statistic == "ratio" else x
            [value] = statistic(definition.statistic, tops, base, np.ones((1, len(records))))
            if np.isnan(value):
                continue
            replicates = [statistic(definition.statistic, tops, base, w) for w in samples]
            low, high = interval(np.concatenate(replicates)) or (None, None)
            count = int(np.count_nonzero(base))
            figures.append(Figure(definition.key, kind, float(value), low, high, count))
    return tuple(figures)
