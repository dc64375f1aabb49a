"""Finds the sentences of the given passages that support a claim, or the reason why none does."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from qa.verification.claims.contradiction import clash, denial
from qa.verification.claims.entities import Entity
from qa.verification.claims.parsed_claim import Fact, ParsedClaim, plain_quote
from qa.verification.claims.quantities import Quantity, same_quantity
from qa.verification.claims.tokens import content_stems
from qa.verification.coreference import misread_subject, named_by_title, stands_for
from qa.verification.source_sentences import Embed, SourceSentence, SourceSentences
from vectorstore.text.dates import DateMention, same_date
from vectorstore.types import ScoredPassage, Span, Vectors

logger = logging.getLogger(__name__)

COULD_NOT_BE_CHECKED = "This sentence could not be checked."

_MARGIN = 0.1
"""How much closer a contradicting sentence must be than a supporting one to prevail."""

_MOST_CLAUSES = 8
_ONE = re.compile(r"\b(?:an?|one|single|sole|lone|only)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of support, fitted on a development set.

    `meaning` is the minimum similarity of a claim to its quotes: the mean of the cosine of their
    vectors and the share of the claim's words found in them. `clause` is the same for each clause
    of the claim. At most `candidates` sentences are tried, each with at least `nearness` of the
    best one's score; up to `quotes` of them may be combined.
    """

    meaning: float = 0.45
    clause: float = 0.25
    nearness: float = 0.6
    candidates: int = 6
    quotes: int = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """A range of an article, inside a given passage, that supports a claim."""

    found: ScoredPassage
    span: Span

    @property
    def text(self) -> str:
        return self.found.passage.sentence_text(self.span)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`quotes` support the claim, or are empty and `reason` says why in a sentence.

    `contradicted`: the closest sentence has all facts of the claim but says something else.
    """

    quotes: tuple[Quote, ...] = ()
    reason: str | None = None
    meaning: float = 0.0
    contradicted: bool = False

    @property
    def supported(self) -> bool:
        return bool(self.quotes)


class ClaimChecker:
    """Checks claims against the sentences of given passages, parsed and embedded once."""

    def __init__(
        self,
        passages: Sequence[ScoredPassage],
        *,
        embed: Embed,
        question: str = "",
        thresholds: Thresholds | None = None,
    ) -> None:
        self._sources = SourceSentences(passages, embed, question)
        self._embed = embed
        self._thresholds = thresholds or Thresholds()
        self._verdicts: dict[tuple[str, frozenset[int]], Verdict] = {}

    def prepare(self) -> None:
        """Parses and embeds the passages now instead of with the first claim."""
        self._sources.prepare()

    @property
    def addresses(self) -> frozenset[str]:
        """The articles' own URLs, the only ones that an answer may contain."""
        return self._sources.addresses

    def check(self, claim: str, cited: Iterable[int] = ()) -> Verdict:
        """The verdict on one sentence without its markers. `cited` are the passages it cites.

        Other passages are used if those do not support it.
        """
        key = claim, frozenset(cited)
        if key not in self._verdicts:
            try:
                self._verdicts[key] = self.verdict(*key)
            except Exception:  # an error in one sentence must not cost the whole answer
                logger.exception("A sentence of %d characters could not be checked.", len(claim))
                self._verdicts[key] = Verdict(reason=COULD_NOT_BE_CHECKED)
        return self._verdicts[key]

    def verdict(self, claim: str, cited: frozenset[int]) -> Verdict:
        """Like `check`, without a cache and without catching errors."""
        parsed = ParsedClaim(claim, usual=self._sources.usual)
        if not self._sources.all or not parsed.stems:
            return Verdict(reason="It makes no statement that a quote could support.")
        if invented := self._invented_quotation(parsed):
            return Verdict(reason=f"The words “{invented}” do not occur in the passages found.")
        whole = self._rest_on_one(parsed, cited)
        if whole.supported or whole.contradicted:
            return whole
        return self._rest_on_several(parsed, cited) or whole

    def _rest_on_several(self, claim: ParsedClaim, cited: frozenset[int]) -> Verdict | None:
        """The verdict if every clause is supported by a sentence of its own, else None."""
        clauses = [ParsedClaim(clause, usual=self._sources.usual) for clause in claim.clauses]
        if not 2 <= len(clauses) <= _MOST_CLAUSES:
            return None
        verdicts = [self._rest_on_one(clause, cited) for clause in clauses]
        quotes = tuple(dict.fromkeys(q for v in verdicts for q in v.quotes))
        of_one_article = len({q.found.article.id for q in quotes}) == 1
        if not all(v.supported for v in verdicts) or len(quotes) > self._thresholds.quotes:
            return None
        # A clause without a name is about the names of the other clauses: all in one article.
        if not of_one_article and not all(clause.names for clause in clauses):
            return None
        return Verdict(quotes=quotes, meaning=min(v.meaning for v in verdicts))

    def _rest_on_one(self, claim: ParsedClaim, cited: frozenset[int]) -> Verdict:
        """The verdict if one sentence supports the claim; others may only resolve references."""
        vector = self._embed([claim.text])[0]
        similarity = np.maximum(
            self._sources.vectors @ vector, self._sources.vectors_in_place @ vector
        )
        scores = [
            0.5 * float(similarity[i])
            + 0.5 * self._sources.coverage(claim.stems, [sentence])
            + (0.1 if sentence.numbers & cited else 0.0)
            for i, sentence in enumerate(self._sources.all)
        ]
        best = sorted(range(len(scores)), key=lambda i: -scores[i])[: self._thresholds.candidates]
        best = [i for i in best if scores[i] >= self._thresholds.nearness * scores[best[0]]]
        verdicts = [self._try(claim, vector, self._sources.all[index]) for index in best]
        supporting = next((v for v in verdicts if v.supported), None)
        against = max(
            (v for v in verdicts if v.contradicted), key=lambda v: v.meaning, default=None
        )
        # A closer sentence that contradicts the claim outweighs one that supports it.
        if supporting and (against is None or against.meaning <= supporting.meaning + _MARGIN):
            return supporting
        return against or verdicts[0]

    def _invented_quotation(self, claim: ParsedClaim) -> str | None:
        texts = [plain_quote(found.passage.text) for found in self._sources.passages]
        return next(
            (q for q in claim.quotations if not any(plain_quote(q) in text for text in texts)), None
        )

    def _try(self, claim: ParsedClaim, vector: Vectors, first: SourceSentence) -> Verdict:
        """The verdict if `first` is taken as the supporting sentence."""
        sentences = [first]
        missing = list(self._missing(claim, sentences))
        if len(missing) > max(1, (len(claim.facts) + 1) // 2):
            return Verdict(reason=_absent(missing[0]))
        while missing and len(sentences) < self._thresholds.quotes:
            added = self._completing(claim, missing, sentences)
            if added is None:
                break
            sentences.append(added)
            missing = list(self._missing(claim, sentences))
        if missing:
            return Verdict(reason=_absent(missing[0]))
        meaning = self._meaning(claim, vector, sentences)
        if meaning < self._thresholds.meaning:
            return Verdict(reason="No sentence found in the articles says this.", meaning=meaning)
        parsed = [sentence.reading for sentence in sentences]
        if reason := denial(claim, parsed):
            return Verdict(reason=reason, meaning=meaning, contradicted=True)
        if reason := clash(claim, parsed):
            # A single sentence with every fact of the claim is about the same thing.
            return Verdict(
                reason=reason, meaning=meaning, contradicted=_is_strong(reason, sentences)
            )
        if claim.subject and misread_subject(self._sources, claim.subject, first):
            return Verdict(reason=f"The article does not say this of {claim.subject.text}.")
        if clause := self._loose_clause(claim, sentences):
            return Verdict(
                reason=f"No sentence found in the articles says “{clause}”.", meaning=meaning
            )
        return Verdict(quotes=tuple(_quotes(sentences)), meaning=meaning)

    def _missing(self, claim: ParsedClaim, sentences: list[SourceSentence]) -> Iterator[Fact]:
        """The facts of the claim that are missing from the sentences."""
        for fact in claim.facts:
            if self._has(sentences, fact):
                continue
            if not (
                isinstance(fact, Entity)
                and named_by_title(self._sources, claim, fact, sentences[0])
            ):
                yield fact

    def _has(self, sentences: list[SourceSentence], fact: Fact) -> bool:
        if isinstance(fact, Entity):
            return any(self._sources.has_name(sentence, fact) for sentence in sentences)
        if isinstance(fact, Quantity):
            return any(
                same_quantity(fact, q)
                for sentence in sentences
                for q in sentence.reading.quantities
            ) or (
                fact.readings[0] == (Decimal(1), "")
                and any(_ONE.search(x.reading.text) for x in sentences)
            )
        # The publication date counts only for the supporting sentence.
        known = [*sentences[0].reading.known_dates]
        known += [
            d
            for sentence in sentences[1:]
            if sentence.reading.dates
            for d in sentence.reading.known_dates
        ]
        return same_date(fact, known) or _is_count(fact, sentences)

    def _completing(
        self, claim: ParsedClaim, missing: list[Fact], sentences: list[SourceSentence]
    ) -> SourceSentence | None:
        """The nearest sentence before or after that says who or when is meant, if any."""
        ranked = [
            (
                sum(self._may_complete(claim, fact, sentence, sentences) for fact in missing),
                -gap,
                sentence,
            )
            for sentence in self._sources.all
            if sentence not in sentences and sentence.article_id == sentences[0].article_id
            for gap in [abs(sentence.span.start - sentences[0].span.start)]
        ]
        best = max(ranked, key=lambda rank: rank[:2], default=None)
        return best[2] if best and best[0] else None

    def _may_complete(
        self,
        claim: ParsedClaim,
        fact: Fact,
        sentence: SourceSentence,
        sentences: list[SourceSentence],
    ) -> bool:
        """Whether `sentence` may supply `fact` without replacing another fact."""
        first = sentences[0]
        if not self._has([first, sentence], fact):
            return False
        if isinstance(fact, Entity):
            return stands_for(self._sources, claim, fact, sentence, first)
        if any(not claim.all_names.has(other) for other in sentence.reading.names):
            return False
        if isinstance(fact, DateMention):
            return not first.reading.dates and sentence.span < first.span
        units = {unit for _, unit in fact.readings}
        rival = any(
            units & {unit for _, unit in q.readings}
            and not any(same_quantity(mine, q) for mine in claim.quantities)
            for q in first.reading.quantities
        )
        shared = claim.plain_stems & sentence.reading.plain_stems
        return not rival and bool(shared) and _next_to(sentence, first)

    def _meaning(
        self, claim: ParsedClaim, vector: Vectors, sentences: list[SourceSentence]
    ) -> float:
        ordered = sorted(sentences, key=lambda sentence: sentence.span)
        text = " ".join(sentence.reading.text for sentence in ordered)
        similarity = float(self._sources.vector(sentences[0]) @ vector)
        if len(sentences) > 1:
            similarity = float(self._embed([text])[0] @ vector)
        covered = 0.5 * self._sources.coverage(claim.stems, sentences)
        covered += 0.5 * self._sources.coverage(claim.plain_stems, sentences[:1])
        return 0.5 * similarity + 0.5 * covered

    def _loose_clause(self, claim: ParsedClaim, sentences: list[SourceSentence]) -> str | None:
        """A clause of the claim that is close to none of the sentences."""
        clauses = [c for c in claim.clauses if len(content_stems(c)) >= 3]
        if len(clauses) < 2:
            return None
        vectors = self._embed([*clauses, *(sentence.reading.text for sentence in sentences)])
        similarity = (vectors[: len(clauses)] @ vectors[len(clauses) :].T).max(axis=1)
        for clause, nearest in zip(clauses, similarity, strict=True):
            covered = self._sources.coverage(frozenset(content_stems(clause)), sentences)
            if 0.5 * float(nearest) + 0.5 * covered < self._thresholds.clause:
                return clause
        return None


def _is_count(date: DateMention, sentences: list[SourceSentence]) -> bool:
    """Whether a bare "2000" is a count, written "2,000" in the sentences."""
    return date.text.isdigit() and any(
        reading[0] == int(date.text)
        for sentence in sentences
        for quantity in sentence.reading.quantities
        for reading in quantity.readings
    )


def _absent(fact: Fact) -> str:
    return f"“{fact.text}” does not occur in the closest matching sentences of the articles."


def _next_to(sentence: SourceSentence, other: SourceSentence) -> bool:
    return sentence.found is other.found and abs(sentence.place - other.place) == 1


def _quotes(sentences: list[SourceSentence]) -> Iterator[Quote]:
    """The sentences as ranges, adjacent ones merged, the main one first."""
    runs: list[list[SourceSentence]] = []
    for sentence in sorted(sentences, key=lambda x: (x.found.passage.id, x.place)):
        last = runs[-1][-1] if runs else None
        if last and last.found is sentence.found and last.place + 1 == sentence.place:
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    for run in sorted(runs, key=lambda run: sentences[0] not in run):
        yield Quote(run[0].found, Span(run[0].span.start, run[-1].span.end))


def _is_strong(reason: str, sentences: list[SourceSentence]) -> bool:
    return len(sentences) == 1 and "different role" in reason
