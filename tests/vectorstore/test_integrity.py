"""Every planted inconsistency is found, named, and repaired if possible."""

import numpy as np
import pytest

from tests.vectorstore.examples import article
from vectorstore import integrity
from vectorstore.ingest import Progress, ingest
from vectorstore.integrity import inspect_index, repair_index
from vectorstore.store import Store

pytestmark = pytest.mark.both_engines


@pytest.fixture
def full(store: Store) -> Store:
    ingest(store, [article("a", "An ancient paragraph."), article("b", "A modern one.")])
    return store


def test_an_index_agrees_with_itself_empty_and_full(full: Store) -> None:
    check = inspect_index(full)
    assert (check.agrees, check.articles, check.passages) == (True, 2, 2)
    full.remove("a")
    full.remove("b")
    check = inspect_index(full)
    assert (check.agrees, check.articles, check.passages) == (True, 0, 0)


def test_missing_and_strange_vectors_are_found_and_repaired(full: Store) -> None:
    (passage,) = full.catalog.passages_of("a")
    full.vectors.delete([passage.id])
    full.vectors.put(["stranger"], np.eye(1, 32, dtype=np.float32))
    findings = ("1 passages have no vector.", "1 vectors belong to no passage.")
    assert inspect_index(full).findings == findings
    check = repair_index(full)
    assert check.agrees
    assert check.repaired == findings
    assert list(full.vectors.vectors([passage.id, "stranger"])) == [passage.id]


def test_a_repair_tells_how_far_it_is_and_keeps_what_is_done_when_it_is_interrupted(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "PASSAGES_EMBEDDED_AT_ONCE", 1)
    full.vectors.delete(list(full.catalog.rows_by_passage()))
    told: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        told.append(progress)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repair_index(full, interrupt)
    assert full.vectors.count() == 1
    assert repair_index(full, told.append).agrees
    assert told == [Progress("embedding", 1, 2, 1), Progress("embedding", 1, 1, 1)]


def test_a_full_text_index_out_of_step_is_found_and_repaired(full: Store) -> None:
    with full._database.transaction() as db:
        db.execute("DELETE FROM postings WHERE term = 'ancient'")
    assert full.catalog.document_frequency(["ancient"]) == {}
    assert inspect_index(full).findings == ("The full-text index does not match the passages.",)
    assert repair_index(full).agrees
    assert full.catalog.document_frequency(["ancient"]) == {"ancient": 1}


def test_passages_that_are_not_what_the_article_says_are_named(full: Store) -> None:
    with full._database.transaction() as db:
        db.execute("UPDATE texts SET text = upper(text) WHERE text LIKE 'An %'")
    finding = "Passages of a do not match its text."
    assert inspect_index(full).findings == (finding,)
    assert repair_index(full).findings == (finding,)
