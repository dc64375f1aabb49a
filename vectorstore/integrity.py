"""Does the index agree with itself? Every passage in its article, every vector with its passage."""

from dataclasses import dataclass

from vectorstore.store import Store


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """`findings` are sentences, one for each kind of disagreement that is left."""

    articles: int
    passages: int
    findings: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.findings


def check_index(store: Store) -> IndexCheck:
    """What of the index disagrees; waits for a change under way."""
    with store.writing:
        return _check(store)


def _check(store: Store) -> IndexCheck:
    summary = store.catalog.summary()
    missing, strangers = _differences(store)
    findings = list(store.catalog.faults())
    for article_id in store.catalog.article_ids():
        article = store.catalog.article_as_read(article_id)
        passages = store.catalog.passages_of(article_id)
        if article and any(each.text != article.text[each.start : each.end] for each in passages):
            findings.append(f"Passages of {article_id} are not what its text says there.")
    if missing:
        findings.append(f"{len(missing):,} passages have no vector.")
    if strangers:
        findings.append(f"{len(strangers):,} vectors belong to no passage.")
    return IndexCheck(summary.articles, summary.passages, tuple(findings))


def repair_index(store: Store) -> IndexCheck:
    """Bring vectors and full-text index in line with the articles, and check again."""
    with store.writing:
        before = check_index(store)
        store.catalog.rebuild_full_text()
        missing, strangers = _differences(store)
        store.vectors.delete(strangers)
        store.put_vectors(missing)
        after = check_index(store)
    gone = tuple(each for each in before.findings if each not in after.findings)
    return IndexCheck(after.articles, after.passages, after.findings, gone)


def _differences(store: Store) -> tuple[list[str], list[str]]:
    """Passages without a vector, and vectors without a passage."""
    passages = set(store.catalog.passage_ids())
    vectors = set(store.vectors.ids())
    return sorted(passages - vectors), sorted(vectors - passages)
