"""The sentences of the passages given for an answer, read and embedded once."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qa.verification.claims.entities import Entity, EntityForms, entity_runs, initials, usual_words
from qa.verification.claims.parsed_claim import ParsedClaim
from qa.verification.claims.tokens import base_stem, find_words
from vectorstore.types import ScoredPassage, Span, Vectors

Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors, one per row: `Embedder.embed`."""


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence of a passage; `numbers` are the given passages that have it, from 1."""

    found: ScoredPassage
    span: Span
    place: int
    reading: ParsedClaim
    numbers: frozenset[int] = field(default_factory=frozenset)

    @property
    def article_id(self) -> str:
        return self.found.article.id


class SourceSentences:
    """All sentences of the given passages, each once, however many passages it is in.

    `question` is what was asked: a full name in it stands for the surname in a passage.
    """

    def __init__(self, passages: Sequence[ScoredPassage], embed: Embed, question: str = "") -> None:
        self.passages = passages
        self.embed = embed
        self._question = question

    def prepare(self) -> None:
        """Parses and embeds the passages now instead of with the first claim."""
        _ = self.all and (self.vectors, self.vectors_in_place, self._weights)

    @property
    def addresses(self) -> frozenset[str]:
        """The articles' own URLs, the only ones that an answer may contain."""
        return frozenset(found.article.url for found in self.passages if found.article.url)

    @cached_property
    def usual(self) -> frozenset[str]:
        """Words that the passages write small somewhere: opening a sentence they name nothing."""
        return usual_words(" ".join(found.passage.text for found in self.passages))

    @cached_property
    def all(self) -> list[SourceSentence]:
        numbers: dict[tuple[str, Span], set[int]] = {}
        for number, found in enumerate(self.passages, start=1):
            for span in found.passage.sentences:
                numbers.setdefault((found.article.id, span), set()).add(number)
        lines: list[SourceSentence] = []
        seen: set[tuple[str, Span]] = set()
        for found in self.passages:
            year: int | None = None
            for place, span in enumerate(found.passage.sentences):
                reading = ParsedClaim(
                    found.passage.sentence_text(span),
                    usual=self.usual,
                    published=found.article.published,
                    year_before=year,
                )
                year = next((max(d.years) for d in reversed(reading.dates) if d.years), year)
                key = (found.article.id, span)
                if key not in seen:
                    seen.add(key)
                    lines.append(
                        SourceSentence(found, span, place, reading, frozenset(numbers[key]))
                    )
        return lines

    @cached_property
    def vectors(self) -> Vectors:
        return self.embed([line.reading.text for line in self.all])

    def vector(self, line: SourceSentence) -> Vectors:
        """The row of one line; shape (d,)."""
        row: Vectors = self.vectors[self._rows[line.article_id, line.span]]
        return row

    @cached_property
    def _rows(self) -> dict[tuple[str, Span], int]:
        return {(line.article_id, line.span): row for row, line in enumerate(self.all)}

    @cached_property
    def vectors_in_place(self) -> Vectors:
        """Each line that refers back with the one before it, which says who "he" is."""
        before = {(x.found.passage.id, x.place + 1): x.reading.text for x in self.all}
        rows = [
            row
            for row, line in enumerate(self.all)
            if line.reading.refers_back and (line.found.passage.id, line.place) in before
        ]
        vectors = self.vectors.copy()
        if rows:
            lines = [self.all[row] for row in rows]
            vectors[rows] = self.embed(
                [f"{before[x.found.passage.id, x.place]} {x.reading.text}" for x in lines]
            )
        return vectors

    @cached_property
    def _weights(self) -> dict[str, float]:
        """How telling each stem is: rarer among the lines, heavier (inverse document frequency)."""
        counts: dict[str, int] = {}
        for line in self.all:
            for stemmed in line.reading.stems:
                counts[stemmed] = counts.get(stemmed, 0) + 1
        total = len(self.all)
        return {s: float(np.log((total + 1) / (n + 0.5))) + 0.2 for s, n in counts.items()}

    def coverage(self, stems: frozenset[str], lines: Iterable[SourceSentence]) -> float:
        """Share of `stems` that the lines have, each by its weight."""
        if not stems:
            return 1.0
        there = frozenset[str]().union(*(line.reading.stems for line in lines))
        unknown = max(self._weights.values(), default=1.0)
        weights = {s: self._weights.get(s, unknown) for s in stems}
        return sum(w for s, w in weights.items() if s in there) / sum(weights.values())

    def has_name(self, line: SourceSentence, name: Entity) -> bool:
        there = line.reading.all_names
        if there.has(name) or (not name.sure and base_stem(name.words[0]) in line.reading.stems):
            return True
        article = line.found.article
        if EntityForms(" ".join(filter(None, (article.source, article.author)))).has(name):
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
            and EntityForms(f"{self._texts[article.id]}\n{article.title}").has(name)
        )

    def _only_one(self, name: Entity, article_id: str) -> bool:
        """Whether no other name in sight of an article ends in the same word."""
        alike = {
            n.words
            for line in self.all
            if line.article_id == article_id
            for n in line.reading.names
            if len(n.words) > 1 and n.words[-1] == name.words[-1]
        }
        return alike == {name.words}

    @cached_property
    def _texts(self) -> dict[str, str]:
        """What was given of each article."""
        texts: dict[str, str] = {}
        for found in self.passages:
            texts[found.article.id] = f"{texts.get(found.article.id, '')}\n{found.passage.text}"
        return texts

    @cached_property
    def _last_words(self) -> dict[tuple[str, ...], str]:
        """The last word of what each acronym stands for: {("imf",): "fund"}."""
        runs = (run for found in self.passages for run in entity_runs(found.passage.text))
        return {(short,): run[-1].casefold() for run in runs for short in initials(run)}

    def before(self, line: SourceSentence) -> list[SourceSentence]:
        """The given lines of the same article that come before, the nearest first."""
        earlier = (
            each
            for each in self.all
            if each.article_id == line.article_id and each.span < line.span
        )
        return sorted(earlier, key=lambda each: each.span, reverse=True)
