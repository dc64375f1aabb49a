"""Vectors by id in Chroma: what was stored is found, after any changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vectorstore.chroma import VectorStore
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


def test_after_clearing_vectors_of_another_length_go_in(vectors: VectorStore) -> None:
    vectors.put(["a"], unit(8, 1))
    vectors.clear()
    assert vectors.count() == 0
    longer = np.eye(1, DIMENSION + 4, dtype=np.float32)
    vectors.put(["b"], longer)
    assert list(vectors.vectors(["a", "b"])) == ["b"]
