"""The sentences of the passages given for an answer, parsed and embedded once."""

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
    """A sentence of a passage; `numbers` are the passages that contain it, from 1.

    `place` is its index in the passage.
    """

    found: ScoredPassage
    span: Span
    place: int
    reading: ParsedClaim
    numbers: frozenset[int] = field(default_factory=frozenset)

    @property
    def article_id(self) -> str:
        return self.found.article.id


class SourceSentences:
    """All sentences of the given passages, without duplicates from overlapping passages.

    A full name in `question` also matches just the surname in a passage.
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
        """Words in lower case somewhere in the passages: not names when they open a sentence."""
        return usual_words(" ".join(found.passage.text for found in self.passages))

    @cached_property
    def all(self) -> list[SourceSentence]:
        numbers: dict[tuple[str, Span], set[int]] = {}
        for number, found in enumerate(self.passages, start=1):
            for span in found.passage.sentences:
                numbers.setdefault((found.article.id, span), set()).add(number)
        sentences: list[SourceSentence] = []
        seen: set[tuple[str, Span]] = set()
        for found in self.passages:
            year: int | None = None
            for place, span in enumerate(found.passage.sentences):
                parsed = ParsedClaim(
                    found.passage.sentence_text(span),
                    usual=self.usual,
                    published=found.article.published,
                    year_before=year,
                )
                year = next((max(d.years) for d in reversed(parsed.dates) if d.years), year)
                key = (found.article.id, span)
                if key not in seen:
                    seen.add(key)
                    sentences.append(
                        SourceSentence(found, span, place, parsed, frozenset(numbers[key]))
                    )
        return sentences

    @cached_property
    def vectors(self) -> Vectors:
        return self.embed([sentence.reading.text for sentence in self.all])

    def vector(self, sentence: SourceSentence) -> Vectors:
        """The vector of one sentence; shape (d,)."""
        row: Vectors = self.vectors[self._rows[sentence.article_id, sentence.span]]
        return row

    @cached_property
    def _rows(self) -> dict[tuple[str, Span], int]:
        return {(sentence.article_id, sentence.span): row for row, sentence in enumerate(self.all)}

    @cached_property
    def vectors_in_place(self) -> Vectors:
        """Like `vectors`, but a sentence that refers back is embedded with the one before it."""
        before = {(x.found.passage.id, x.place + 1): x.reading.text for x in self.all}
        rows = [
            row
            for row, sentence in enumerate(self.all)
            if sentence.reading.refers_back
            and (sentence.found.passage.id, sentence.place) in before
        ]
        vectors = self.vectors.copy()
        if rows:
            sentences = [self.all[row] for row in rows]
            vectors[rows] = self.embed(
                [f"{before[x.found.passage.id, x.place]} {x.reading.text}" for x in sentences]
            )
        return vectors

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The inverse document frequency of each stem over the sentences."""
        counts: dict[str, int] = {}
        for sentence in self.all:
            for stemmed in sentence.reading.stems:
                counts[stemmed] = counts.get(stemmed, 0) + 1
        total = len(self.all)
        return {s: float(np.log((total + 1) / (n + 0.5))) + 0.2 for s, n in counts.items()}

    def coverage(self, stems: frozenset[str], sentences: Iterable[SourceSentence]) -> float:
        """The share of `stems` in the sentences, weighted by inverse document frequency."""
        if not stems:
            return 1.0
        there = frozenset[str]().union(*(sentence.reading.stems for sentence in sentences))
        unknown = max(self._weights.values(), default=1.0)
        weights = {s: self._weights.get(s, unknown) for s in stems}
        return sum(w for s, w in weights.items() if s in there) / sum(weights.values())

    def has_name(self, sentence: SourceSentence, entity: Entity) -> bool:
        there = sentence.reading.all_names
        if there.has(entity) or (
            not entity.sure and base_stem(entity.words[0]) in sentence.reading.stems
        ):
            return True
        article = sentence.found.article
        if EntityForms(" ".join(filter(None, (article.source, article.author)))).has(entity):
            return True
        # A surname matches the full name if the full name is anywhere in the context.
        alone = {n.words[0] for n in sentence.reading.names if len(n.words) == 1}
        if len(entity.words) > 1 and entity.words[-1] in alone:
            whole = " ".join(entity.words)
            context = (self._texts[article.id], article.title, self._question)
            return any(whole in " ".join(w.folded for w in find_words(t)) for t in context)
        # "The association" matches the one that the article names in full.
        if len(entity.words) > 1 and re.search(
            rf"\b[Tt]he {entity.words[-1]}\b", sentence.reading.text
        ):
            return self._only_one(entity, article.id)
        # "The Fund" matches the IMF if the article has its full name.
        last = self._last_words.get(entity.words)
        others = {n.run[-1] for n in sentence.reading.names if len(n.run) > 1}
        return (
            last in there.words
            and last not in others
            and EntityForms(f"{self._texts[article.id]}\n{article.title}").has(entity)
        )

    def _only_one(self, entity: Entity, article_id: str) -> bool:
        """Whether no other entity in the article's sentences ends in the same word."""
        alike = {
            n.words
            for sentence in self.all
            if sentence.article_id == article_id
            for n in sentence.reading.names
            if len(n.words) > 1 and n.words[-1] == entity.words[-1]
        }
        return alike == {entity.words}

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The given passages of each article, joined."""
        texts: dict[str, str] = {}
        for found in self.passages:
            texts[found.article.id] = f"{texts.get(found.article.id, '')}\n{found.passage.text}"
        return texts

    @cached_property
    def _last_words(self) -> dict[tuple[str, ...], str]:
        """The last word of each acronym's full form: {("imf",): "fund"}."""
        runs = (run for found in self.passages for run in entity_runs(found.passage.text))
        return {(short,): run[-1].casefold() for run in runs for short in initials(run)}

    def before(self, sentence: SourceSentence) -> list[SourceSentence]:
        """The earlier sentences of the same article, the closest first."""
        earlier = (
            each
            for each in self.all
            if each.article_id == sentence.article_id and each.span < sentence.span
        )
        return sorted(earlier, key=lambda each: each.span, reverse=True)
