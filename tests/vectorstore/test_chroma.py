"""Vectors by id, in Chroma and in memory: what was stored is found, after any changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import vectorstore.chroma
from vectorstore.chroma import VectorMatrix, VectorStore
from vectorstore.types import ArticleInfo, Passage, Vectors

DIMENSION = 8


def unit(seed: int, rows: int) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((rows, DIMENSION)).astype(np.float32)
    vectors: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
    return vectors


def passage(passage_id: str) -> Passage:
    return Passage(passage_id, "a", 0, 5, "Words", ())


def put(vectors: VectorStore, ids: list[str], rows: Vectors) -> None:
    vectors.put([passage(each) for each in ids], [ArticleInfo("a")] * len(ids), rows)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[VectorStore]:
    vectors = VectorStore(tmp_path / "vectors")
    yield vectors
    vectors.close()


names = st.integers(0, 40).map(str)


class AgainstADictionary(RuleBasedStateMachine):
    """The matrix beside the plainest thing that could do its work."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = VectorMatrix()
        self.plain: dict[str, Vectors] = {}

    @rule(ids=st.lists(names, max_size=12), seed=st.integers(0, 99))
    def put(self, ids: list[str], seed: int) -> None:
        rows = unit(seed, len(ids))
        self.matrix.put(ids, rows)
        self.plain.update(zip(ids, rows, strict=True))

    @rule(ids=st.lists(names, max_size=12))
    def delete(self, ids: list[str]) -> None:
        self.matrix.delete(ids)
        for each in ids:
            self.plain.pop(each, None)

    @rule(ids=st.lists(names, max_size=50), seed=st.integers(0, 99))
    def compare(self, ids: list[str], seed: int) -> None:
        vector = unit(seed, 1)[0]
        wanted = [float(self.plain[each] @ vector) if each in self.plain else -1 for each in ids]
        assert np.allclose(self.matrix.similarities(vector, ids), wanted, atol=1e-6)

    @invariant()
    def rows_are_used_again(self) -> None:
        assert self.matrix.capacity <= 2 * 41
        assert len(self.matrix) == len(self.plain)


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(deadline=None, max_examples=50)


def test_what_was_put_is_found_and_what_was_deleted_is_not(vectors: VectorStore) -> None:
    rows = unit(1, 4)
    put(vectors, ["a", "b", "c"], rows[:3])
    put(vectors, ["c"], rows[3:])
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
    assert vectors.similarities(vector, ["a"]).tolist() == [-1]
    assert vectors.similarities(vector, []).tolist() == []
    put(vectors, [], np.empty((0, DIMENSION), np.float32))
    vectors.delete([])
    assert vectors.count() == 0


@pytest.mark.parametrize("warm_first", [True, False])
def test_exact_similarities_follow_every_change(vectors: VectorStore, warm_first: bool) -> None:
    rows = unit(2, 30)
    ids = [str(n) for n in range(20)]
    if warm_first:
        vectors.warm()
    put(vectors, ids, rows[:20])
    put(vectors, ids[:10], rows[20:])
    vectors.delete(ids[5:8])
    put(vectors, ["new"], rows[:1])
    now = {**dict(zip(ids, rows[:20], strict=True)), **dict(zip(ids[:10], rows[20:], strict=True))}
    wanted = [-1 if each in ids[5:8] else float(now[each] @ rows[0]) for each in ids]
    assert np.allclose(vectors.similarities(rows[0], [*ids, "new"]), [*wanted, 1], atol=1e-5)


def test_the_nearest_are_those_of_an_exact_comparison(vectors: VectorStore) -> None:
    rows = unit(3, 300)
    ids = [str(n) for n in range(300)]
    put(vectors, ids, rows)
    vectors.delete(ids[::3])
    question = unit(4, 1)[0]
    exact = vectors.similarities(question, ids)
    best = [ids[n] for n in np.argsort(-exact)[:20]]
    found = vectors.nearest(question, 20)
    assert [each.passage_id for each in found] == best
    assert np.allclose([each.similarity for each in found], np.sort(exact)[::-1][:20], atol=1e-5)


def test_more_than_chroma_takes_in_one_call(vectors: VectorStore) -> None:
    count = 11_000
    ids = [f"passage {n}" for n in range(count)]
    rows = unit(5, count)
    put(vectors, ids, rows)
    assert vectors.count() == count
    assert set(vectors.ids()) == set(ids)
    found = vectors.vectors(ids)
    assert np.allclose([found[ids[0]], found[ids[-1]]], rows[[0, -1]], atol=1e-6)
    assert np.allclose(vectors.similarities(rows[7], ids), rows @ rows[7], atol=1e-5)
    vectors.delete(ids[1:])
    assert list(vectors.ids()) == ids[:1]


def test_a_write_that_fails_midway_leaves_memory_and_disk_alike(
    vectors: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorstore.chroma, "LARGEST_CALL", 2)
    vectors.warm()
    ids, rows = ["a", "b", "c", "d"], unit(6, 4)
    original = type(vectors._collection).upsert

    def fails_the_second_time(self: object, **arguments: object) -> None:
        if arguments["ids"] == ["c", "d"]:
            raise OSError("No space left on device")
        original(self, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(vectors._collection), "upsert", fails_the_second_time)
    with pytest.raises(OSError, match="No space left"):
        put(vectors, ids, rows)
    assert set(vectors.ids()) == {"a", "b"}
    in_memory = vectors.similarities(rows[0], ids)
    assert [each for each, found in zip(ids, in_memory, strict=True) if found > -1] == ["a", "b"]


def test_everything_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = VectorStore(tmp_path / "vectors")
    rows = unit(7, 3)
    put(first, ["a", "b", "c"], rows)
    first.close()
    again = VectorStore(tmp_path / "vectors")
    assert sorted(again.ids()) == ["a", "b", "c"]
    assert np.allclose(again.similarities(rows[0], ["a", "b", "c"]), rows @ rows[0], atol=1e-5)
    again.close()


def test_after_clearing_vectors_of_another_length_go_in(vectors: VectorStore) -> None:
    put(vectors, ["a"], unit(8, 1))
    vectors.warm()
    vectors.clear()
    assert vectors.count() == 0
    longer = np.eye(1, DIMENSION + 4, dtype=np.float32)
    put(vectors, ["b"], longer)
    assert vectors.similarities(longer[0], ["a", "b"]).tolist() == [-1, 1]
