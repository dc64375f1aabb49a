"""Hybrid search: ranks passages by vector similarity and BM25, fused."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vectorstore.bm25 import bm25, inverse_document_frequency
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.records import Story
from vectorstore.copies import one_of_each
from vectorstore.passage_columns import Columns
from vectorstore.store import Store
from vectorstore.text.words import WORD, content_words, stem
from vectorstore.types import Filters, ScoredPassage, Vectors
from vectorstore.vector_index import VectorIndex

CANDIDATES = 50
MOST_CANDIDATES = 800
DENSE_WEIGHT = 0.6
MOST_OVERLAP = 0.5
LOOKS = 3
QUESTIONS_EMBEDDED_AT_ONCE = 16
_EMBEDDING = ThreadPoolExecutor(QUESTIONS_EMBEDDED_AT_ONCE, "embeds a question")
"""So that the full-text index is read meanwhile."""
MOST_OF_ONE_ARTICLE = 4
FAVOUR = 0.1
"""What matching `favoured` adds to a score, which otherwise is from 0 to 1."""

SCORES_OF_A_GROUP = 256

COMPARED_EXACTLY = 30_000
"""Up to this many vectors, all are compared, which takes 4 to 7 ms."""
COMPARED_OF_MANY = 20_000
"""Of more, this many of those that are likely to be nearest are compared."""
MORE_THAN_WANTED = 2
READ_FIRST = 2
"""This many times the passages that are wanted are looked up before all the candidates are."""


class RankedPassage(Protocol):
    """A passage with a score: where it is, and which story its article and copies tell."""

    @property
    def article_id(self) -> str: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def score(self) -> float: ...

    @property
    def told_by(self) -> str: ...


AnyRanked = TypeVar("AnyRanked", bound=RankedPassage)


@dataclass(frozen=True, slots=True)
class CandidatePassage:
    """A passage, by its row in the catalog, that is ranked but not yet read."""

    row: int
    article_id: str
    start: int
    end: int
    score: float

    @property
    def told_by(self) -> str:
        return self.article_id


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, one of several that are being embedded."""

    text: str
    vectors: "Future[Vectors]"
    place: int

    @property
    def vector(self) -> Vectors:
        """Its vector (d,), once it is there. Raises what the embedder raises."""
        vector: Vectors = self.vectors.result()[self.place]
        return vector


def search(
    store: Store,
    question: str,
    k: int,
    filters: Filters | None = None,
    favoured: Filters | None = None,
) -> list[ScoredPassage]:
    """The `k` best passages for a question among the articles that match `filters`, best first.

    Candidates are the passages with the nearest vectors and those with the best BM25 scores. Every
    candidate gets both scores, each scaled to [0, 1] over the candidates, and is ranked by their
    weighted sum. Passages that match `favoured` are candidates even if others outrank them, and
    score `FAVOUR` higher.
    """
    (found,) = search_many(store, [question], k, filters, favoured)
    return found


def search_many(
    store: Store,
    questions: Sequence[str],
    k: int,
    filters: Filters | None = None,
    favoured: Filters | None = None,
) -> Iterator[list[ScoredPassage]]:
    """The results of `search` for each question, in order; questions are embedded in batches."""
    for start in range(0, len(questions), QUESTIONS_EMBEDDED_AT_ONCE):
        batch = questions[start : start + QUESTIONS_EMBEDDED_AT_ONCE]
        index = store.vector_index
        vectors = _EMBEDDING.submit(index.embedder.embed, batch)
        for place, text in enumerate(batch):
            question = _Question(text, vectors, place)
            yield _consistent_search(
                store, index, question, k, filters or Filters(), favoured or Filters()
            )


def _consistent_search(
    store: Store,
    index: VectorIndex,
    question: _Question,
    k: int,
    filters: Filters,
    favoured: Filters,
) -> list[ScoredPassage]:
    found: list[ScoredPassage] = []
    for _ in range(LOOKS):
        changes = store.changes
        found = _search(store, index, question, k, filters, favoured)
        # An article replaced during the search may have been missed: its old passages gone, its
        # new ones not yet there. Search again.
        if changes == store.changes and changes % 2 == 0:
            break
    return found


def _search(
    store: Store,
    index: VectorIndex,
    question: _Question,
    k: int,
    filters: Filters,
    favoured: Filters,
) -> list[ScoredPassage]:
    columns = store.columns.look()
    allowed = store.allowed(columns, filters) if filters else None
    lexical = lexical_scores(store, question.text, columns)
    if allowed is not None:
        lexical *= allowed
    preferred = store.allowed(columns, favoured) if favoured else None
    if preferred is not None and allowed is not None:
        preferred &= allowed
    vector = question.vector
    candidates = CANDIDATES
    while True:
        rows, scores = _ranked(
            store, index, vector, columns, allowed, preferred, lexical, candidates
        )
        chosen = select_passages(
            _without_copies(store.catalog, rows, scores, READ_FIRST * k, filters), k
        )
        # Copies of one story may have crowded out others, or more were asked for.
        if len(chosen) >= k or len(rows) < candidates or candidates >= MOST_CANDIDATES:
            return _read(store.catalog, chosen)
        candidates *= 4


def _ranked(
    store: Store,
    index: VectorIndex,
    vector: Vectors,
    columns: Columns,
    allowed: NDArray[np.bool_] | None,
    preferred: NDArray[np.bool_] | None,
    lexical: Vectors,
    candidates: int,
) -> tuple[NDArray[np.int64], Vectors]:
    """The rows (n,) of the dense and the lexical candidates, and their scores (n,) by both; best
    first."""
    best = highest_scores(lexical, candidates)
    dense = nearest_rows(store, index, vector, columns, allowed, candidates)
    if preferred is not None:
        best = np.union1d(best, highest_scores(lexical * preferred, candidates))
        dense = nearest_rows(store, index, vector, columns, preferred, candidates) | dense
    missing = np.array([row for row in best.tolist() if row not in dense], np.int64)
    similarities = index.exact.similarities(vector, missing)
    dense |= dict(zip(missing.tolist(), similarities.tolist(), strict=True))
    rows = np.array(list(dense), np.int64)
    scores = fuse_scores(np.array(list(dense.values()), np.float32), lexical[rows])
    if preferred is not None:
        scores += FAVOUR * np.array([_is_allowed(preferred, row) for row in rows.tolist()])
    order = np.argsort(-scores)
    return rows[order], scores[order]


def _without_copies(
    catalog: Catalog,
    rows: NDArray[np.int64],
    scores: Vectors,
    first: int,
    filters: Filters,
) -> Iterator[CandidatePassage | ScoredPassage]:
    """The passages in these rows, best first, with one kept of those that copies share.

    The `first` are read first: they usually suffice, and the others are then not read. Of texts,
    only the passages of articles with copies are read.
    """
    # Passages with equal scores are in the order of their articles, so they are read together.
    first = int(np.searchsorted(-scores, -scores[first], "right")) if first < len(scores) else first
    candidates = _candidates(catalog, rows[:first], scores[:first])
    stories = _stories(catalog, candidates)
    if not stories:
        yield from candidates
        candidates = []
    others = _candidates(catalog, rows[first:], scores[first:])
    stories |= _stories(catalog, others)
    candidates += others
    told = _read(catalog, [each for each in candidates if each.article_id in stories])
    kept: list[CandidatePassage | ScoredPassage] = [
        each for each in candidates if each.article_id not in stories
    ]
    kept += one_of_each(catalog, told, stories, filters)
    yield from sorted(kept, key=_best_first)


def _candidates(
    catalog: Catalog, rows: NDArray[np.int64], scores: Vectors
) -> list[CandidatePassage]:
    """The passages in these rows, best first, except those removed since."""
    places = catalog.places_of(rows.tolist())
    return sorted(
        (
            CandidatePassage(row, *places[row], score=score)
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
            if row in places
        ),
        key=_best_first,
    )


def _stories(catalog: Catalog, candidates: Sequence[CandidatePassage]) -> dict[str, Story]:
    return catalog.stories(list(dict.fromkeys(each.article_id for each in candidates)))


def _read(
    catalog: Catalog, ranked: Sequence[CandidatePassage | ScoredPassage]
) -> list[ScoredPassage]:
    """The passages, in order, except those removed since."""
    found = catalog.passages_at([each.row for each in ranked if isinstance(each, CandidatePassage)])
    read = []
    for each in ranked:
        if isinstance(each, ScoredPassage):
            read.append(each)
        elif each.row in found:
            read.append(ScoredPassage(*found[each.row], score=each.score))
    return read


def _best_first(each: RankedPassage) -> tuple[float, str, int]:
    return -each.score, each.article_id, each.start


def lexical_scores(store: Store, question: str, columns: Columns) -> Vectors:
    """The BM25 score of each row of `columns` for the question's words."""
    found = store.catalog.postings(query_terms(question))
    return bm25(found.values(), columns.norms, columns.passages)


def query_terms(question: str) -> list[str]:
    """The question's words as the full-text index has them, each once.

    >>> query_terms('When did "Binance.US" join?')
    ['binanc', 'us', 'join']
    """
    words = content_words(question) or WORD.findall(question)
    terms = dict.fromkeys(stem(word) for word in words)
    # No article contains half of a surrogate pair, and no database accepts one.
    return [each for each in terms if each.isprintable()]


def word_rarities(store: Store, words: Sequence[str]) -> dict[str, float]:
    """How rare each word is: near 1 if it is in one passage, near 0 if it is in most.

    BM25's inverse document frequency, divided by its value for a word in no passage.
    """
    passages = store.columns.look().passages
    stems = {word: stem(word) for word in words}
    found_in = store.catalog.document_frequency(set(stems.values()))
    highest = inverse_document_frequency(0, passages)
    return {
        word: inverse_document_frequency(found_in.get(each, 0), passages) / highest
        for word, each in stems.items()
    }


def fuse_scores(dense: Vectors, lexical: Vectors) -> Vectors:
    """Both scores of each candidate (n,) as one in [0, 1]: a weighted sum after min-max scaling."""
    return DENSE_WEIGHT * _scaled(dense) + (1 - DENSE_WEIGHT) * _scaled(lexical)


def select_passages(ranked: Iterable[AnyRanked], k: int) -> list[AnyRanked]:
    """The first `k` that do not overlap a better one, with a limit per article and its copies.

    If that leaves fewer than `k`, passages over the limit fill the rest.
    """
    chosen: list[AnyRanked] = []
    spare: list[AnyRanked] = []
    of_story: Counter[str] = Counter()
    for each in ranked:
        if any(_overlap(each, other) > MOST_OVERLAP for other in chosen + spare):
            continue
        if of_story[each.told_by] < MOST_OF_ONE_ARTICLE:
            chosen.append(each)
            of_story[each.told_by] += 1
        else:
            spare.append(each)
        if len(chosen) == k:
            break
    filled = chosen + spare[: k - len(chosen)]
    return sorted(filled, key=lambda each: -each.score)


def nearest_rows(
    store: Store,
    index: VectorIndex,
    vector: Vectors,
    columns: Columns,
    allowed: NDArray[np.bool_] | None,
    candidates: int = CANDIDATES,
) -> dict[int, float]:
    """The rows of the nearest passages that are allowed, with their cosine similarities.

    If there are few, all are compared exactly. If there are many, only those likely to be nearest
    are, or, if these are unknown, the allowed ones among Chroma's nearest are taken. If that leaves
    too few, all are compared.
    """
    compared = columns.used if allowed is None else allowed
    count = int(np.count_nonzero(compared))
    rows: NDArray[np.int64] | None = None
    if count > COMPARED_EXACTLY:
        near = index.exact.near(vector, COMPARED_OF_MANY / count)
        if near is None:
            found = _nearest_in_chroma(store, index, vector, columns, allowed, candidates)
            if allowed is None or len(found) >= candidates:
                return dict(list(found.items())[:candidates])
        else:
            # A row added after `compared` was made is not in it.
            near = near[near < len(compared)]
            near = near[compared[near]]
            # In the order in which they are stored, they are read faster.
            rows = np.sort(near).astype(np.int64) if len(near) >= candidates else None
    if rows is None:
        rows = np.flatnonzero(compared)
    similarities = index.exact.similarities(vector, rows)
    best = _best_of(similarities, np.arange(len(similarities)), candidates)
    return dict(zip(rows[best].tolist(), similarities[best].tolist(), strict=True))


def _nearest_in_chroma(
    store: Store,
    index: VectorIndex,
    vector: Vectors,
    columns: Columns,
    allowed: NDArray[np.bool_] | None,
    candidates: int,
) -> dict[int, float]:
    """Those of Chroma's nearest that are allowed; enough are fetched to leave `candidates`."""
    wanted = candidates
    if allowed is not None:
        share = np.count_nonzero(allowed) / columns.passages
        wanted = math.ceil(MORE_THAN_WANTED * candidates / share)
    neighbours = index.vectors.nearest(vector, wanted)
    rows = store.catalog.rows_of([each.passage_id for each in neighbours])
    return {
        rows[each.passage_id]: each.similarity
        for each in neighbours
        if each.passage_id in rows
        and (allowed is None or _is_allowed(allowed, rows[each.passage_id]))
    }


def _is_allowed(allowed: NDArray[np.bool_], row: int) -> bool:
    # A row added after `allowed` was made is not allowed.
    return row < len(allowed) and bool(allowed[row])


def highest_scores(scores: Vectors, most: int) -> NDArray[np.int64]:
    """The places of the `most` highest positive scores (n,), best first."""
    least = _least_of_highest(scores, most)
    # numpy finds nonzero booleans several times as fast as nonzero numbers.
    return _best_of(scores, np.flatnonzero(scores >= least if least > 0 else scores > 0), most)


def _least_of_highest(scores: Vectors, most: int) -> float:
    """A bound that at least `most` of these scores reach, and few others; 0 if there are few.

    The scores are divided into groups: `most` of them have a highest score of at least the bound.
    """
    groups = len(scores) // SCORES_OF_A_GROUP
    if groups <= most:
        return 0.0
    grouped = scores[: groups * SCORES_OF_A_GROUP].reshape(SCORES_OF_A_GROUP, groups)
    highest: Vectors = grouped.max(axis=0)
    return float(np.partition(highest, groups - most)[groups - most])


def _best_of(scores: Vectors, places: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Those of `places` with the `most` highest scores, best first."""
    if len(places) > most:
        places = places[np.argpartition(-scores[places], most)[:most]]
    return places[np.lexsort((places, -scores[places]))]


def _scaled(scores: Vectors) -> Vectors:
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    if high == low:
        return np.ones_like(scores)
    scaled: Vectors = (scores - low) / (high - low)
    return scaled


def _overlap(a: RankedPassage, b: RankedPassage) -> float:
    """The share of the shorter passage that the other contains, from 0 to 1."""
    if a.article_id != b.article_id:
        return 0.0
    shared = min(a.end, b.end) - max(a.start, b.start)
    return max(0.0, shared / max(1, min(a.end - a.start, b.end - b.start)))
