"""Tells copies of a text from other texts, by the three-word runs that they share.

MinHash signatures (A. Broder, "On the resemblance and containment of documents", 1997) find the
texts that may be copies, by bands of two values each; `are_copies` compares those in full.
Signatures are stored in indexes, so nothing they depend on may change; hence no library makes them.
"""

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Signature = NDArray[np.uint32]
"""The least hash of a text's runs under each of `SIGNATURE` hash functions."""

RUN = 3
SIGNATURE = 64
BANDS = 32
FEWEST_RUNS = 25
"""A shorter text is not compared: a few words may recur by chance, or from a template."""

FEWEST_ALIKE = 8
"""Values that two signatures must share before their texts are compared: texts with a Jaccard index
of 0.25 (`ALIKE`) share as many in 99 of 100 cases."""

# Fitted on copies made from every second article of NewsQA (`scripts/measure-copies`).
CONTAINED = 0.4
"""For copies, the least share of the shorter text's runs that the other one has."""
ALIKE = 0.25
"""And the least share of all their runs that are in both: a round-up is no copy of its parts."""
SAME_FACTS = 0.5
"""And the least share of the numbers, and of the names, of the text with fewer that the other has.
Two reports from one template share their words but not their figures."""
FACTS_THAT_MAY_DIFFER = 2

_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf'[.!?:(\["“”‘]|[{_SPACELESS}]|\d+(?:[.,:]\d+)*|[^\W\d{_SPACELESS}]+')
_MARKS = frozenset('.!?:(["“”‘')
_WORD, _CAPITAL, _NUMBER, _MARK = _ALL_KINDS = range(4)
_KINDS = len(_ALL_KINDS)
_RUNS_AT_ONCE = 8_192
_TOKENS_REMEMBERED = 200_000


def _mixed(values: Hashes) -> Hashes:
    """Each value mixed as in splitmix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_SEEDS = _mixed(np.arange(1, 2 * SIGNATURE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
_FACTORS, _SUMMANDS = _SEEDS[:SIGNATURE, None] | np.uint64(1), _SEEDS[SIGNATURE:, None]
_PLACES = _SEEDS[: max(RUN, 2), None]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a text is compared by. Its `key`, a signed 64-bit integer, is equal for texts with the
    same words and marks; `runs` are the distinct hashes of its runs of words, sorted."""

    key: int
    runs: Hashes
    numbers: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Wording":
        tokens = _TOKEN.findall(text)
        written = " ".join(tokens).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(written, digest_size=8).digest()
        known = np.fromiter(map(_known.__getitem__, tokens), np.uint64, len(tokens))
        kinds = known & np.uint64(_KINDS - 1)
        capitals = np.flatnonzero(kinds == _CAPITAL)
        # A capital at the start of a sentence or a quotation says little.
        named = capitals[(capitals > 0) & (kinds[capitals - 1] != _MARK)]
        return cls(
            int.from_bytes(digest, "big", signed=True),
            _runs(known[kinds != _MARK] // np.uint64(_KINDS)),
            frozenset(tokens[place] for place in np.flatnonzero(kinds == _NUMBER)),
            frozenset(tokens[place].casefold() for place in named),
        )

    @property
    def is_comparable(self) -> bool:
        return len(self.runs) >= FEWEST_RUNS


class _Known(dict[str, int]):
    """The hash of each token, times `_KINDS`, plus its kind."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _TOKENS_REMEMBERED:
            self.clear()
        self[token] = value = _hash_and_kind(token)
        return value


_known = _Known()


def _hash_and_kind(token: str) -> int:
    hashed = zlib.crc32(token.casefold().encode("utf-8", "surrogatepass"))
    kind = _WORD
    if token in _MARKS:
        kind = _MARK
    elif token[0].isdecimal():
        kind = _NUMBER
    elif token[0].isupper():
        kind = _CAPITAL
    return hashed * _KINDS + kind


def _runs(words: Hashes) -> Hashes:
    """The distinct hashes of the runs of `RUN` words, sorted; words are given by their hashes."""
    count = len(words) - RUN + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    runs = np.zeros(count, np.uint64)
    for place in range(RUN):
        runs += _mixed(words[place : place + count] + _PLACES[place])
    ordered = np.sort(_mixed(runs))
    first: NDArray[np.bool_] = np.append(True, ordered[1:] != ordered[:-1])
    once: Hashes = ordered[first]
    return once


def signature_of(runs: Hashes) -> Signature:
    """The MinHash signature, shape (SIGNATURE,), of at least one run."""
    least = np.full(SIGNATURE, 2**32 - 1, np.uint64)
    for start in range(0, len(runs), _RUNS_AT_ONCE):
        hashed = (runs[start : start + _RUNS_AT_ONCE] * _FACTORS + _SUMMANDS) >> np.uint64(32)
        least = np.minimum(least, hashed.min(axis=1))
    return least.astype(np.uint32)


def bands_of(signature: Signature) -> list[int]:
    """A signed 64-bit integer for each band, equal for signatures that agree in it."""
    pairs = signature.reshape(BANDS, -1).astype(np.uint64)
    numbers = np.arange(BANDS, dtype=np.uint64)
    keys = _mixed((pairs[:, 0] << np.uint64(32) | pairs[:, 1]) + _mixed(numbers + _SEEDS[0]))
    return [int(each) for each in keys.view(np.int64)]


def alike_first(signature: Signature, others: Sequence[Signature]) -> list[int]:
    """The indices of the others that are alike enough for a full comparison, most alike first."""
    if not others:
        return []
    equal = (np.stack(others) == signature).sum(axis=1)
    order = np.argsort(-equal, kind="stable").tolist()
    return [index for index in order if equal[index] >= FEWEST_ALIKE]


def are_copies(one: Wording, other: Wording) -> bool:
    """Whether both tell the same story in mostly the same words, one perhaps shortened, reordered,
    updated or edited."""
    shared = len(np.intersect1d(one.runs, other.runs, assume_unique=True))
    fewer = min(len(one.runs), len(other.runs))
    together = len(one.runs) + len(other.runs) - shared
    return (
        shared >= CONTAINED * fewer
        and shared >= ALIKE * together
        and _mostly_shared(one.numbers, other.numbers)
        and _mostly_shared(one.names, other.names)
    )


def share_in(runs: Hashes, *others: Hashes) -> float:
    """The share of the runs that are in any of the others; 1 if there are no runs."""
    if not len(runs):
        return 1.0
    found = np.zeros(len(runs), np.bool_)
    for other in others:
        if len(other):
            places = np.minimum(np.searchsorted(other, runs), len(other) - 1)
            found |= other[places] == runs
    return float(found.mean())


def _mostly_shared(some: frozenset[str], others: frozenset[str]) -> bool:
    """
    >>> _mostly_shared(frozenset({"12", "2009"}), frozenset({"15", "2009"}))
    True
    """
    fewer = min(len(some), len(others))
    return fewer - len(some & others) <= max(FACTS_THAT_MAY_DIFFER, (1 - SAME_FACTS) * fewer)
