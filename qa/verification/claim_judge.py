"""What a judge of claims is, and the one that needs no model.

A judge reads pairs of evidence and claim. It knows nothing of articles: which evidence to read, and
what to compare exactly, is decided in `claim_checker`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.verification.claims.tokens import content_stems

SUPPORTED, CONTRADICTED, NOT_FOUND = range(3)

Probabilities = NDArray[np.float32]
"""Of each outcome for each pair: shape (n, 3), rows adding up to one, columns as above."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a judge thinks of n pairs, and from which probability of support on it says yes."""

    probabilities: Probabilities
    threshold: float


class ClaimJudge(Protocol):
    """Says how likely evidence supports a claim, contradicts it, or does neither."""

    @property
    def reads_all_at_once(self) -> bool:
        """Whether it is asked only once for a text, with all evidence: each call is dear."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> Opinions:
        """Its opinions of pairs of (evidence, claim), at least one."""


class ModelOfEntailment(Protocol):
    """A model that gives `Probabilities`, and from which probability on a claim is supported."""

    @property
    def threshold(self) -> float: ...

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities: ...


class EntailmentJudge:
    """A `ClaimJudge` over a model of entailment."""

    reads_all_at_once = False

    def __init__(self, model: ModelOfEntailment) -> None:
        self._model = model

    def judge(self, pairs: Sequence[tuple[str, str]]) -> Opinions:
        return Opinions(self._model.probabilities(pairs), self._model.threshold)


SUREST_OVERLAP = 0.75


class WordOverlap:
    """A model of entailment that is none: the share of the claim's words that the evidence has.

    It cannot tell a contradiction, and is never so sure that a guard's penalty would not count.
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
