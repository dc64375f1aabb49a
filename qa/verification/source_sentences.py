"""The sentences of passages, and which of them are closest to a claim."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.verification.claims.tokens import content_stems, find_words
from qa.verification.facts import Facts
from vectorstore.types import ScoredPassage, Span

CITED_BONUS = 0.5
"""How much a cited sentence gains; for scale, a word in half of the sentences counts 0.9."""


@dataclass(frozen=True, eq=False)
class SourceSentence:
    """A sentence of a passage, at index `place` among the passage's sentences.

    `words` are the stems of its content words, and its numbers.
    """

    found: ScoredPassage
    span: Span
    place: int
    text: str
    words: frozenset[str]

    @property
    def article_id(self) -> str:
        return self.found.article.id

    @cached_property
    def facts(self) -> Facts:
        return Facts(self.text)


class SourceSentences:
    """All sentences of the given passages, without duplicates from overlapping passages."""

    def __init__(self, passages: Sequence[ScoredPassage]) -> None:
        self.passages = passages

    @cached_property
    def all(self) -> list[SourceSentence]:
        return list(self._unique.values())

    @cached_property
    def _unique(self) -> dict[tuple[str, Span], SourceSentence]:
        sentences: dict[tuple[str, Span], SourceSentence] = {}
        for found in self.passages:
            for place, span in enumerate(found.passage.sentences):
                if (found.article.id, span) not in sentences:
                    text = " ".join(found.passage.sentence_text(span).split())
                    sentences[found.article.id, span] = SourceSentence(
                        found, span, place, text, words_of_claim(text)
                    )
        return sentences

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The inverse document frequency of each word over the sentences."""
        counts = Counter(word for sentence in self.all for word in sentence.words)
        total = len(self.all)
        return {word: math.log((total + 1) / (n + 0.5)) + 0.2 for word, n in counts.items()}

    def nearest(
        self,
        claim: str,
        count: int,
        *,
        among: Sequence[ScoredPassage] | None = None,
        cited: Sequence[ScoredPassage] = (),
    ) -> list[SourceSentence]:
        """The sentences that share most of the claim's words, rare words counting more; best first.

        Only those of the passages in `among`, if given; those of `cited` passages get a bonus.
        """
        weights = {word: self._weights.get(word, 0.0) for word in words_of_claim(claim)}
        sentences = self.all if among is None else self._of(among)
        preferred = set(self._of(cited))
        scores = [
            sum(weight for word, weight in weights.items() if word in sentence.words)
            + (CITED_BONUS if sentence in preferred else 0.0)
            for sentence in sentences
        ]
        best = sorted(range(len(scores)), key=lambda index: -scores[index])
        return [sentences[index] for index in best[:count]]

    def _of(self, passages: Sequence[ScoredPassage]) -> list[SourceSentence]:
        keys = dict.fromkeys(
            (each.article.id, span) for each in passages for span in each.passage.sentences
        )
        return [self._unique[key] for key in keys if key in self._unique]

    def before(self, sentence: SourceSentence) -> SourceSentence | None:
        """The previous sentence in the same passage."""
        return self._places.get((sentence.found.passage.id, sentence.place - 1))

    @cached_property
    def _places(self) -> dict[tuple[str, int], SourceSentence]:
        return {(each.found.passage.id, each.place): each for each in self.all}


def in_order(sentences: Iterable[SourceSentence]) -> list[SourceSentence]:
    """In reading order: articles in order of their first sentence given, each in its own order."""
    sentences = list(dict.fromkeys(sentences))
    articles = list(dict.fromkeys(each.article_id for each in sentences))
    return sorted(sentences, key=lambda each: (articles.index(each.article_id), each.span))


def words_of_claim(text: str) -> frozenset[str]:
    """What two sentences are compared by: stems of content words, and numbers as written.

    >>> sorted(words_of_claim("In 2020 they joined 40 others."))
    ['2020', '40', 'join']
    """
    numbers = (word.folded for word in find_words(text) if word.folded[0].isdigit())
    return frozenset([*content_stems(text), *numbers])
