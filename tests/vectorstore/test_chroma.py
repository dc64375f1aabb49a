"""Vectors by id in Chroma: what was stored is found, after any changes."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from tests.website import Reply, website
from vectorstore.chroma import ChromaServer, VectorStore, VectorStoreError
from vectorstore.types import Vectors

DIMENSION = 8


def unit(seed: int, rows: int) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((rows, DIMENSION)).astype(np.float32)
    vectors: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
    return vectors


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[VectorStore]:
    vectors = VectorStore(tmp_path / "vectors")
    yield vectors
    vectors.close()


def test_what_was_put_is_found_and_what_was_deleted_is_not(vectors: VectorStore) -> None:
    rows = unit(1, 4)
    vectors.put(["a", "b", "c"], rows[:3])
    vectors.put(["c"], rows[3:])
    vectors.delete(["b", "never there"])
    assert vectors.count() == 2
    assert sorted(vectors.ids()) == ["a", "c"]
    found = vectors.vectors(["a", "b", "c"])
    assert found.keys() == {"a", "c"}
    assert np.allclose(found["c"], rows[3], atol=1e-6)
    (nearest,) = vectors.nearest(rows[3], 1)
    assert nearest.passage_id == "c"
    assert nearest.similarity == pytest.approx(1, abs=1e-5)
    assert [each.passage_id for each in vectors.nearest(rows[0], 9)] == ["a", "c"]


def test_an_empty_store_finds_nothing(vectors: VectorStore) -> None:
    vector = unit(1, 1)[0]
    assert vectors.nearest(vector, 5) == []
    assert list(vectors.ids()) == []
    assert vectors.vectors([]) == {}
    assert vectors.vectors(["a"]) == {}
    assert vectors.known(["a"]) == set()
    assert vectors.known([]) == set()
    vectors.put([], np.empty((0, DIMENSION), np.float32))
    vectors.delete([])
    assert vectors.count() == 0


def test_the_nearest_are_those_of_an_exact_comparison(vectors: VectorStore) -> None:
    rows = unit(3, 300)
    ids = [str(n) for n in range(300)]
    vectors.put(ids, rows)
    vectors.delete(ids[::3])
    question = unit(4, 1)[0]
    exact = rows @ question
    exact[::3] = -1
    best = [ids[n] for n in np.argsort(-exact)[:20]]
    found = vectors.nearest(question, 20)
    assert [each.passage_id for each in found] == best
    assert np.allclose([each.similarity for each in found], np.sort(exact)[::-1][:20], atol=1e-5)


def test_more_than_chroma_takes_in_one_call(vectors: VectorStore) -> None:
    count = 11_000
    ids = [f"passage {n}" for n in range(count)]
    rows = unit(5, count)
    vectors.put(ids, rows)
    assert vectors.count() == count
    assert set(vectors.ids()) == set(ids)
    found = vectors.vectors(ids)
    assert np.allclose([found[ids[0]], found[ids[-1]]], rows[[0, -1]], atol=1e-6)
    assert vectors.known([*ids, "never there"]) == set(ids)
    vectors.delete(ids[1:])
    assert list(vectors.ids()) == ids[:1]


def test_everything_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = VectorStore(tmp_path / "vectors")
    rows = unit(7, 3)
    first.put(["a", "b", "c"], rows)
    first.close()
    again = VectorStore(tmp_path / "vectors")
    assert sorted(again.ids()) == ["a", "b", "c"]
    assert again.nearest(rows[1], 1)[0].passage_id == "b"
    again.close()


def test_of_a_proxy_that_refuses_the_status_is_told() -> None:
    with website() as site:
        tenant, database = "default_tenant", "default_database"
        here = {"id": str(UUID(int=0)), "name": database, "tenant": tenant}
        for path, reply in {
            "auth/identity": {"user_id": "", "tenant": tenant, "databases": [database]},
            f"tenants/{tenant}": {"name": tenant},
            f"tenants/{tenant}/databases/{database}": here,
        }.items():
            site.put(f"/api/v2/{path}", json.dumps(reply), "application/json")
        # A collection is opened by POST, which the website refuses, with a page.
        with pytest.raises(VectorStoreError, match=r"127\.0\.0\.1:\d+ failed \(.* '501 Unsupp"):
            VectorStore(ChromaServer(site.url("")))
        site.pages["/api/v2/auth/identity"] = Reply(b"<html>\n<p>Bad gateway</p>", 502)
        with pytest.raises(VectorStoreError, match="'502 Bad Gateway'"):
            VectorStore(ChromaServer(site.url("")))


def test_a_server_without_the_database_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with website() as site:
        body = b'{"error": "NotFoundError", "message": "There is no such tenant."}'
        site.pages["/api/v2/auth/identity"] = Reply(body, 404)
        with pytest.raises(VectorStoreError, match="There is no such tenant"):
            VectorStore(ChromaServer(site.url("")))
    assert not list(tmp_path.iterdir())


def test_after_clearing_vectors_of_another_length_go_in(vectors: VectorStore) -> None:
    vectors.put(["a"], unit(8, 1))
    vectors.clear()
    assert vectors.count() == 0
    longer = np.eye(1, DIMENSION + 4, dtype=np.float32)
    vectors.put(["b"], longer)
    assert list(vectors.vectors(["a", "b"])) == ["b"]
