"""Passage vectors in an embedded Chroma collection. The only module that knows Chroma."""

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vectorstore.errors import UserError
from vectorstore.types import Vectors

if TYPE_CHECKING:
    import chromadb
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration

COLLECTION = "passages"
# Chroma refuses larger writes, and SQLite limits how many ids one read may name.
LARGEST_CALL = 5_000
REPAIR = "Run `qa doctor --repair`: it makes the vectors anew from the catalog."
EF_SEARCH = 1_200
"""How many neighbours the graph keeps in view: of a million passages, .95 of the ten nearest are
found with so many, and .6 with Chroma's default of 100."""
HNSW: "CreateHNSWConfiguration" = {"space": "cosine", "ef_search": EF_SEARCH}
SEARCHED_WITH = {"ef_search": EF_SEARCH}
"""Said beside the configuration, which Chroma reads with a warning where it embeds nothing."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage near a vector; `similarity` is the cosine, 1 for the same direction."""

    passage_id: str
    similarity: float


class VectorDiskFull(UserError):
    """There is no room for what Chroma writes even to read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The disk with the vectors in {folder} is full. Nothing is lost. Free some space, "
            "then do it again."
        )


class VectorStoreError(UserError):
    """The vectors cannot be read; the message says why and what to do."""


class VectorStore:
    """Vectors by passage id. For one process at a time, from any of its threads."""

    def __init__(self, folder: Path) -> None:
        # Importing takes a second, which a command that talks to a running service should not pay.
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        def connect() -> "ClientAPI":
            return chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))

        try:
            self._client = connect()
            self._collection = self._open_collection()
            if self._made_by_an_earlier_version():
                self._widen_search()
                # It takes effect for a client that opens the collection afterwards.
                self.close()
                self._client = connect()
                self._collection = self._open_collection()
        except (ChromaError, ValueError) as error:
            # Chroma would go on with what it failed to start, and not try this folder again.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)  # noqa: SLF001
            if _is_of_a_full_disk(error):
                raise VectorDiskFull(folder) from error
            raise VectorStoreError(
                f"The vectors in {folder} cannot be opened ({error}). {REPAIR}"
            ) from error
        self._folder = folder
        self._damage: type[Exception] = ChromaError
        self._writing = threading.Lock()

    def close(self) -> None:
        # PersistentClient is declared to return the interface, which lacks it.
        self._client.close()  # type: ignore[attr-defined]

    def count(self) -> int:
        with self._reading():
            return self._collection.count()

    def check(self) -> None:
        """Read every vector. Raises VectorStoreError if one cannot be read."""
        ids = list(self.ids())
        for start in range(0, len(ids), LARGEST_CALL):
            self.vectors(ids[start : start + LARGEST_CALL])

    def put(self, passage_ids: Sequence[str], vectors: Vectors) -> None:
        """Add passages, or replace those with the same id: one row of `vectors` (n, d) for each."""
        with self._writing:
            for start in range(0, len(passage_ids), LARGEST_CALL):
                batch = slice(start, start + LARGEST_CALL)
                self._collection.upsert(ids=list(passage_ids[batch]), embeddings=vectors[batch])

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Remove these passages; unknown ids are ignored."""
        with self._writing:
            for start in range(0, len(passage_ids), LARGEST_CALL):
                batch = list(passage_ids[start : start + LARGEST_CALL])
                self._collection.delete(ids=batch)

    def clear(self) -> None:
        """Remove everything, whatever its dimension."""
        with self._writing:
            self._client.delete_collection(COLLECTION)
            self._collection = self._open_collection()

    def nearest(self, vector: Vectors, k: int) -> list[Neighbour]:
        """The `k` passages nearest to `vector` (d,), nearest first; approximate."""
        with self._reading():
            found = self._collection.query(
                query_embeddings=vector[np.newaxis], n_results=k, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        return [
            Neighbour(passage_id, 1 - distance)
            for passage_id, distance in zip(found["ids"][0], distances, strict=True)
        ]

    def known(self, passage_ids: Sequence[str]) -> set[str]:
        """Those of these passages that have a vector."""
        found: set[str] = set()
        for start in range(0, len(passage_ids), LARGEST_CALL):
            batch = list(passage_ids[start : start + LARGEST_CALL])
            with self._reading():
                found.update(self._collection.get(ids=batch, include=[])["ids"])
        return found

    def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors (d,) of these passages, by id; unknown ones are left out."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(passage_ids), LARGEST_CALL):
            batch = list(passage_ids[start : start + LARGEST_CALL])
            with self._reading():
                answer = self._collection.get(ids=batch, include=["embeddings"])
            found.update(zip(answer["ids"], np.asarray(answer["embeddings"]), strict=True))
        return found

    def ids(self) -> Iterator[str]:
        for start in range(0, self.count(), LARGEST_CALL):
            with self._reading():
                found = self._collection.get(limit=LARGEST_CALL, offset=start, include=[])
            yield from found["ids"]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raises VectorStoreError for what Chroma cannot read."""
        try:
            yield
        except self._damage as error:
            if _is_of_a_full_disk(error):
                raise VectorDiskFull(self._folder) from error
            raise VectorStoreError(
                f"The vectors in {self._folder} cannot be read ({error}). {REPAIR}"
            ) from error

    def _made_by_an_earlier_version(self) -> bool:
        return bool(self._collection.metadata != SEARCHED_WITH)

    def _widen_search(self) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "legacy embedding function", DeprecationWarning)
            self._collection.modify(
                metadata=SEARCHED_WITH, configuration={"hnsw": {"ef_search": EF_SEARCH}}
            )

    def _open_collection(self) -> "chromadb.Collection":
        return self._client.get_or_create_collection(
            COLLECTION,
            metadata=SEARCHED_WITH,
            embedding_function=None,
            configuration={"hnsw": HNSW},
        )


def _is_of_a_full_disk(error: Exception) -> bool:
    """Chroma's errors are known by their words alone."""
    return "disk is full" in str(error) or "No space left" in str(error)
