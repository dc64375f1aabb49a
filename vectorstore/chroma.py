"""Passage vectors in an embedded Chroma collection. The only module that knows Chroma."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vectorstore.catalog.rows import date_number
from vectorstore.errors import UserError
from vectorstore.types import ArticleInfo, Passage, Vectors

if TYPE_CHECKING:
    import chromadb
    from chromadb.api.types import Metadata

COLLECTION = "passages"
# Chroma refuses larger writes, and SQLite limits how many ids one read may name.
LARGEST_CALL = 5_000


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage near a vector; `similarity` is the cosine, 1 for the same direction."""

    passage_id: str
    similarity: float


class VectorStoreError(UserError):
    """The vectors cannot be read; the message says why and what to do."""


class VectorStore:
    """Vectors by passage id. For one process at a time, from any of its threads."""

    def __init__(self, folder: Path) -> None:
        # Importing takes a second, which a command that talks to a running service should not pay.
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        try:
            self._client = chromadb.PersistentClient(
                str(folder), Settings(anonymized_telemetry=False)
            )
            self._collection = self._open_collection()
        except (ChromaError, ValueError) as error:
            raise VectorStoreError(
                f"The vectors in {folder} cannot be opened ({error}). Move that folder away and "
                "run `qa doctor --repair`: the vectors are rebuilt from the catalog."
            ) from error
        # A filtered query over 50,000 passages takes Chroma 30 to 150 ms; multiplying the vectors
        # in memory takes 5. They are loaded when first needed.
        self._matrix: VectorMatrix | None = None
        self._writing = threading.Lock()
        self._using_matrix = threading.Lock()

    def close(self) -> None:
        # PersistentClient is declared to return the interface, which lacks it.
        self._client.close()  # type: ignore[attr-defined]

    def count(self) -> int:
        return self._collection.count()

    def put(
        self, passages: Sequence[Passage], articles: Sequence[ArticleInfo], vectors: Vectors
    ) -> None:
        """Add the passages, or replace those with the same id, with one article and one row of
        `vectors` (n, d) per passage."""
        if not passages:
            return
        with self._writing:
            for start in range(0, len(passages), LARGEST_CALL):
                batch = slice(start, start + LARGEST_CALL)
                ids = [passage.id for passage in passages[batch]]
                self._collection.upsert(
                    ids=ids,
                    embeddings=vectors[batch],
                    documents=[passage.text for passage in passages[batch]],
                    metadatas=[
                        _metadata(passage, article)
                        for passage, article in zip(passages[batch], articles[batch], strict=True)
                    ],
                )
                # After each batch, so that memory matches Chroma even if the next one fails.
                with self._using_matrix:
                    if self._matrix is not None:
                        self._matrix.put(ids, vectors[batch])

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Remove these passages; unknown ids are ignored."""
        with self._writing:
            for start in range(0, len(passage_ids), LARGEST_CALL):
                batch = list(passage_ids[start : start + LARGEST_CALL])
                self._collection.delete(ids=batch)
                with self._using_matrix:
                    if self._matrix is not None:
                        self._matrix.delete(batch)

    def clear(self) -> None:
        """Remove everything, whatever its dimension."""
        with self._writing, self._using_matrix:
            self._client.delete_collection(COLLECTION)
            self._collection = self._open_collection()
            self._matrix = None

    def nearest(self, vector: Vectors, k: int) -> list[Neighbour]:
        """The `k` passages nearest to `vector` (d,), nearest first; approximate."""
        k = min(k, self.count())
        if k == 0:
            return []
        found = self._collection.query(
            query_embeddings=vector[np.newaxis], n_results=k, include=["distances"]
        )
        distances = (found["distances"] or [[]])[0]
        return [
            Neighbour(passage_id, 1 - distance)
            for passage_id, distance in zip(found["ids"][0], distances, strict=True)
        ]

    def similarities(self, vector: Vectors, passage_ids: Sequence[str]) -> Vectors:
        """The exact cosine of `vector` (d,) with each of these passages; -1 for unknown ones."""
        self.warm()
        with self._using_matrix:
            if self._matrix is None:  # cleared just now
                return np.full(len(passage_ids), -1, np.float32)
            return self._matrix.similarities(vector, passage_ids)

    def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors (d,) of these passages, by id; unknown ones are left out."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(passage_ids), LARGEST_CALL):
            batch = list(passage_ids[start : start + LARGEST_CALL])
            answer = self._collection.get(ids=batch, include=["embeddings"])
            found.update(zip(answer["ids"], np.asarray(answer["embeddings"]), strict=True))
        return found

    def ids(self) -> Iterator[str]:
        for start in range(0, self.count(), LARGEST_CALL):
            yield from self._collection.get(limit=LARGEST_CALL, offset=start, include=[])["ids"]

    def warm(self) -> None:
        """Load all vectors into memory now instead of at the first exact comparison."""
        if self._matrix is not None:
            return
        with self._writing:
            if self._matrix is not None:
                return
            matrix = VectorMatrix()
            for start in range(0, self.count(), LARGEST_CALL):
                page = self._collection.get(
                    limit=LARGEST_CALL, offset=start, include=["embeddings"]
                )
                matrix.put(page["ids"], np.asarray(page["embeddings"], np.float32))
            self._matrix = matrix

    def _open_collection(self) -> "chromadb.Collection":
        return self._client.get_or_create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )


class VectorMatrix:
    """Vectors in memory, by id. Rows are reused; similarities take one matrix product."""

    def __init__(self) -> None:
        self._vectors: Vectors = np.empty((0, 0), np.float32)
        self._rows: dict[str, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def capacity(self) -> int:
        """How many vectors it has memory for."""
        return len(self._vectors)

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace: one row of `vectors` (n, d) for each id."""
        if not ids:
            return
        new = [each for each in dict.fromkeys(ids) if each not in self._rows]
        self._reserve(len(new), vectors.shape[1])
        self._rows.update((each, self._free.pop()) for each in new)
        self._vectors[[self._rows[each] for each in ids]] = vectors

    def delete(self, ids: Sequence[str]) -> None:
        self._free.extend(self._rows.pop(each) for each in ids if each in self._rows)

    def similarities(self, vector: Vectors, ids: Sequence[str]) -> Vectors:
        """The dot product of `vector` (d,) with the vectors of `ids`; shape (n,), -1 if missing."""
        rows = np.array([self._rows.get(each, -1) for each in ids], np.int64)
        found = np.full(len(rows), -1, np.float32)
        present = rows >= 0
        if present.any():
            found[present] = self._vectors[rows[present]] @ vector
        return found

    def _reserve(self, rows: int, dimension: int) -> None:
        missing = rows - len(self._free)
        if missing <= 0:
            return
        used = len(self._vectors)
        grown = np.zeros((max(used + missing, used * 2), dimension), np.float32)
        grown[:used] = self._vectors if used else 0
        self._vectors = grown
        self._free.extend(reversed(range(used, len(grown))))


def _metadata(passage: Passage, article: ArticleInfo) -> "Metadata":
    known: dict[str, str | int | None] = {
        "article_id": article.id,
        **article.metadata(),
        "published": date_number(article.published),
        "start": passage.start,
        "end": passage.end,
    }
    return {key: value for key, value in known.items() if value is not None}
