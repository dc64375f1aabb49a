"""The interface of claim judges, and a judge that needs no model.

A judge reads pairs of evidence and claim. It knows nothing about articles: which evidence to read,
and what to compare exactly, is decided in `claim_checker`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.verification.claims.tokens import content_stems

SUPPORTED, CONTRADICTED, NOT_FOUND = range(3)

Probabilities = NDArray[np.float32]
"""The probability of each outcome per pair: shape (n, 3), rows sum to one, columns as above."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a judge thinks of n pairs, and the least probability of support that it accepts."""

    probabilities: Probabilities
    threshold: float


class ClaimJudge(Protocol):
    """Says how likely evidence supports a claim, contradicts it, or does neither."""

    @property
    def reads_all_at_once(self) -> bool:
        """Whether to ask it only once per text, with all evidence, because calls are expensive."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> Opinions:
        """Its opinions on one or more (evidence, claim) pairs."""


class ModelOfEntailment(Protocol):
    """A model that gives `Probabilities`, and the least at which a claim counts as supported."""

    @property
    def threshold(self) -> float: ...

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities: ...


class EntailmentJudge:
    """A `ClaimJudge` backed by an entailment model."""

    reads_all_at_once = False

    def __init__(self, model: ModelOfEntailment) -> None:
        self._model = model

    def judge(self, pairs: Sequence[tuple[str, str]]) -> Opinions:
        return Opinions(self._model.probabilities(pairs), self._model.threshold)


SUREST_OVERLAP = 0.75


class WordOverlap:
    """An entailment model in name only: the share of the claim's words that the evidence has.

    It cannot detect a contradiction, and is never too sure for a guard's penalty to matter.
    """

    threshold = 0.5

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        """
        >>> WordOverlap().probabilities([("The fund joined late.", "The fund joined.")]).round(1)
        array([[0.8, 0. , 0.2]], dtype=float32)
        """
        found = np.zeros((len(pairs), 3), np.float32)
        for row, (evidence, claim) in enumerate(pairs):
            claimed, there = set(content_stems(claim)), set(content_stems(evidence))
            found[row, SUPPORTED] = SUREST_OVERLAP * len(claimed & there) / max(1, len(claimed))
        found[:, NOT_FOUND] = 1 - found[:, SUPPORTED]
        return found
