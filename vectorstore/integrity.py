"""Checks and repairs an index: passages against their articles, vectors against passages."""

from collections.abc import Callable
from dataclasses import dataclass

from vectorstore.ingest import Progress, ignore_progress
from vectorstore.store import Store

PASSAGES_EMBEDDED_AT_ONCE = 256


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


def inspect_index(store: Store) -> IndexReport:
    """Look for inconsistencies, once any change in progress is finished."""
    with store.writing:
        return _check(store)


def _check(store: Store) -> IndexReport:
    summary = store.catalog.summary()
    missing, orphaned = _differences(store)
    findings = list(store.catalog.faults())
    for article_id in store.catalog.article_ids():
        article = store.catalog.article_as_read(article_id)
        passages = store.catalog.passages_of(article_id)
        if article and any(each.text != article.text[each.start : each.end] for each in passages):
            findings.append(f"Passages of {article_id} do not match its text.")
    if missing:
        findings.append(f"{len(missing):,} passages have no vector.")
    if orphaned:
        findings.append(f"{len(orphaned):,} vectors belong to no passage.")
    return IndexReport(summary.articles, summary.passages, tuple(findings))


def repair_index(
    store: Store, on_progress: Callable[[Progress], None] = ignore_progress
) -> IndexReport:
    """Make the vectors and the full-text index match the articles, and check again.

    Missing vectors are computed in batches; `on_progress` gets the number of passages done.
    Interrupted, it keeps the finished batches; running it again makes the rest.
    """
    with store.writing:
        before = inspect_index(store)
        store.catalog.rebuild_full_text()
        missing, orphaned = _differences(store)
        store.vectors.delete(orphaned)
        for start in range(0, len(missing), PASSAGES_EMBEDDED_AT_ONCE):
            batch = missing[start : start + PASSAGES_EMBEDDED_AT_ONCE]
            store.put_vectors(batch)
            done = start + len(batch)
            on_progress(Progress("embedding", done, len(missing), done))
        after = inspect_index(store)
    gone = tuple(each for each in before.findings if each not in after.findings)
    return IndexReport(after.articles, after.passages, after.findings, gone)


def _differences(store: Store) -> tuple[list[str], list[str]]:
    """Passages without a vector, and vectors without a passage."""
    rows = store.catalog.rows_by_passage()
    orphaned = {*store.vectors.ids()} - rows.keys()
    return sorted(store.without_vectors(rows)), sorted(orphaned)
