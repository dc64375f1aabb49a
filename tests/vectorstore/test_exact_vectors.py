"""Vectors by row in a file: what was put is there, after any changes and when opened again."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.vectorstore.test_chroma import DIMENSION, unit
from vectorstore import exact_vectors
from vectorstore.exact_vectors import ExactVectors
from vectorstore.types import Vectors

places = st.lists(st.integers(1, 60), max_size=12, unique=True)


@pytest.fixture
def exact(tmp_path: Path) -> Iterator[ExactVectors]:
    vectors = ExactVectors(tmp_path / "vectors.i8")
    yield vectors
    vectors.close()


class AgainstADictionary(RuleBasedStateMachine):
    """The file beside the plainest thing that could do its work."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / os.urandom(8).hex()
        self.vectors = ExactVectors(self.path)
        self.plain: dict[int, Vectors] = {}

    @rule(rows=places, seed=st.integers(0, 99))
    def put(self, rows: list[int], seed: int) -> None:
        vectors = unit(seed, len(rows))
        self.vectors.put(rows, vectors)
        self.plain.update(zip(rows, vectors, strict=True))

    @rule(pairs=st.dictionaries(st.integers(1, 60), st.integers(1, 60), max_size=6))
    def copy(self, pairs: dict[int, int]) -> None:
        known = {to: row for to, row in pairs.items() if row in self.plain}
        self.vectors.copy(list(known.values()), list(known))
        self.plain |= {to: self.plain[row] for to, row in known.items()}

    @rule()
    def open_again(self) -> None:
        self.vectors.close()
        self.vectors = ExactVectors(self.path)

    @rule(rows=places, seed=st.integers(0, 99))
    def compare(self, rows: list[int], seed: int) -> None:
        vector = unit(seed, 1)[0]
        wanted = [float(self.plain[row] @ vector) if row in self.plain else 0 for row in rows]
        found = self.vectors.similarities(vector, np.array(rows, np.int64))
        assert np.allclose(found, wanted, atol=1e-2)
        assert self.vectors.known(rows).tolist() == [row in self.plain for row in rows]

    def teardown(self) -> None:
        self.vectors.close()


def test_it_holds_what_a_dictionary_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_vectors, "GROWTH", 1)
    monkeypatch.setattr(exact_vectors, "ROWS_AT_ONCE", 3)
    AgainstADictionary.folder = tmp_path
    case = AgainstADictionary.TestCase
    case.settings = settings(deadline=None, max_examples=50)
    case("runTest").runTest()


def test_an_empty_file_knows_nothing(exact: ExactVectors) -> None:
    assert exact.known([1, 2]).tolist() == [False, False]
    assert exact.similarities(unit(1, 1)[0], np.array([1, 2])).tolist() == [0, 0]
    exact.put([], np.empty((0, DIMENSION), np.float32))
    exact.copy([], [])


def test_after_clearing_vectors_of_another_length_go_in(exact: ExactVectors) -> None:
    exact.put([3], unit(1, 1))
    exact.clear()
    assert not exact.known([3]).any()
    longer = np.eye(1, DIMENSION + 4, dtype=np.float32)
    exact.put([3], longer)
    assert exact.similarities(longer[0], np.array([3])).tolist() == pytest.approx([1], abs=1e-6)


def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(
    exact: ExactVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact.put([1], unit(1, 1))

    def full(*arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        exact.put([2], unit(2, 1))
    assert exact.known([1, 2]).tolist() == [True, False]
