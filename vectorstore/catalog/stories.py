"""Groups articles that are copies of each other: they tell one story.

Articles with the same words share a wording. Two wordings are copies if their signatures share a
band and `are_copies` says so, and a story is a connected component of copies. It depends only on
which wordings there are, so changing one article leads to the same stories as a catalog built from
scratch.

The work per article does not grow with the collection: a band with more than `MOST_IN_A_BAND`
wordings, such as those of a template, is not used while it has that many, and a wording is compared
with the members of another story only until one of them is its copy.
"""

from collections.abc import Callable, Iterable, Sequence, Set

import numpy as np

from vectorstore.catalog.database import Transaction, batches_of
from vectorstore.catalog.records import skipping
from vectorstore.catalog.rows import INFO, article_from, spans_from_json
from vectorstore.text.resemblance import (
    Signature,
    Wording,
    alike_first,
    are_copies,
    bands_of,
    signature_of,
)
from vectorstore.types import Article

MOST_IN_A_BAND = 100
WORDINGS_REMEMBERED = 2_000
SIGNATURE_VALUE = np.dtype("<u4")

ReadWording = Callable[[Transaction, int], Wording]


def wording_of(article: Article) -> Wording:
    """What an article is compared by: the words of its text, without the skipped ranges."""
    kept, reached = [], 0
    for start, end, _ in article.skipped:
        kept.append(article.text[reached:start])
        reached = end
    return Wording.of("\n".join((*kept, article.text[reached:])))


class Stories:
    """Keeps the stories in step with the articles, within the caller's transactions."""

    def __init__(self, most_in_a_band: int = MOST_IN_A_BAND) -> None:
        self._most_in_a_band = most_in_a_band
        self._wordings: dict[int, Wording] = {}

    def put(self, db: Transaction, articles: Iterable[Article]) -> None:
        """Record the wordings of these articles, which are already in the catalog."""
        change = _Change(db, self._most_in_a_band, self._wording)
        for article in articles:
            wording = wording_of(article)
            self._remember(wording)
            change.put(article.id, wording)
        change.settle()

    def remove(self, db: Transaction, article_id: str) -> None:
        """Record that the catalog no longer has this article."""
        change = _Change(db, self._most_in_a_band, self._wording)
        change.remove(article_id)
        change.settle()

    def _wording(self, db: Transaction, key: int) -> Wording:
        if key not in self._wordings:
            self._remember(_read_wording(db, key))
        return self._wordings[key]

    def _remember(self, wording: Wording) -> None:
        self._wordings[wording.key] = self._wordings.pop(wording.key, wording)
        if len(self._wordings) > WORDINGS_REMEMBERED:
            del self._wordings[next(iter(self._wordings))]


class _Change:
    """The wordings added and removed in one transaction, and what then becomes of the stories.

    A story's name is the least key of its wordings.
    """

    def __init__(self, db: Transaction, most_in_a_band: int, read: ReadWording) -> None:
        self._db = db
        self._most_in_a_band = most_in_a_band
        self._read = read
        self._new: set[int] = set()
        """Wordings to compare with all others."""
        self._torn: set[int] = set()
        """Stories that may have fallen apart."""
        self._joined: dict[int, int] = {}
        """The story that each joined story has become part of, by name."""

    def put(self, article_id: str, wording: Wording) -> None:
        key = wording.key if wording.is_comparable else None
        before = self._wording_of(article_id)
        if key == before:
            return
        if before is not None:
            self.remove(article_id)
        if key is None:
            return
        self._db.execute("INSERT INTO article_wordings VALUES (?, ?)", (article_id, key))
        known = self._db.execute("SELECT 1 FROM wordings WHERE wording = ?", (key,)).fetchone()
        if known is None:
            signature = signature_of(wording.runs)
            self._db.execute(
                "INSERT INTO wordings (wording, story, signature) VALUES (?, ?, ?)",
                (key, key, signature.astype(SIGNATURE_VALUE).tobytes()),
            )
            self._add_to_bands(key, signature)
            self._new.add(key)

    def remove(self, article_id: str) -> None:
        key = self._wording_of(article_id)
        if key is None:
            return
        self._db.execute("DELETE FROM article_wordings WHERE article = ?", (article_id,))
        of_others = "SELECT 1 FROM article_wordings WHERE wording = ? LIMIT 1"
        if self._db.execute(of_others, (key,)).fetchone() is None:
            ((story, signature),) = self._db.execute(
                "SELECT story, signature FROM wordings WHERE wording = ?", (key,)
            ).fetchall()
            self._db.execute("DELETE FROM wordings WHERE wording = ?", (key,))
            self._take_from_bands(key, _signature_from(signature))
            self._torn.add(story)
            self._new.discard(key)

    def settle(self) -> None:
        """Find the stories of new wordings, and of those in torn stories."""
        for marks, stories in batches_of(sorted(self._torn)):
            rows = self._db.execute(
                f"SELECT wording FROM wordings WHERE story IN ({marks})", stories
            )
            self._new.update(key for (key,) in rows.fetchall())
            self._db.execute(
                f"UPDATE wordings SET story = wording WHERE story IN ({marks})", stories
            )
        for key in sorted(self._new):
            self._compare(key)
        self._db.executemany(
            "UPDATE wordings SET story = ? WHERE story = ?",
            [(self._name(story), story) for story in self._joined],
        )

    def _compare(self, key: int) -> None:
        """Join the story of a wording with those of its copies."""
        ((own, signature),) = self._db.execute(
            "SELECT story, signature FROM wordings WHERE wording = ?", (key,)
        ).fetchall()
        signature = _signature_from(signature)
        bands = bands_of(signature)
        bands = sorted({*bands} - self._crowded(bands))
        if not bands:
            return
        marks = ",".join("?" * len(bands))
        near = self._db.execute(
            "SELECT wording, story, signature FROM wordings WHERE wording IN"
            f" (SELECT wording FROM bands WHERE band IN ({marks})) AND wording <> ?",
            (*bands, key),
        ).fetchall()
        for index in alike_first(signature, [_signature_from(each[2]) for each in near]):
            other, story, _ = near[index]
            names = {self._name(own), self._name(story)}
            if len(names) == 2 and are_copies(
                self._read(self._db, key), self._read(self._db, other)
            ):
                self._joined[max(names)] = min(names)

    def _name(self, story: int) -> int:
        """The name of the story that `story` is now part of."""
        while story in self._joined:
            story = self._joined[story]
        return story

    def _wording_of(self, article_id: str) -> int | None:
        row = self._db.execute(
            "SELECT wording FROM article_wordings WHERE article = ?", (article_id,)
        ).fetchone()
        return None if row is None else int(row[0])

    def _add_to_bands(self, key: int, signature: Signature) -> None:
        bands = sorted({*bands_of(signature)})
        self._db.executemany("INSERT INTO bands VALUES (?, ?)", [(band, key) for band in bands])
        for band in self._over_the_limit({*bands} - self._crowded(bands)):
            self._db.execute("INSERT INTO crowded_bands VALUES (?)", (band,))
            self._tear(band)

    def _take_from_bands(self, key: int, signature: Signature) -> None:
        bands = sorted({*bands_of(signature)})
        self._db.executemany(
            "DELETE FROM bands WHERE band = ? AND wording = ?", [(band, key) for band in bands]
        )
        crowded = self._crowded(bands)
        for band in crowded - self._over_the_limit(crowded):
            self._db.execute("DELETE FROM crowded_bands WHERE band = ?", (band,))
            self._tear(band)

    def _crowded(self, bands: Sequence[int]) -> set[int]:
        marks = ",".join("?" * len(bands))
        rows = self._db.execute(f"SELECT band FROM crowded_bands WHERE band IN ({marks})", bands)
        return {band for (band,) in rows.fetchall()}

    def _over_the_limit(self, bands: Set[int]) -> set[int]:
        if not bands:
            return set()
        marks = ",".join("?" * len(bands))
        rows = self._db.execute(
            f"SELECT band FROM bands WHERE band IN ({marks}) GROUP BY band HAVING count(*) > ?",
            (*sorted(bands), self._most_in_a_band),
        )
        return {band for (band,) in rows.fetchall()}

    def _tear(self, band: int) -> None:
        rows = self._db.execute(
            "SELECT DISTINCT story FROM wordings WHERE wording IN"
            " (SELECT wording FROM bands WHERE band = ?)",
            (band,),
        )
        self._torn.update(story for (story,) in rows.fetchall())


def _read_wording(db: Transaction, key: int) -> Wording:
    """The wording with this key, from one of the articles that have it."""
    row = db.execute(
        f"SELECT {INFO}, t.text, a.skipped, a.keep_all, a.repeated FROM articles a"
        " JOIN texts t ON t.row = a.content"
        " JOIN article_wordings w ON w.article = a.id WHERE w.wording = ? LIMIT 1",
        (key,),
    ).fetchone()
    return wording_of(skipping(article_from(row), spans_from_json(row[10])))


def _signature_from(value: bytes) -> Signature:
    return np.frombuffer(value, SIGNATURE_VALUE).astype(np.uint32)
