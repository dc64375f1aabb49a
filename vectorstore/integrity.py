"""Checks and repairs an index: passages against their articles, vectors against passages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from vectorstore.catalog.catalog import FULL_TEXT_DIFFERS
from vectorstore.chroma import VectorStoreError
from vectorstore.ingest import PASSAGES_EMBEDDED_AT_ONCE, Progress, ignore_progress
from vectorstore.store import ARTICLES_SPLIT_AT_ONCE, Store
from vectorstore.types import Vectors

VECTORS_COMPARED_AT_ONCE = 5_000
LEAST_COSINE = 0.98
"""A vector and its 8-bit copy in the exact store have a cosine above 0.99."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """One sentence per inconsistency: `findings` remain, `repaired` are fixed."""

    articles: int
    passages: int
    findings: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.findings


@dataclass(slots=True)
class VectorDifferences:
    """The ids of passages with missing or damaged vectors, and of vectors without a passage."""

    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """The two stores have vectors of different texts."""
    only_in_chroma: list[str] = field(default_factory=list)
    only_exact: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[str]:
        lacking = len(self.missing) + len(self.only_in_chroma) + len(self.only_exact)
        if lacking:
            yield f"{lacking:,} passages have no vector."
        if self.damaged:
            yield f"{len(self.damaged):,} passages have a vector that is damaged."
        if self.orphaned:
            yield f"{len(self.orphaned):,} vectors belong to no passage."


def inspect_index(store: Store) -> IndexReport:
    """Look for inconsistencies, once any change in progress has finished."""
    with store.writing:
        return _check(store)


def _check(store: Store) -> IndexReport:
    summary = store.catalog.summary()
    findings = list(store.catalog.faults())
    for article_id in store.catalog.article_ids():
        article = store.catalog.article_as_read(article_id)
        passages = store.catalog.passages_of(article_id)
        if article and any(each.text != article.text[each.start : each.end] for each in passages):
            findings.append(f"Passages of {article_id} do not match its text.")
    if too_long := articles_with_long_passages(store):
        findings.append(
            f"{len(too_long):,} articles have passages that are longer than the embedding model "
            "reads."
        )
    try:
        findings += compare_vectors(store).findings()
    except VectorStoreError as error:
        findings.append(str(error))
    return IndexReport(summary.articles, summary.passages, tuple(findings))


def repair_index(
    store: Store, on_progress: Callable[[Progress], None] = ignore_progress
) -> IndexReport:
    """Make the vectors and the full-text index match the articles, and check again.

    Vectors missing from only one of the two stores are copied from the other, the rest computed, in
    batches; `on_progress` gets the number of passages done. If interrupted, the finished batches
    are kept; running it again does the rest.

    Raises VectorStoreError for vectors that cannot be read: a store opened with `rebuild` has none.
    """
    with store.writing:
        before = inspect_index(store)
        if FULL_TEXT_DIFFERS in before.findings:
            store.catalog.rebuild_full_text()
        if store.exact.dimension not in (0, store.embedder.dimension):
            store.exact.clear()
        found = compare_vectors(store)
        store.vectors.delete(found.orphaned)
        work = [
            *((store.copy_to_exact, batch) for batch in _batches(found.only_in_chroma)),
            *((store.copy_to_chroma, batch) for batch in _batches(found.only_exact)),
            *((store.put_vectors, batch) for batch in _batches(found.missing + found.damaged)),
        ]
        total = sum(len(batch) for _, batch in work)
        done = 0
        for make, batch in work:
            make(batch)
            done += len(batch)
            on_progress(Progress("embedding", done, total, done))
        split_too_long(store, on_progress)
        after = inspect_index(store)
    gone = tuple(each for each in before.findings if each not in after.findings)
    return IndexReport(after.articles, after.passages, after.findings, gone)


def articles_with_long_passages(store: Store) -> list[str]:
    """The ids of articles with passages longer than the passage size for the current model."""
    found = []
    for article_id in store.catalog.article_ids():
        passages = store.catalog.passages_of(article_id)
        counts = store.tokens.count([each.text for each in passages])
        if any(count > store.size.limit for count in counts):
            found.append(article_id)
    return found


def split_too_long(store: Store, on_progress: Callable[[Progress], None] = ignore_progress) -> None:
    """Split again the articles with passages longer than the passage size, as those for another
    model may be. `on_progress` gets the number of these articles done."""
    article_ids = articles_with_long_passages(store)
    for start in range(0, len(article_ids), ARTICLES_SPLIT_AT_ONCE):
        batch = article_ids[start : start + ARTICLES_SPLIT_AT_ONCE]
        with store.writing:
            store.staging.clear()
            repetition = store.staging.repetition()
            articles = (store.catalog.article_as_read(each) for each in batch)
            store.publish([store.split(each, repetition) for each in articles if each])
            store.settle_paragraphs()
        done = start + len(batch)
        on_progress(Progress("embedding", done, len(article_ids), done))


def compare_vectors(store: Store) -> VectorDifferences:
    """Compare the vectors of both stores with the passages, and with each other.

    Raises VectorStoreError for vectors that cannot be read.
    """
    rows = store.catalog.rows_by_passage()
    found = VectorDifferences(orphaned=sorted({*store.vectors.ids()} - rows.keys()))
    ids = sorted(rows)
    for start in range(0, len(ids), VECTORS_COMPARED_AT_ONCE):
        batch = ids[start : start + VECTORS_COMPARED_AT_ONCE]
        in_chroma = store.vectors.vectors(batch)
        known = store.exact.known([rows[each] for each in batch])
        both = []
        for each, is_exact in zip(batch, known.tolist(), strict=True):
            if each in in_chroma and is_exact:
                both.append(each)
            elif each in in_chroma:
                found.only_in_chroma.append(each)
            elif is_exact:
                found.only_exact.append(each)
            else:
                found.missing.append(each)
        exact = _exact(store, [rows[each] for each in both])
        agree = _agree(np.array([in_chroma[each] for each in both], np.float32), exact)
        found.damaged += [each for each, same in zip(both, agree, strict=True) if not same]
    _distrust_unlike_lengths(store, rows, found)
    return found


def _distrust_unlike_lengths(store: Store, rows: dict[str, int], found: VectorDifferences) -> None:
    """Count vectors that only the exact store has as missing if they are not unit vectors."""
    exact = _exact(store, [rows[each] for each in found.only_exact])
    sound = _agree(exact, exact)
    pairs = list(zip(found.only_exact, sound, strict=True))
    found.only_exact = [each for each, is_sound in pairs if is_sound]
    found.missing += [each for each, is_sound in pairs if not is_sound]


def _exact(store: Store, rows: Sequence[int]) -> Vectors:
    with np.errstate(all="ignore"):  # whatever a damaged file may hold
        return store.exact.vectors(rows)


def _agree(some: Vectors, others: Vectors) -> list[bool]:
    """For each row of two arrays (n, d), whether both are nearly the same unit vector."""
    if some.shape != others.shape:
        return [False] * len(some)
    with np.errstate(all="ignore"):
        products = np.einsum("nd,nd->n", some, others)
    return [bool(abs(each - 1) < 1 - LEAST_COSINE) for each in products]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PASSAGES_EMBEDDED_AT_ONCE):
        yield ids[start : start + PASSAGES_EMBEDDED_AT_ONCE]
