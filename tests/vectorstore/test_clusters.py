"""Clusters of vectors: what is near is in those that are searched, through every change."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from numpy.typing import NDArray

from tests.vectorstore.test_chroma import DIMENSION, unit
from vectorstore import clusters, exact_vectors
from vectorstore.clusters import Clusters, _Made
from vectorstore.exact_vectors import ExactVectors
from vectorstore.types import Vectors

FEWEST = 20


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "FEWEST_ROWS", FEWEST)
    monkeypatch.setattr(clusters, "GROWTH", 1)
    monkeypatch.setattr(exact_vectors, "GROWTH", 1)


def opened(path: Path) -> ExactVectors:
    return ExactVectors(path, Clusters(path.with_suffix(".clusters")))


def around(seed: int, groups: int, each: int) -> Vectors:
    """Unit vectors (groups * each, d), so many around each of some directions."""
    noise = np.random.default_rng(seed).normal(0, 0.05, (groups * each, DIMENSION))
    drawn = np.repeat(unit(seed, groups), each, axis=0) + noise
    vectors: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return vectors


class UnderChanges(RuleBasedStateMachine):
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / os.urandom(8).hex()
        self.vectors = opened(self.path)
        self.rows: set[int] = set()

    @rule(rows=st.lists(st.integers(1, 120), max_size=40, unique=True), seed=st.integers(0, 99))
    def put(self, rows: list[int], seed: int) -> None:
        self.vectors.put(rows, unit(seed, len(rows)))
        self.rows.update(rows)

    @rule(pairs=st.dictionaries(st.integers(1, 120), st.integers(1, 120), max_size=6))
    def copy(self, pairs: dict[int, int]) -> None:
        known = {to: row for to, row in pairs.items() if row in self.rows}
        self.vectors.copy(list(known.values()), list(known))
        self.rows.update(known)

    @rule()
    def open_again(self) -> None:
        self.vectors.close()
        self.vectors = opened(self.path)

    @rule()
    def clear(self) -> None:
        self.vectors.clear()
        self.rows = set()

    @invariant()
    def each_is_in_the_cluster_nearest_to_it(self) -> None:
        near = self.vectors.near(unit(1, 1)[0], 1.0)
        made = self.vectors._clusters._made if self.vectors._clusters else None
        assert (near is None) == (made is None)
        assert made is not None or len(self.rows) <= FEWEST
        if near is None or made is None:
            return
        rows = sorted(self.rows)
        assert set(rows) <= set(near.tolist())
        products = self.vectors.vectors(rows) @ made.centroids.T
        chosen = products[np.arange(len(rows)), made.of_rows[rows] - 1]
        assert np.allclose(chosen, products.max(axis=1), atol=1e-5)

    def teardown(self) -> None:
        self.vectors.close()


def test_each_row_is_in_the_cluster_nearest_to_it_after_any_changes(tmp_path: Path) -> None:
    UnderChanges.folder = tmp_path
    case = UnderChanges.TestCase
    case.settings = settings(deadline=None, max_examples=50)
    case("runTest").runTest()


def test_of_grouped_vectors_the_nearest_are_found_in_a_tenth(tmp_path: Path) -> None:
    vectors = around(1, groups=30, each=20)
    exact = opened(tmp_path / "vectors.i8")
    rows = np.arange(1, len(vectors) + 1)
    exact.put(rows.tolist(), vectors)
    found, compared = [], []
    for question in around(1, groups=30, each=1):
        near = exact.near(question, 0.1)
        assert near is not None
        nearest = rows[np.argsort(-(vectors @ question))[:10]]
        found.append(np.isin(nearest, near).mean())
        compared.append(np.isin(rows, near).mean())
    exact.close()
    assert np.mean(found) > 0.95
    assert np.mean(compared) < 0.2


def test_they_are_made_anew_once_there_are_four_times_as_many(tmp_path: Path) -> None:
    exact = opened(tmp_path / "vectors.i8")

    def made_of() -> int:
        assert exact._clusters is not None
        return exact._clusters._made_of

    for rows, of in ((FEWEST, 0), (FEWEST + 1, 21), (84, 21), (85, 85)):
        exact.put(list(range(1, rows + 1)), unit(rows, rows))
        assert made_of() == of
    exact.close()


def test_searches_use_the_old_clusters_until_the_new_ones_are_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = opened(tmp_path / "vectors.i8")
    exact.put(list(range(1, 50)), unit(1, 49))
    sort, near = _Made.of, []

    def searched_meanwhile(centroids: Vectors, of_rows: NDArray[np.uint16]) -> _Made:
        near.append(exact.near(unit(2, 1)[0], 0.1))
        return sort(centroids, of_rows)

    monkeypatch.setattr(_Made, "of", searched_meanwhile)
    exact.put(list(range(1, 250)), unit(3, 249))
    exact.close()
    assert len(near) == 2
    assert all(each is not None for each in near)


def test_rows_without_a_cluster_are_near(tmp_path: Path) -> None:
    path = tmp_path / "vectors.i8"
    exact = opened(path)
    exact.put(list(range(1, 50)), unit(1, 49))
    exact.close()
    held = path.with_suffix(".clusters").read_bytes()
    # As if the last five had been lost, which are two bytes each.
    path.with_suffix(".clusters").write_bytes(held[:-10] + bytes(10))
    exact = opened(path)
    near = exact.near(unit(2, 1)[0], 0.01)
    exact.close()
    assert near is not None
    assert {45, 46, 47, 48, 49} <= set(near.tolist())
    assert len(near) < 40


def test_a_file_that_is_none_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "vectors.i8"
    exact = opened(path)
    exact.put(list(range(1, 50)), unit(1, 49))
    exact.close()
    path.with_suffix(".clusters").write_bytes(b"something else")
    exact = opened(path)
    assert exact.near(unit(2, 1)[0], 0.1) is not None
    exact.close()
