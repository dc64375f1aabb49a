"""Hybrid search: ranks passages by vector similarity and BM25, fused."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from vectorstore.store import Store
from vectorstore.text.words import WORD, content_words, stem
from vectorstore.types import Filters, Passage, ScoredPassage, Vectors

CANDIDATES = 50
DENSE_WEIGHT = 0.6
MOST_OVERLAP = 0.5
LOOKS = 3
QUESTIONS_EMBEDDED_AT_ONCE = 16
MOST_OF_ONE_ARTICLE = 4

_POSSESSIVE = re.compile(r"['’]s?$")


def search(
    store: Store, question: str, k: int, filters: Filters | None = None
) -> list[ScoredPassage]:
    """The `k` best passages for a question among the articles that match `filters`, best first.

    Candidates are the passages with the nearest vectors and those with the best BM25 scores. Every
    candidate gets both scores, each scaled to [0, 1] over the candidates, and is ranked by their
    weighted sum.
    """
    (found,) = search_many(store, [question], k, filters)
    return found


def search_many(
    store: Store, questions: Sequence[str], k: int, filters: Filters | None = None
) -> Iterator[list[ScoredPassage]]:
    """The results of `search` for each question, in order; questions are embedded in batches."""
    for start in range(0, len(questions), QUESTIONS_EMBEDDED_AT_ONCE):
        batch = questions[start : start + QUESTIONS_EMBEDDED_AT_ONCE]
        for question, vector in zip(batch, store.embedder.embed(batch), strict=True):
            yield _consistent_search(store, question, vector, k, filters or Filters())


def _consistent_search(
    store: Store, question: str, vector: Vectors, k: int, filters: Filters
) -> list[ScoredPassage]:
    found: list[ScoredPassage] = []
    for _ in range(LOOKS):
        changes = store.changes
        found = _search(store, question, vector, k, filters)
        # An article replaced during the search may have been missed: its old passages gone, its
        # new ones not yet there. Search again.
        if changes == store.changes and changes % 2 == 0:
            break
    return found


def _search(
    store: Store, question: str, vector: Vectors, k: int, filters: Filters
) -> list[ScoredPassage]:
    lexical = _lexical_scores(store, question, filters)
    dense = _dense_scores(store, vector, filters, list(lexical)[:CANDIDATES])
    ids = list(dense)
    scores = fuse_scores(
        np.array([dense[each] for each in ids], np.float32),
        np.array([lexical.get(each, 0.0) for each in ids], np.float32),
    )
    found = store.catalog.passages(ids)
    ranked = sorted(
        (
            ScoredPassage(*found[passage_id], score=float(score))
            for passage_id, score in zip(ids, scores, strict=True)
            if passage_id in found
        ),
        key=lambda each: (-each.score, each.passage.article_id, each.passage.start),
    )
    return select_passages(ranked, k)


def match_expression(question: str) -> str:
    """An FTS5 expression for passages with any of the question's words; empty if it has none.

    >>> match_expression('When did "Binance.US" join?')
    '"Binance" OR "US" OR "join"'
    """
    words = content_words(question) or WORD.findall(question)
    # FTS5 would tokenize "company's" as two words.
    bare = (_POSSESSIVE.sub("", word) for word in words)
    return " OR ".join(f'"{word}"' for word in dict.fromkeys(bare))


def word_rarities(store: Store, words: Sequence[str]) -> dict[str, float]:
    """How rare each word is: near 1 if it is in one passage, near 0 if it is in most.

    BM25's inverse document frequency, divided by its value for a word in no passage.
    """
    passages = store.vectors.count()
    stems = {word: stem(word) for word in words}
    found_in = store.catalog.document_frequency(set(stems.values()))
    highest = _idf(0, passages)
    return {word: _idf(found_in.get(each, 0), passages) / highest for word, each in stems.items()}


def fuse_scores(dense: Vectors, lexical: Vectors) -> Vectors:
    """Both scores of each candidate (n,) as one in [0, 1]: a weighted sum after min-max scaling."""
    return DENSE_WEIGHT * _scaled(dense) + (1 - DENSE_WEIGHT) * _scaled(lexical)


def select_passages(ranked: Iterable[ScoredPassage], k: int) -> list[ScoredPassage]:
    """The first `k` that do not overlap a better one, with a limit per article.

    If that leaves fewer than `k`, passages over the limit fill the rest.
    """
    chosen: list[ScoredPassage] = []
    spare: list[ScoredPassage] = []
    of_article: Counter[str] = Counter()
    for each in ranked:
        if any(_overlap(each.passage, other.passage) > MOST_OVERLAP for other in chosen + spare):
            continue
        if of_article[each.article.id] < MOST_OF_ONE_ARTICLE:
            chosen.append(each)
            of_article[each.article.id] += 1
        else:
            spare.append(each)
        if len(chosen) == k:
            break
    filled = chosen + spare[: k - len(chosen)]
    return sorted(filled, key=lambda each: -each.score)


def _lexical_scores(store: Store, question: str, filters: Filters) -> dict[str, float]:
    expression = match_expression(question)
    if not expression:
        return {}
    matches = store.catalog.match_terms(expression, 20 * CANDIDATES, filters)
    return {match.passage_id: match.bm25 for match in matches}


def _dense_scores(
    store: Store, vector: Vectors, filters: Filters, also: Sequence[str]
) -> dict[str, float]:
    """The cosine similarities of the nearest passages and of those in `also`, by id."""
    if filters:
        allowed = store.catalog.passage_ids(filters)
        similarities = store.vectors.similarities(vector, allowed)
        best = np.argsort(-similarities, kind="stable")[:CANDIDATES]
        nearest = {allowed[i]: float(similarities[i]) for i in best}
    else:
        nearest = {
            each.passage_id: each.similarity for each in store.vectors.nearest(vector, CANDIDATES)
        }
    missing = [each for each in also if each not in nearest]
    rest = store.vectors.similarities(vector, missing)
    return nearest | {each: float(score) for each, score in zip(missing, rest, strict=True)}


def _scaled(scores: Vectors) -> Vectors:
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    if high == low:
        return np.ones_like(scores)
    scaled: Vectors = (scores - low) / (high - low)
    return scaled


def _idf(found_in: int, passages: int) -> float:
    return math.log(1 + (passages - found_in + 0.5) / (found_in + 0.5))


def _overlap(a: Passage, b: Passage) -> float:
    """The share of the shorter passage that the other one contains, from 0 to 1."""
    if a.article_id != b.article_id:
        return 0.0
    shared = min(a.end, b.end) - max(a.start, b.start)
    return max(0.0, shared / max(1, min(a.end - a.start, b.end - b.start)))
