"""Checks claims against the sentences of given passages: which evidence, which verdict, and why.

A judge reads each claim with the sentence nearest to it; if that does not support the claim, also
with the sentence before that one, and with several near ones together. Conflicts found by exact
comparison (`guards`) lower the judge's probability.
"""

import logging
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qa.types import Outcome
from qa.verification.claim_judge import CONTRADICTED, NOT_FOUND, SUPPORTED, ClaimJudge
from qa.verification.facts import Facts
from qa.verification.guards import Conflict, conflicts, guarded
from qa.verification.source_sentences import (
    SourceSentence,
    SourceSentences,
    in_order,
    words_of_claim,
)
from vectorstore.errors import UserError
from vectorstore.types import ScoredPassage, Span

logger = logging.getLogger(__name__)

COULD_NOT_BE_CHECKED = "This sentence could not be checked."
NOT_SAID = "No sentence found in the articles says this."

TOGETHER = 4
"""How many near sentences are read together."""
_LONGEST_QUOTE = 240
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{2,}?)[\"“”»]")
_ENDING = re.compile(r"[.!?…,;:]+(?=[\"”»])|[.!?…,;:]+$")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence without its markers, and the passages, from 1, that it cites.

    It is checked against the passages in `among`; None means all.
    """

    text: str
    cited: frozenset[int] = frozenset()
    among: Sequence[ScoredPassage] | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A range of an article, inside a given passage, that supports a claim."""

    found: ScoredPassage
    span: Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """`quotes` support the claim; if there are none, `reason` says why in a sentence.

    `probability` is how likely the judge finds the claim to be supported; None if it was not asked.
    """

    outcome: Outcome = "not_found"
    quotes: tuple[Quote, ...] = ()
    reason: str | None = None
    probability: float | None = None

    @property
    def supported(self) -> bool:
        return self.outcome == "supported"


Evidence = tuple[SourceSentence, ...]

FindPassages = Callable[[Sequence[str]], Iterable[Sequence[ScoredPassage]]]
"""Maps sentences to the passages found for each, in order."""


@dataclass(slots=True)
class _Case:
    """A claim under examination, the sentences `near` it, and the best evidence so far.

    `rank` orders evidence: whether it is accepted, shorter first if so, the probability.
    """

    claim: Claim
    facts: Facts
    near: list[SourceSentence]
    evidence: Evidence = ()
    rank: tuple[bool, int, float] = (False, 0, -1.0)
    conflicts: list[Conflict] = field(default_factory=list)
    contradiction: float = 0.0

    @property
    def accepted(self) -> bool:
        return self.rank[0]


class ClaimChecker:
    """Checks claims against the sentences of given passages, which are read once."""

    def __init__(
        self,
        passages: Sequence[ScoredPassage],
        judge: ClaimJudge,
        *,
        question: str = "",
        find_more: FindPassages | None = None,
    ) -> None:
        """`find_more` searches the passages' articles for support that the passages lack."""
        self._sources = SourceSentences(passages)
        self._judge = judge
        self._question = question
        self._find_more = find_more
        self._verdicts: dict[Claim, Verdict] = {}

    def prepare(self) -> None:
        """Reads the passages now rather than with the first claim."""
        _ = self._sources.all

    @property
    def reads_all_at_once(self) -> bool:
        return self._judge.reads_all_at_once

    @property
    def passages(self) -> Sequence[ScoredPassage]:
        return self._sources.passages

    @property
    def addresses(self) -> frozenset[str]:
        """The articles' own URLs, the only ones that an answer may contain."""
        found = (passage.article.url for passage in self.passages)
        return frozenset(url for url in found if url)

    def check_all(self, claims: Sequence[Claim]) -> list[Verdict]:
        """The verdict on each claim; the judge reads them in batches.

        A claim that causes an error is not supported, and does not affect the others. UserError,
        such as for a judge that cannot be loaded, is raised.
        """
        new = [each for each in dict.fromkeys(claims) if each not in self._verdicts]
        try:
            self._verdicts |= zip(new, self._thorough(new), strict=True)
        except UserError:
            raise
        except Exception:  # noqa: BLE001  # claims are retried one by one to isolate it
            for claim in new:
                self._verdicts[claim] = self._checked_alone(claim)
        return [self._verdicts[claim] for claim in claims]

    def _checked_alone(self, claim: Claim) -> Verdict:
        try:
            return self._thorough([claim])[0]
        except Exception:
            logger.exception("A sentence of %d characters could not be checked.", len(claim.text))
            return Verdict(reason=COULD_NOT_BE_CHECKED)

    def _thorough(self, claims: Sequence[Claim]) -> list[Verdict]:
        """The verdicts; if the given passages do not suffice, `find_more` supplies others."""
        verdicts = self.verdicts(claims)
        doubtful = [i for i, each in enumerate(verdicts) if not each.supported]
        if not doubtful or self._find_more is None or self.reads_all_at_once:
            return verdicts
        texts = [claims[index].text for index in doubtful]
        found = [tuple(each) for each in self._find_more(texts)]
        passages = {each.passage.id: each for group in found for each in group}
        others = ClaimChecker(list(passages.values()), self._judge, question=self._question)
        again = others.verdicts(
            [Claim(text, among=group) for text, group in zip(texts, found, strict=True)]
        )
        for index, verdict in zip(doubtful, again, strict=True):
            if verdict.supported:
                verdicts[index] = verdict
        return verdicts

    def verdicts(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Like `check_all`, from the given passages alone, and without catching errors."""
        given: dict[int, Verdict] = {}
        cases: dict[int, _Case] = {}
        for index, claim in enumerate(claims):
            near = self._near(claim)
            if same := next(
                (each for each in near if _plain(each.text) == _plain(claim.text)), None
            ):
                given[index] = Verdict("supported", tuple(_quotes((same,))), probability=1.0)
            elif reason := self._cannot_be_supported(claim):
                given[index] = Verdict(reason=reason)
            else:
                cases[index] = _Case(claim, Facts(claim.text), near)
        everything = list(cases.values())
        if self._judge.reads_all_at_once:
            self._examine(everything, self._together)
        else:
            self._examine(everything, self._alone)
            self._examine([each for each in everything if not each.accepted], self._with_others)
            self._examine([each for each in everything if each.accepted], self._fewer)
        return [given[i] if i in given else self._verdict(cases[i]) for i in range(len(claims))]

    def _near(self, claim: Claim) -> list[SourceSentence]:
        passages = self._sources.passages
        cited = [passages[number - 1] for number in claim.cited if 0 < number <= len(passages)]
        return self._sources.nearest(claim.text, TOGETHER, among=claim.among, cited=cited)

    def _cannot_be_supported(self, claim: Claim) -> str | None:
        if not self._sources.all or not words_of_claim(claim.text):
            return "It makes no statement that a quote could support."
        for quotation in _QUOTED.findall(claim.text):
            if len(quotation.split()) >= 3 and not self._is_said(quotation):
                return f"The words “{quotation}” do not occur in the passages found."
        return None

    def _is_said(self, quotation: str) -> bool:
        wanted = _plain(quotation)
        return any(wanted in _plain(found.passage.text) for found in self._sources.passages)

    def _alone(self, case: _Case) -> Iterable[Evidence]:
        return evidence_for(self._sources, case.near)[:1]

    def _with_others(self, case: _Case) -> Iterable[Evidence]:
        return evidence_for(self._sources, case.near)[1:]

    def _together(self, case: _Case) -> Iterable[Evidence]:
        return evidence_for(self._sources, case.near)[-1:]

    def _fewer(self, case: _Case) -> Iterable[Evidence]:
        """Smaller sets of the sentences that together support the claim."""
        return [tuple(in_order(case.near[:n])) for n in range(2, len(case.evidence))]

    def _examine(
        self, cases: Sequence[_Case], evidence: Callable[[_Case], Iterable[Evidence]]
    ) -> None:
        """Has each claim judged against each `evidence`; keeps the shortest that supports it, or
        else the one that comes closest."""
        tried = [(case, each) for case in cases for each in evidence(case) if each]
        pairs = [(evidence_text(each), case.claim.text) for case, each in tried]
        if not pairs:
            return
        opinions = self._judge.judge(pairs)
        for (case, each), row in zip(tried, opinions.probabilities, strict=True):
            found = list(conflicts(case.facts, each, self._question))
            probability = guarded(float(row[SUPPORTED]), found, several=is_several(each))
            accepted = probability >= opinions.threshold
            rank = (accepted, -len(each) if accepted else 0, probability)
            if rank > case.rank:
                case.evidence, case.rank, case.conflicts = each, rank, found
                case.contradiction = float(row[CONTRADICTED] - row[NOT_FOUND])

    def _verdict(self, case: _Case) -> Verdict:
        if not case.evidence:
            return Verdict(reason=NOT_SAID)
        probability = round(case.rank[2], 3)
        if case.accepted:
            return Verdict("supported", tuple(_quotes(case.evidence)), probability=probability)
        disputed = any(conflict.guard in ("denial", "role") for conflict in case.conflicts)
        outcome: Outcome = "contradicted" if disputed or case.contradiction > 0 else "not_found"
        return Verdict(outcome, reason=_reason(case, outcome), probability=probability)


def _reason(case: _Case, outcome: Outcome) -> str:
    if case.conflicts:
        return case.conflicts[0].reason
    if outcome == "contradicted":
        return f"The articles say otherwise: “{_shortened(case.near[0].text)}”"
    return NOT_SAID


def evidence_for(sources: SourceSentences, near: Sequence[SourceSentence]) -> list[Evidence]:
    """What a claim is checked against: the nearest sentence, that one with its predecessor, and
    all `near` ones together."""
    if not near:
        return []
    before = sources.before(near[0])
    tried: list[Evidence] = [
        (near[0],),
        *([(before, near[0])] if before else []),
        tuple(in_order(near)),
    ]
    return list(dict.fromkeys(tried))


def is_several(evidence: Evidence) -> bool:
    """Whether the evidence was put together from several places."""
    return not all(_follows(other, one) for one, other in pairwise(evidence))


def _follows(sentence: SourceSentence, other: SourceSentence) -> bool:
    same = sentence.found.passage.id == other.found.passage.id
    return same and sentence.place == other.place + 1


def evidence_text(evidence: Evidence) -> str:
    """The text that a judge reads."""
    return " ".join(sentence.text for sentence in evidence)


def _quotes(evidence: Evidence) -> Iterator[Quote]:
    """The sentences as ranges of their articles, adjacent ones merged."""
    runs: list[list[SourceSentence]] = []
    for sentence in evidence:
        if runs and _follows(sentence, runs[-1][-1]):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    for run in runs:
        yield Quote(run[0].found, Span(run[0].span.start, run[-1].span.end))


def _plain(text: str) -> str:
    """A quotation as it is compared: ignoring case, spacing and typographic marks."""
    bare = text.translate(
        {0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2014: "-", 0x2013: "-"}
    )
    return " ".join(_ENDING.sub("", bare.strip()).casefold().split())


def _shortened(text: str) -> str:
    """
    >>> _shortened("word " * 100)[-10:]
    'word word…'
    """
    return textwrap.shorten(text, _LONGEST_QUOTE, placeholder="…")
