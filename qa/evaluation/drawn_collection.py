"""Collections of any size, drawn from real articles, for measuring how the index scales.

A passage's vector is drawn between those of two real passages. Its text is recombined from their
sentences, with names from a vocabulary that grows as real ones do (Heaps' law: a Zipf distribution
over names), because a full-text index is slowed by the words in many passages, and filled by
those in few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalog.records import IndexedArticle
from vectorstore.types import Article, ArticleInfo, Passage, Span, Vectors

PASSAGES_OF_AN_ARTICLE = 8
SENTENCES_OF_A_PASSAGE = 6
NAMES_OF_A_PASSAGE = 4
NAMES = 400_000
ZIPF = 1.1
SOURCES = 40
FIRST_DAY = date(2020, 1, 1)
DAYS = 1_000
NOISE = 0.02
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]


@dataclass(frozen=True, slots=True)
class RealPassage:
    """What collections are drawn from: the sentences of a passage, and its vector (d,)."""

    sentences: tuple[str, ...]
    vector: Vectors


def name_of(number: int) -> str:
    """A made-up name, a different one for each number.

    >>> name_of(7), name_of(70_000)
    ('Bilba', 'Bapeban')
    """
    syllables = [_SYLLABLES[number % len(_SYLLABLES)]]
    while number := number // len(_SYLLABLES):
        syllables.append(_SYLLABLES[number % len(_SYLLABLES)])
    if len(syllables) == 1:
        syllables.append("ba")
    return "".join(syllables).capitalize()


def draw_articles(
    real: Sequence[RealPassage], passages: int, seed: int = 0
) -> Iterator[tuple[IndexedArticle, Vectors]]:
    """Articles with their passages and vectors (n, d), at least `passages` passages in all.

    Dates are uniform over `DAYS` days; sources are skewed: the first has the most articles.
    """
    random = np.random.default_rng(seed)
    vectors = np.stack([each.vector for each in real])
    for number in range(-(-passages // PASSAGES_OF_AN_ARTICLE)):
        pairs = random.integers(0, len(real), (PASSAGES_OF_AN_ARTICLE, 2))
        text, spans = _text(random, real, pairs)
        info = ArticleInfo(
            f"drawn/{number:07}",
            title=f"Report {number} on {name_of(int(random.zipf(ZIPF)) % NAMES)}",
            published=FIRST_DAY + timedelta(days=int(random.integers(DAYS))),
            source=f"Source {min(int(random.zipf(1.5)), SOURCES)}",
        )
        yield (
            IndexedArticle(Article(info, text, ()), tuple(_passages(info.id, text, spans))),
            _vectors(random, vectors, pairs),
        )


def _text(
    random: np.random.Generator, real: Sequence[RealPassage], pairs: NDArray[np.int64]
) -> tuple[str, list[list[Span]]]:
    """A text, and the ranges of the sentences of each of its passages."""
    parts: list[str] = []
    spans: list[list[Span]] = []
    at = 0
    for pair in pairs.tolist():
        pool = [sentence for each in pair for sentence in real[each].sentences]
        spans.append([])
        chosen = random.permutation(len(pool))[:SENTENCES_OF_A_PASSAGE].tolist()
        names = [name_of(int(each) % NAMES) for each in random.zipf(ZIPF, NAMES_OF_A_PASSAGE)]
        for place, index in enumerate(chosen):
            sentence = pool[index]
            if place < len(names):
                sentence = f"{names[place]}: {sentence}"
            spans[-1].append(Span(at, at + len(sentence)))
            parts.append(sentence)
            at += len(sentence) + 1
    return " ".join(parts), spans


def _passages(article_id: str, text: str, spans: Sequence[Sequence[Span]]) -> Iterator[Passage]:
    for number, sentences in enumerate(spans):
        start, end = sentences[0].start, sentences[-1].end
        yield Passage(
            f"{article_id}:{number}", article_id, start, end, text[start:end], tuple(sentences)
        )


def _vectors(
    random: np.random.Generator,
    vectors: Vectors,
    pairs: NDArray[np.int64],
) -> Vectors:
    share = random.uniform(0.5, 1, (len(pairs), 1))
    noise = random.normal(0, NOISE, (len(pairs), vectors.shape[1]))
    drawn = share * vectors[pairs[:, 0]] + (1 - share) * vectors[pairs[:, 1]] + noise
    unit: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit
