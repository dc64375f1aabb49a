"""BM25: how well passages match words, from which passages contain them and how often.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import Vectors

K1 = 1.2
B = 0.75


@dataclass(frozen=True, slots=True)
class Postings:
    """The passages that contain a term, `rows` (n,), and how often each does, `counts` (n,)."""

    rows: NDArray[np.uint32]
    counts: NDArray[np.uint8]


def length_norms(words: NDArray[np.int32], average: float) -> Vectors:
    """The length term of BM25's denominator for passages of these word counts (n,); shape (n,)."""
    lengths = words.astype(np.float32)
    norms: Vectors = (K1 * (1 - B + B * lengths / max(average, 1.0))).astype(np.float32)
    return norms


def inverse_document_frequency(found_in: int, passages: int) -> float:
    return math.log(1 + max(0.0, passages - found_in + 0.5) / (found_in + 0.5))


def bm25(found: Iterable[Postings], norms: Vectors, passages: int) -> Vectors:
    """The scores (len(norms),) of all rows for terms with these postings; 0 without a match.

    `norms` are those of all rows, infinite for rows that are not in use.
    """
    scores = np.zeros(len(norms), np.float32)
    for postings in found:
        # Once, since numpy would do it each time they are used.
        rows, counts = postings.rows.astype(np.intp), postings.counts.astype(np.float32)
        if len(rows) and int(rows.max()) >= len(norms):
            # Some were published after `norms` were computed.
            present = rows < len(norms)
            rows, counts = rows[present], counts[present]
        weight = np.float32(inverse_document_frequency(len(rows), passages) * (K1 + 1))
        # Faster than `scores[rows] +=`.
        np.add.at(scores, rows, weight * counts / (counts + norms[rows]))
    return scores
