"""Checks labelled pairs of evidence and claim as the service would: the evidence is an article."""

from collections.abc import Sequence

import numpy as np

from qa.evaluation.checker_measures import CheckerFigures, checker_figures
from qa.verification.claim_checker import Claim, ClaimChecker, Verdict
from qa.verification.claim_judge import ClaimJudge
from vectorstore.text.sentences import split_sentences
from vectorstore.types import ArticleInfo, Passage, ScoredPassage

AT_ONCE = 64


def check_pairs(pairs: Sequence[tuple[str, str]], judge: ClaimJudge) -> list[Verdict]:
    """The verdict on the claim of each (evidence, claim) pair, given its evidence alone."""
    evidence = {text: article_of(text) for text, _ in pairs}
    checker = ClaimChecker(list(evidence.values()), judge)
    claims = [Claim(claim, among=(evidence[text],)) for text, claim in pairs]
    verdicts: list[Verdict] = []
    for start in range(0, len(claims), AT_ONCE):
        verdicts += checker.check_all(claims[start : start + AT_ONCE])
    return verdicts


def pair_figures(
    pairs: Sequence[tuple[str, str]], truths: Sequence[bool], judge: ClaimJudge
) -> CheckerFigures:
    """How well the claims of (evidence, claim) pairs are checked; `truths` says which are right."""
    verdicts = check_pairs(pairs, judge)
    return checker_figures(
        np.array([verdict.probability or 0.0 for verdict in verdicts]),
        np.array([verdict.supported for verdict in verdicts]),
        np.array(truths),
        [claim for _, claim in pairs],
    )


def article_of(text: str) -> ScoredPassage:
    """A text as an article of one passage."""
    name = str(hash(text))
    passage = Passage(name, name, 0, len(text), text, tuple(split_sentences(text)))
    return ScoredPassage(passage, ArticleInfo(id=name), score=1.0)
