"""BM25 over rows: as the formula says, for the rows in use."""

import math

import numpy as np
import pytest

from vectorstore.bm25 import K1, B, Postings, bm25, length_norms


def postings(counts: dict[int, int]) -> Postings:
    return Postings(np.array([*counts], np.uint32), np.array([*counts.values()], np.uint8))


def test_scores_are_those_of_the_formula() -> None:
    words = np.array([0, 10, 20, 30], np.int32)
    norms = length_norms(words, 20.0)
    norms[0] = np.inf
    scores = bm25([postings({1: 2, 3: 1}), postings({3: 1})], norms, 3)
    idf_two, idf_one = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)

    def part(idf: float, count: int, length: int) -> float:
        return idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / 20))

    wanted = [0, part(idf_two, 2, 10), 0, part(idf_two, 1, 30) + part(idf_one, 1, 30)]
    assert scores.tolist() == pytest.approx(wanted, rel=1e-5)


def test_rows_out_of_use_or_not_yet_known_score_nothing() -> None:
    norms = np.array([np.inf, 1.0], np.float32)
    assert bm25([postings({0: 3, 1: 1, 7: 2})], norms, 2).tolist()[0] == 0
    assert len(bm25([postings({7: 2})], norms, 2)) == 2


def test_a_word_in_every_passage_still_counts_a_little() -> None:
    scores = bm25([postings({0: 1})], length_norms(np.array([5], np.int32), 5.0), 1)
    assert 0 < scores[0] < 0.5
