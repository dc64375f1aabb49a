"""Fits the model that turns a judge's log-odds and the guards' conflicts into P(supported).

The claims are those of development pairs whose evidence resembles an article. A claim counts with
the evidence most in its favour, as when it is checked; so fitting and choosing alternate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.bootstrap import Floats
from qa.evaluation.checker_measures import Truths, fit_logistic, source_weights
from qa.verification.claim_checker import TOGETHER, evidence_for, evidence_text, is_several
from qa.verification.facts import Facts
from qa.verification.guards import GUARDS, conflicts
from qa.verification.source_sentences import SourceSentences
from vectorstore.cross_encoder import Logits
from vectorstore.entailment import log_odds
from vectorstore.types import ScoredPassage

FEATURES = ("log-odds", "constant", *GUARDS, "several places")
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim, the passages it is checked against, and whether they support it."""

    source: str
    claim: str
    passages: Sequence[ScoredPassage]
    is_supported: bool


@dataclass(frozen=True, slots=True)
class SupportFit:
    """Coefficients of `FEATURES`, and their standard errors."""

    coefficients: Floats
    errors: Floats


def fit_support(
    claims: Sequence[LabelledClaim], logits: Callable[[Sequence[tuple[str, str]]], Logits]
) -> SupportFit:
    """Every source has the same weight. `logits` gives a network's for (evidence, claim)."""
    features, owners = _features(claims, logits)
    truths: Truths = np.array([each.is_supported for each in claims])
    weights = source_weights([each.source for each in claims])
    fitted = np.array([0.5, 0.0, *[-1.0] * (len(FEATURES) - 2)])
    errors = np.zeros_like(fitted)
    for _ in range(ROUNDS):
        best = _best(features @ fitted, owners, len(claims))
        fitted, errors = fit_logistic(features[best], truths, weights)
    return SupportFit(fitted, errors)


def _features(
    claims: Sequence[LabelledClaim], logits: Callable[[Sequence[tuple[str, str]]], Logits]
) -> tuple[Floats, NDArray[np.int_]]:
    """A row per claim and evidence, shape (n, features), and the index of each row's claim."""
    rows: list[list[float]] = []
    owners: list[int] = []
    texts: list[tuple[str, str]] = []
    for index, each in enumerate(claims):
        sources, facts = SourceSentences(each.passages), Facts(each.claim)
        for evidence in evidence_for(sources, sources.nearest(each.claim, TOGETHER)):
            found = {conflict.guard for conflict in conflicts(facts, evidence)}
            rows.append([1.0, *(float(g in found) for g in GUARDS), float(is_several(evidence))])
            owners.append(index)
            texts.append((evidence_text(evidence), each.claim))
    return np.column_stack([log_odds(logits(texts)), np.array(rows)]), np.array(owners)


def _best(scores: Floats, owners: NDArray[np.int_], claims: int) -> NDArray[np.int_]:
    """The row with the highest score for each claim."""
    order = np.lexsort((-scores, owners))
    best: NDArray[np.int_] = order[np.searchsorted(owners[order], np.arange(claims))]
    return best
