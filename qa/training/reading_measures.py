"""How well a reader finds the sentence that answers, on questions that it was not trained on."""

from collections.abc import Set
from pathlib import Path

import numpy as np

from qa.evaluation.bootstrap import Floats, StatisticName, interval, resamples, statistic
from qa.evaluation.checker_measures import Estimate
from qa.training.reading_examples import documents_of, paragraph_bounds
from vectorstore.passage_reader import SentenceScorer, read_passages


def reading_figures(
    network: SentenceScorer, path: Path, trained_on: Set[str] = frozenset()
) -> tuple[str, str, str, str]:
    """The questions of a file's test split, how many of them their paragraph answers, of these the
    share whose best sentence answers, and the AUROC of answered paragraphs.

    Questions in `trained_on` are left out. Intervals are over documents; one document has none.
    """
    titles: list[str] = []
    hits: list[float] = []
    counted: list[float] = []
    odds: list[float] = []
    answered: list[float] = []
    for document, asked in documents_of(path, "test"):
        bounds = paragraph_bounds(document)
        for question in asked:
            if question.text in trained_on:
                continue
            first, last = bounds[question.paragraph]
            [reading] = read_passages(network, question.text, [document.window(first, last)])
            answering = {place - first for place, _ in question.answers}
            # Some files have no titles of their own.
            titles.append(document.title or document.sentences[0])
            odds.append(reading.log_odds)
            answered.append(1.0 if answering else -1.0)
            counted.append(float(bool(answering)))
            hits.append(float(int(np.argmax(reading.sentences)) in answering))
    if not titles:
        return "0", "0", "", ""
    found = _with_interval(titles, "ratio", np.array(hits) * np.array(counted), np.array(counted))
    auroc = ""
    if len(set(answered)) == 2:
        auroc = _with_interval(titles, "auroc", np.array(odds), np.array(answered))
    return f"{len(titles)}", f"{sum(counted):.0f}", found, auroc


def _with_interval(titles: list[str], name: StatisticName, x: Floats, y: Floats) -> str:
    [value] = statistic(name, x, y, np.ones((1, len(x))))
    if len(set(titles)) == 1:
        return f"{value:.3f}"
    ends = interval(np.concatenate([statistic(name, x, y, w) for w in resamples(titles)]))
    return str(Estimate(float(value), *(ends or (float("nan"), float("nan")))))
