"""Reads and writes the full-text index: for each term, the passages that contain it.

The postings of a term are stored in parts, so that adding passages rewrites little. A full part
stays as it is until one of its passages is removed.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from vectorstore.bm25 import Postings
from vectorstore.catalog.database import Database, Transaction, batches_of
from vectorstore.text.words import stems_of

FULL = 1_024
"""A part with this many passages is full."""
MOST_COUNTED = 255
LONGEST_TERM = 64
"""In code points; anything longer, such as an encoded file, is not a word."""
ROW, COUNT = np.dtype("<u4"), np.dtype("u1")

Part = tuple[str, int, int, int, int, bytes, bytes]
"""A term; the number of the part; how many passages are in it, the lowest and the highest of their
rows; their rows and counts, encoded."""


def terms_in(text: str) -> Counter[str]:
    """The terms of a text, and how often each occurs."""
    return Counter(each for each in stems_of(text) if len(each) <= LONGEST_TERM)


def index_passages(db: Transaction, passages: Sequence[tuple[int, str]]) -> list[int]:
    """Add passages, each given by its row and text; store and return how many words each has."""
    found = [(row, terms_in(text)) for row, text in passages]
    lengths = [terms.total() for _, terms in found]
    db.executemany(
        "UPDATE passages SET words = ? WHERE row = ?",
        [(words, row) for words, (row, _) in zip(lengths, found, strict=True)],
    )
    add_postings(db, found)
    return lengths


def add_postings(db: Transaction, passages: Iterable[tuple[int, Mapping[str, int]]]) -> None:
    """Add passages, each given by its row and its terms."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    counts: defaultdict[str, list[int]] = defaultdict(list)
    for row, terms in passages:
        for term, count in terms.items():
            rows[term].append(row)
            counts[term].append(min(count, MOST_COUNTED))
    for marks, batch in batches_of(sorted(rows)):
        growing = {
            term: held
            for term, *held in db.execute(
                "SELECT term, lowest, highest, rows, counts FROM postings"
                f" WHERE part = 0 AND term IN ({marks})",
                batch,
            )
        }
        grown = [_grown(term, growing.get(term), rows[term], counts[term]) for term in batch]
        _write(db, grown)
        _close(db, [term for term, _, passages, *_ in grown if passages >= FULL])


def remove_postings(db: Transaction, passages: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Remove passages, each given by its row and its terms."""
    gone: defaultdict[str, list[int]] = defaultdict(list)
    for row, terms in passages:
        for term in terms:
            gone[term].append(row)
    for term, rows in gone.items():
        parts = db.execute(
            "SELECT part, rows, counts FROM postings"
            " WHERE term = ? AND lowest <= ? AND highest >= ?",
            (term, max(rows), min(rows)),
        ).fetchall()
        for part, held_rows, held_counts in parts:
            held = _postings(held_rows, held_counts)
            kept = ~np.isin(held.rows, rows)
            if not kept.any():
                db.execute("DELETE FROM postings WHERE term = ? AND part = ?", (term, part))
            elif not kept.all():
                left = held.rows[kept].tobytes(), held.counts[kept].tobytes()
                _write(db, [_part(term, part, *left)])


def read_postings(database: Database, terms: Sequence[str]) -> dict[str, Postings]:
    """The postings of these terms; terms in no passage are left out."""
    rows: defaultdict[str, list[bytes]] = defaultdict(list)
    counts: defaultdict[str, list[bytes]] = defaultdict(list)
    for term, part_rows, part_counts in database.rows_for(
        "SELECT term, rows, counts FROM postings WHERE term IN ({keys})", terms
    ):
        rows[term].append(part_rows)
        counts[term].append(part_counts)
    # In the order of the terms, so that scores are summed in the same order with every database.
    return {
        term: _postings(b"".join(rows[term]), b"".join(counts[term]))
        for term in terms
        if term in rows
    }


def postings_differ(database: Database) -> bool:
    """Whether the postings differ from those of the passages.

    For each term, the passages are counted and their rows and counts summed, each pair mixed into a
    64-bit number: two different sets have equal sums once in 2 ** 64.
    """
    wanted: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row, text, words in database.rows("SELECT row, text, words FROM passages"):
        terms = terms_in(text)
        if words != terms.total():
            return True
        for term, count in terms.items():
            sums = wanted[term]
            sums[0] += 1
            sums[1] += _mixed(row << 8 | min(count, MOST_COUNTED))
    held: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for term, passages, lowest, highest, rows, counts in database.rows(
        "SELECT term, passages, lowest, highest, rows, counts FROM postings"
    ):
        if not passages or (len(rows), len(counts)) != (passages * ROW.itemsize, passages):
            return True
        part = _postings(rows, counts)
        if (lowest, highest) != (part.rows.min(), part.rows.max()):
            return True
        sums = held[term]
        sums[0] += passages
        for row, count in zip(part.rows.tolist(), part.counts.tolist(), strict=True):
            sums[1] += _mixed(row << 8 | count)
    return held != wanted


def _mixed(value: int) -> int:
    """The last step of SplitMix64."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 31


def document_frequency(database: Database, terms: Sequence[str]) -> dict[str, int]:
    """The number of passages with each term; terms in no passage are left out."""
    return dict(
        database.rows_for(
            "SELECT term, sum(passages) FROM postings WHERE term IN ({keys}) GROUP BY term", terms
        )
    )


def terms_from(database: Database, first: str, lengths: tuple[int, int]) -> list[tuple[str, int]]:
    """The terms that begin with `first`, from the shortest to the longest of `lengths`, and the
    number of passages with each."""
    return database.rows(
        "SELECT term, sum(passages) FROM postings WHERE term >= ? AND term < ?"
        " AND length(term) BETWEEN ? AND ? GROUP BY term",
        [first, f"{first}\U0010ffff", *lengths],
    )


def _close(db: Transaction, terms: Sequence[str]) -> None:
    """Give part 0 of these terms a new number."""
    db.executemany(
        "UPDATE postings SET part ="
        " (SELECT max(part) + 1 FROM postings WHERE term = ?) WHERE term = ? AND part = 0",
        [(term, term) for term in terms],
    )


def _write(db: Transaction, parts: Iterable[Part]) -> None:
    db.executemany(
        "INSERT INTO postings (term, part, passages, lowest, highest, rows, counts)"
        " VALUES (?,?,?,?,?,?,?) ON CONFLICT (term, part) DO UPDATE SET"
        " passages = excluded.passages, lowest = excluded.lowest, highest = excluded.highest,"
        " rows = excluded.rows, counts = excluded.counts",
        parts,
    )


def _grown(term: str, held: Sequence[Any] | None, rows: list[int], counts: list[int]) -> Part:
    """Part 0 of a term with more passages. Most are short, and numpy would be slow for them."""
    lowest, highest, held_rows, held_counts = held or (rows[0], rows[0], b"", b"")
    all_counts = held_counts + bytes(counts)
    all_rows = held_rows + struct.pack(f"<{len(rows)}I", *rows)
    return term, 0, len(all_counts), min(lowest, *rows), max(highest, *rows), all_rows, all_counts


def _part(term: str, part: int, rows: bytes, counts: bytes) -> Part:
    held = np.frombuffer(rows, ROW)
    return term, part, len(held), int(held.min()), int(held.max()), rows, counts


def _postings(rows: bytes, counts: bytes) -> Postings:
    return Postings(np.frombuffer(rows, ROW), np.frombuffer(counts, COUNT))
