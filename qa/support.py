"""Finds the sentences of the given passages that bear out a claim, or says why none does."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qa.facts.clash import clash, denial
from qa.facts.dates import DateMention, same_date
from qa.facts.names import Name, Names, initials, is_person, name_runs, usual_words
from qa.facts.numbers import Quantity, same_quantity
from qa.facts.reading import Reading, plain_quote
from qa.facts.words import content_stems, find_words, stem
from vectorstore.types import ScoredPassage, Span, Vectors

Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors, one a row: `Embedder.embed`."""

_MARGIN = 0.1
"""By how much a sentence that says otherwise must come nearer than one that would do."""

_ONE = re.compile(r"\b(?:an?|one|single|sole|lone|only)\b", re.IGNORECASE)

Fact = Name | DateMention | Quantity


@dataclass(frozen=True, slots=True)
class Strictness:
    """Where the line is drawn. The values are fitted on a development set, not by feel.

    `meaning` is the least likeness of a claim to its quotes, the mean of the cosine of their
    vectors and the share of the claim's words found in them; `clause` is the same for each clause
    of the claim. `candidates` sentences are tried, and `quotes` of them may be combined.
    """

    meaning: float = 0.45
    clause: float = 0.25
    nearness: float = 0.6
    candidates: int = 6
    quotes: int = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """A range of an article, inside a given passage, that a claim rests on."""

    found: ScoredPassage
    span: Span

    @property
    def text(self) -> str:
        return self.found.passage.sentence_text(self.span)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`quotes` bear the claim out, or are empty and `reason` says why in a sentence.

    `contradicted`: the nearest sentence has the claim's every fact and says something else of them.
    """

    quotes: tuple[Quote, ...] = ()
    reason: str | None = None
    meaning: float = 0.0
    contradicted: bool = False

    @property
    def supported(self) -> bool:
        return bool(self.quotes)


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence of a passage; `numbers` are the given passages that have it, from 1."""

    found: ScoredPassage
    span: Span
    place: int
    reading: Reading
    numbers: frozenset[int] = field(default_factory=frozenset)

    @property
    def article_id(self) -> str:
        return self.found.article.id


class Sources:
    """The sentences of the passages given for one answer, read and embedded once."""

    def __init__(
        self,
        passages: Sequence[ScoredPassage],
        *,
        embed: Embed,
        question: str = "",
        strictness: Strictness | None = None,
    ) -> None:
        self._passages = passages
        self._embed = embed
        self._question = question
        self._strictness = strictness or Strictness()

    @property
    def addresses(self) -> frozenset[str]:
        """The articles' own addresses: the only ones that an answer may name."""
        return frozenset(found.article.url for found in self._passages if found.article.url)

    @cached_property
    def usual(self) -> frozenset[str]:
        """Words that the passages write small somewhere: opening a sentence they name nothing."""
        return usual_words(" ".join(found.passage.text for found in self._passages))

    @cached_property
    def _lines(self) -> list[_Line]:
        numbers: dict[tuple[str, Span], set[int]] = {}
        for number, found in enumerate(self._passages, start=1):
            for span in found.passage.sentences:
                numbers.setdefault((found.article.id, span), set()).add(number)
        lines: list[_Line] = []
        seen: set[tuple[str, Span]] = set()
        for found in self._passages:
            year: int | None = None
            for place, span in enumerate(found.passage.sentences):
                reading = Reading(
                    found.passage.sentence_text(span),
                    usual=self.usual,
                    published=found.article.published,
                    year_before=year,
                )
                year = next((max(d.years) for d in reversed(reading.dates) if d.years), year)
                key = (found.article.id, span)
                if key not in seen:
                    seen.add(key)
                    lines.append(_Line(found, span, place, reading, frozenset(numbers[key])))
        return lines

    @cached_property
    def _vectors(self) -> Vectors:
        return self._embed([line.reading.text for line in self._lines])

    @cached_property
    def _vectors_in_place(self) -> Vectors:
        """Each line with the one before it, which says who "he" is."""
        before = {(x.found.passage.id, x.place): x.reading.text for x in self._lines}
        return self._embed(
            [
                f"{before.get((x.found.passage.id, x.place - 1), '')} {x.reading.text}".strip()
                for x in self._lines
            ]
        )

    @cached_property
    def _weights(self) -> dict[str, float]:
        """How telling each stem is: rarer among the lines, heavier (inverse document frequency)."""
        counts: dict[str, int] = {}
        for line in self._lines:
            for stemmed in line.reading.stems:
                counts[stemmed] = counts.get(stemmed, 0) + 1
        total = len(self._lines)
        return {s: float(np.log((total + 1) / (n + 0.5))) + 0.2 for s, n in counts.items()}

    def _coverage(self, stems: frozenset[str], lines: Iterable[_Line]) -> float:
        """Share of `stems` that the lines have, each by its weight."""
        if not stems:
            return 1.0
        there = frozenset[str]().union(*(line.reading.stems for line in lines))
        unknown = max(self._weights.values(), default=1.0)
        weights = {s: self._weights.get(s, unknown) for s in stems}
        return sum(w for s, w in weights.items() if s in there) / sum(weights.values())

    def check(self, claim: str, cited: Iterable[int] = ()) -> Verdict:
        """The verdict on one sentence without its markers. `cited` are the passages it names.

        A passage that it does not name is used where those do not bear it out.
        """
        reading = Reading(claim, usual=self.usual)
        if not self._lines or not reading.stems:
            return Verdict(reason="It states nothing that a quote could support.")
        if invented := self._invented_quotation(reading):
            return Verdict(reason=f"The words “{invented}” are not in the articles found.")
        whole = self._rest_on_one(reading, frozenset(cited))
        if whole.supported or whole.contradicted:
            return whole
        return self._rest_on_several(reading, frozenset(cited)) or whole

    def _rest_on_several(self, claim: Reading, cited: frozenset[int]) -> Verdict | None:
        """The verdict when each clause rests on a sentence of its own, if all of them do."""
        clauses = [Reading(clause, usual=self.usual) for clause in claim.clauses]
        if len(clauses) < 2:
            return None
        verdicts = [self._rest_on_one(clause, cited) for clause in clauses]
        quotes = tuple(dict.fromkeys(q for v in verdicts for q in v.quotes))
        of_one_article = len({q.found.article.id for q in quotes}) == 1
        if not all(v.supported for v in verdicts) or len(quotes) > self._strictness.quotes:
            return None
        # Clauses that name nobody mean whoever the others name: in one article, or not at all.
        if not of_one_article and not all(clause.names for clause in clauses):
            return None
        return Verdict(quotes=quotes, meaning=min(v.meaning for v in verdicts))

    def _rest_on_one(self, claim: Reading, cited: frozenset[int]) -> Verdict:
        """The verdict when one sentence carries the claim; others may only say who is meant."""
        vector = self._embed([claim.text])[0]
        likeness = np.maximum(self._vectors @ vector, self._vectors_in_place @ vector)
        scores = [
            0.5 * float(likeness[i])
            + 0.5 * self._coverage(claim.stems, [line])
            + (0.1 if line.numbers & cited else 0.0)
            for i, line in enumerate(self._lines)
        ]
        best = sorted(range(len(scores)), key=lambda i: -scores[i])[: self._strictness.candidates]
        best = [i for i in best if scores[i] >= self._strictness.nearness * scores[best[0]]]
        verdicts = [self._try(claim, vector, self._lines[index]) for index in best]
        supporting = next((v for v in verdicts if v.supported), None)
        against = max(
            (v for v in verdicts if v.contradicted), key=lambda v: v.meaning, default=None
        )
        # A sentence that comes nearer and says otherwise outweighs one that would do.
        if supporting and (against is None or against.meaning <= supporting.meaning + _MARGIN):
            return supporting
        return against or verdicts[0]

    def _invented_quotation(self, claim: Reading) -> str | None:
        texts = [plain_quote(found.passage.text) for found in self._passages]
        return next(
            (q for q in claim.quotations if not any(plain_quote(q) in text for text in texts)), None
        )

    def _try(self, claim: Reading, vector: Vectors, first: _Line) -> Verdict:
        """The verdict when the claim is taken to rest on `first`."""
        lines = [first]
        missing = list(self._missing(claim, lines))
        facts = len(claim.names) + len(claim.dates) + len(claim.quantities)
        if len(missing) > max(1, (facts + 1) // 2):
            return Verdict(reason=_absent(missing[0]))
        while missing and len(lines) < self._strictness.quotes:
            added = self._completing(claim, missing, lines)
            if added is None:
                break
            lines.append(added)
            missing = list(self._missing(claim, lines))
        if missing:
            return Verdict(reason=_absent(missing[0]))
        meaning = self._meaning(claim, vector, lines)
        if meaning < self._strictness.meaning:
            return Verdict(reason="No sentence of the articles found says this.", meaning=meaning)
        readings = [line.reading for line in lines]
        if reason := denial(claim, readings):
            return Verdict(reason=reason, meaning=meaning, contradicted=True)
        if reason := clash(claim, readings):
            # With its every fact in one sentence, that sentence is about it.
            return Verdict(reason=reason, meaning=meaning, contradicted=_is_strong(reason, lines))
        if claim.subject and self._misread_subject(claim.subject, first):
            return Verdict(reason=f"The article does not say this of {claim.subject.text}.")
        if clause := self._loose_clause(claim, lines):
            return Verdict(
                reason=f"No sentence of the articles found says “{clause}”.", meaning=meaning
            )
        return Verdict(quotes=tuple(_quotes(lines)), meaning=meaning)

    def _missing(self, claim: Reading, lines: list[_Line]) -> Iterator[Fact]:
        """The facts of the claim that the lines do not have."""
        for fact in (*claim.names, *claim.dates, *claim.quantities):
            if self._has(lines, fact):
                continue
            if not (isinstance(fact, Name) and self._named_by_title(claim, fact, lines[0])):
                yield fact

    def _has(self, lines: list[_Line], fact: Fact) -> bool:
        if isinstance(fact, Name):
            return any(self._has_name(line, fact) for line in lines)
        if isinstance(fact, Quantity):
            return any(
                same_quantity(fact, q) for line in lines for q in line.reading.quantities
            ) or (fact.readings[0] == (1, "") and any(_ONE.search(x.reading.text) for x in lines))
        # The day of publication counts only for the sentence that carries the claim.
        known = [*lines[0].reading.known_dates]
        known += [d for line in lines[1:] if line.reading.dates for d in line.reading.known_dates]
        return same_date(fact, known) or _is_count(fact, lines)

    def _has_name(self, line: _Line, name: Name) -> bool:
        there = line.reading.all_names
        if there.has(name) or (not name.sure and stem(name.words[0]) in line.reading.stems):
            return True
        article = line.found.article
        if Names(" ".join(filter(None, (article.source, article.author)))).has(name):
            return True
        # A surname stands for the full name, if the two are put together anywhere in sight.
        alone = {n.words[0] for n in line.reading.names if len(n.words) == 1}
        if len(name.words) > 1 and name.words[-1] in alone:
            whole = " ".join(name.words)
            in_sight = (self._texts[article.id], article.title, self._question)
            return any(whole in " ".join(w.folded for w in find_words(t)) for t in in_sight)
        # "The association" stands for the one that the article names in full.
        if len(name.words) > 1 and re.search(rf"\b[Tt]he {name.words[-1]}\b", line.reading.text):
            return self._only_one(name, article.id)
        # "The Fund" stands for the IMF, where the article has the one or the other in full.
        last = self._last_words.get(name.words)
        others = {n.run[-1] for n in line.reading.names if len(n.run) > 1}
        return (
            last in there.words
            and last not in others
            and Names(f"{self._texts[article.id]}\n{article.title}").has(name)
        )

    def _only_one(self, name: Name, article_id: str) -> bool:
        """Whether no other name in sight of an article ends in the same word."""
        alike = {
            n.words
            for line in self._lines
            if line.article_id == article_id
            for n in line.reading.names
            if len(n.words) > 1 and n.words[-1] == name.words[-1]
        }
        return alike == {name.words}

    @cached_property
    def _texts(self) -> dict[str, str]:
        """What was given of each article."""
        texts: dict[str, str] = {}
        for found in self._passages:
            texts[found.article.id] = f"{texts.get(found.article.id, '')}\n{found.passage.text}"
        return texts

    @cached_property
    def _last_words(self) -> dict[tuple[str, ...], str]:
        """The last word of what each acronym stands for: {("imf",): "fund"}."""
        runs = (run for found in self._passages for run in name_runs(found.passage.text))
        return {(short,): run[-1].casefold() for run in runs for short in initials(run)}

    def _completing(self, claim: Reading, missing: list[Fact], lines: list[_Line]) -> _Line | None:
        """The nearest line before or after that says who or when is meant, if one may."""
        ranked = [
            (sum(self._may_complete(claim, fact, line, lines) for fact in missing), -gap, line)
            for line in self._lines
            if line not in lines and line.article_id == lines[0].article_id
            for gap in [abs(line.span.start - lines[0].span.start)]
        ]
        best = max(ranked, key=lambda rank: rank[:2], default=None)
        return best[2] if best and best[0] else None

    def _may_complete(self, claim: Reading, fact: Fact, line: _Line, lines: list[_Line]) -> bool:
        """Whether `fact` may come from `line` without taking the place of another fact."""
        first = lines[0]
        if not self._has([first, line], fact):
            return False
        if isinstance(fact, Name):
            return self._stands_for(claim, fact, line, first)
        if any(not claim.all_names.has(other) for other in line.reading.names):
            return False
        if isinstance(fact, DateMention):
            return not first.reading.dates and line.span < first.span
        units = {unit for _, unit in fact.readings}
        rival = any(
            units & {unit for _, unit in q.readings}
            and not any(same_quantity(mine, q) for mine in claim.quantities)
            for q in first.reading.quantities
        )
        shared = claim.plain_stems & line.reading.plain_stems
        return not rival and bool(shared) and _next_to(line, first)

    def _stands_for(self, claim: Reading, name: Name, line: _Line, first: _Line) -> bool:
        """Whether something in `first` may refer back to `name`, said in `line` before it."""
        return (
            line.span < first.span
            and self._may_refer(claim, name, first)
            and (not self._is_about(claim, name, first) or self._nearest_named(first, name))
        )

    def _named_by_title(self, claim: Reading, name: Name, first: _Line) -> bool:
        """Whether `first` may refer to a name in the article's title, none standing between."""
        return (
            Names(first.found.article.title).has(name)
            and self._may_refer(claim, name, first)
            and self._nearest_named(first, name)
        )

    def _may_refer(self, claim: Reading, name: Name, first: _Line) -> bool:
        """Whether `first` says less than the claim, and not something of another in its place."""
        if not first.reading.refers_back or _PLACED.search(claim.text, 0, name.start):
            return False
        own = [n for n in first.reading.names if not claim.all_names.has(n)]
        if any(_rivals(claim, name, first.reading, other) for other in own):
            return False
        theirs = first.reading.subject
        return claim.subject != name or theirs is None or claim.all_names.has(theirs)

    def _is_about(self, claim: Reading, name: Name, first: _Line) -> bool:
        """Whether the name would have to be what `first` opens with: "It", "The company"."""
        return claim.subject == name or bool(_OPENS_WITH_ANAPHOR.match(first.reading.text))

    def _misread_subject(self, subject: Name, first: _Line) -> bool:
        """Whether `first` opens with "He" and names the subject only later, so that he is another."""
        names = [n for n in first.reading.names if Names(n.text).has(subject)]
        return (
            bool(names)
            and bool(_PRONOUN.match(first.reading.text))
            and first.reading.subject is None
            and not self._nearest_named(first, subject)
        )

    def _nearest_named(self, first: _Line, name: Name) -> bool:
        """Whether `name` is the nearest that may be meant in `first`, from the lines before it.

        The title counts as the first line.
        """
        before = [
            line
            for line in self._lines
            if line.article_id == first.article_id and line.span < first.span
        ]
        of_person, of_thing = (p.search(first.reading.text) for p in (_HE, _IT))
        for line in sorted(before, key=lambda line: line.span, reverse=True):
            subject = line.reading.subject
            if subject is None or _alike(subject, name):
                if self._has_name(line, name):
                    return True
                continue
            if of_person and not of_thing and not is_person(subject):
                continue
            if of_thing and not of_person and is_person(subject) and len(subject.words) > 1:
                continue
            return False
        return Names(first.found.article.title).has(name)

    def _meaning(self, claim: Reading, vector: Vectors, lines: list[_Line]) -> float:
        text = " ".join(line.reading.text for line in sorted(lines, key=lambda x: x.span))
        likeness = float(self._embed([text])[0] @ vector)
        covered = 0.5 * self._coverage(claim.stems, lines)
        covered += 0.5 * self._coverage(claim.plain_stems, lines[:1])
        return 0.5 * likeness + 0.5 * covered

    def _loose_clause(self, claim: Reading, lines: list[_Line]) -> str | None:
        """A clause of the claim that none of the lines comes near."""
        clauses = [c for c in claim.clauses if len(content_stems(c)) >= 3]
        if len(clauses) < 2:
            return None
        vectors = self._embed([*clauses, *(line.reading.text for line in lines)])
        likeness = (vectors[: len(clauses)] @ vectors[len(clauses) :].T).max(axis=1)
        for clause, like in zip(clauses, likeness, strict=True):
            covered = self._coverage(frozenset(content_stems(clause)), lines)
            if 0.5 * float(like) + 0.5 * covered < self._strictness.clause:
                return clause
        return None


def _is_count(date: DateMention, lines: list[_Line]) -> bool:
    """A bare "2000" may be a count, which the lines write "2,000"."""
    return date.text.isdigit() and any(
        reading[0] == int(date.text)
        for line in lines
        for quantity in line.reading.quantities
        for reading in quantity.readings
    )


def _absent(fact: Fact) -> str:
    return f"“{fact.text}” is not in the sentences of the articles that come nearest to this."


def _next_to(line: _Line, other: _Line) -> bool:
    return line.found is other.found and abs(line.place - other.place) == 1


_PLACED = re.compile(r"\b(?:in|at|from|near)\s(?:the\s)?$")
_OF = re.compile(r"\b(?:of|in|at)\s(?:the\s)?$")
_PRONOUN = re.compile(r"\W*(?:he|she|it|they|his|her|its|their)\b", re.IGNORECASE)
_OPENS_WITH_ANAPHOR = re.compile(
    r"\W*(?:he|she|it|they|his|her|its|their|this|that|the\s[a-z]+)\b", re.IGNORECASE
)
_IT = re.compile(r"\b(?:it|its|itself|they|their)\b", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|she|his|her|him)\b", re.IGNORECASE)
_ASIDE = re.compile(r",\s([^,]+)(?:,|$)")


def _rivals(claim: Reading, name: Name, source: Reading, other: Name) -> bool:
    """Whether the source says of `other` what the claim says of `name`."""
    for part in claim.parts:
        for theirs in source.parts:
            if part.verb == theirs.verb and (
                (part.agent == name and theirs.agent == other)
                or (part.patient == name and theirs.patient == other)
            ):
                return True
    asides = [_ASIDE.match(r.text, n.end) for r, n in ((claim, name), (source, other))]
    if asides[0] and asides[1]:
        return bool(set(content_stems(asides[0][1])) & set(content_stems(asides[1][1])))
    after = [
        content_stems(r.text[n.end : n.end + 60])[:1] for r, n in ((claim, name), (source, other))
    ]
    return bool(after[0]) and after[0] == after[1] and not _OF.search(source.text, 0, other.start)


def _quotes(lines: list[_Line]) -> Iterator[Quote]:
    """The lines as ranges, those that follow each other as one, the main one first."""
    runs: list[list[_Line]] = []
    for line in sorted(lines, key=lambda x: (x.found.passage.id, x.place)):
        last = runs[-1][-1] if runs else None
        if last and last.found is line.found and last.place + 1 == line.place:
            runs[-1].append(line)
        else:
            runs.append([line])
    for run in sorted(runs, key=lambda run: lines[0] not in run):
        yield Quote(run[0].found, Span(run[0].span.start, run[-1].span.end))


def _alike(one: Name, other: Name) -> bool:
    return Names(one.text).has(other) or Names(other.text).has(one)


def _is_strong(reason: str, lines: list[_Line]) -> bool:
    return len(lines) == 1 and "another part" in reason
