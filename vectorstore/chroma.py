"""Passage vectors in a Chroma collection, embedded or on a server. The only module that knows
Chroma."""

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
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
SECONDS_TO_ANSWER = 60.0
REPAIR = "Run `qa doctor --repair`: it makes the vectors anew from the catalog."
SEARCHED: "CreateHNSWConfiguration" = {"space": "cosine", "ef_search": 2_000}
"""`ef_search` is how many candidates a search of a server's graph keeps. With this many, .994 of
the ten nearest of 100,000 passages drawn around news articles are found; of a million, .863, and
.933 with 8,000, which takes three times as long."""
STORED: "CreateHNSWConfiguration" = {"space": "cosine", "max_neighbors": 4, "ef_construction": 8}
"""In a folder nobody searches the graph (see `clusters.py`), but Chroma requires one. One this
sparse takes two thirds of the time to write."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage near a vector; `similarity` is the cosine, 1 for the same direction."""

    passage_id: str
    similarity: float


class VectorDiskFull(UserError):
    """The disk has no room for what Chroma writes even when it only reads."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The disk with the vectors in {folder} is full. Nothing is lost. Free some space, "
            "then do it again."
        )


class VectorStoreError(UserError):
    """The vectors cannot be read; the message says why and what to do."""


class VectorStore:
    """Vectors by passage id, for use by any thread. A folder is for one process at a time, a
    server's collection for any number of them.

    A folder is opened on first use, since that takes a second and searches do not need it. Every
    method raises VectorStoreError if the vectors cannot be opened or read, or a server does not
    answer; so does the constructor if a server does not.
    """

    def __init__(self, where: "Path | ChromaServer", collection: str = COLLECTION) -> None:
        self._where = where
        self._name = collection
        self._opening, self._writing = threading.Lock(), threading.Lock()
        self._opened: _Opened | None = None
        if isinstance(where, ChromaServer):
            with self._told():
                self._opened = self._opened_by(where.connect())

    def close(self) -> None:
        if self._opened is None:
            return
        client = self._opened.client
        # PersistentClient is declared to return the interface, which lacks `close`.
        client.close()  # type: ignore[attr-defined]
        if isinstance(self._where, ChromaServer):
            for session in _sessions_of(client):
                session.close()

    def count(self) -> int:
        """How many vectors there are. Like every read, this makes an embedded Chroma load all of
        them."""
        with self._reading():
            return self._collection.count()

    def check(self) -> None:
        """Read every vector. Raises VectorStoreError if one cannot be read."""
        ids = list(self.ids())
        for start in range(0, len(ids), LARGEST_CALL):
            self.vectors(ids[start : start + LARGEST_CALL])

    def put(self, passage_ids: Sequence[str], vectors: Vectors) -> None:
        """Add passages, or replace those with the same id: one row of `vectors` (n, d) for each."""
        with self._changing():
            for start in range(0, len(passage_ids), LARGEST_CALL):
                batch = slice(start, start + LARGEST_CALL)
                self._collection.upsert(ids=list(passage_ids[batch]), embeddings=vectors[batch])

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Remove these passages; unknown ids are ignored."""
        with self._changing():
            for start in range(0, len(passage_ids), LARGEST_CALL):
                batch = list(passage_ids[start : start + LARGEST_CALL])
                self._collection.delete(ids=batch)

    def clear(self) -> None:
        """Remove everything, whatever its dimension."""
        with self._changing():
            client = self._open().client
            client.delete_collection(self._name)
            self._opened = self._opened_by(client)

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
        """Which of these passages have a vector."""
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
                page = self._collection.get(limit=LARGEST_CALL, offset=start, include=[])
            yield from page["ids"]

    @property
    def _collection(self) -> "chromadb.Collection":
        return self._open().collection

    def _open(self) -> "_Opened":
        with self._opening:
            if self._opened is None:
                self._opened = self._open_folder()
            return self._opened

    def _open_folder(self) -> "_Opened":
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        where = str(self._where)
        try:
            client = chromadb.PersistentClient(where, Settings(anonymized_telemetry=False))
            return self._opened_by(client)
        except (ChromaError, ValueError) as error:
            # Otherwise Chroma would reuse what it failed to start, not try this folder again, and
            # keep its files open when the next client is closed.
            SharedSystemClient._identifier_to_refcount.pop(where, None)  # noqa: SLF001
            failed = SharedSystemClient._identifier_to_system.pop(where, None)  # noqa: SLF001
            if failed is not None:
                with suppress(AttributeError):  # it deletes what may not have been made
                    failed.stop()
            if _is_of_a_full_disk(error):
                raise VectorDiskFull(Path(where)) from error
            raise VectorStoreError(
                f"The vectors in {where} cannot be opened ({error}). {REPAIR}"
            ) from error

    def _opened_by(self, client: "ClientAPI") -> "_Opened":
        on_server = isinstance(self._where, ChromaServer)
        collection = client.get_or_create_collection(
            self._name,
            embedding_function=None,
            configuration={"hnsw": SEARCHED if on_server else STORED},
        )
        return _Opened(client, collection)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._writing, self._told():
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raises VectorStoreError for what Chroma cannot read, or a server that does not answer."""
        if isinstance(self._where, ChromaServer):
            with self._told():
                yield
            return
        try:
            yield
        except _chroma_error() as error:
            if _is_of_a_full_disk(error):
                raise VectorDiskFull(self._where) from error
            raise VectorStoreError(
                f"The vectors in {self._where} cannot be read ({error}). {REPAIR}"
            ) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises VectorStoreError for a server that fails or does not answer. An embedded Chroma's
        errors for a failed write pass through: `storage_failures` in qa/ handles them."""
        if not isinstance(self._where, ChromaServer):
            yield
            return
        from chromadb.errors import NotFoundError

        try:
            yield
        except VectorStoreError:
            raise
        # The client raises ValueError if it finds no server, and no class of its own for a reply
        # that is not Chroma's, as from a proxy.
        except Exception as error:
            if isinstance(error, NotFoundError) and self._opened is not None:
                # Another process has rebuilt the vectors: the name refers to another collection.
                self._opened = self._opened_by(self._opened.client)
                raise VectorStoreError(
                    f"The vectors at {self._where.place} were rebuilt meanwhile. Do it again."
                ) from error
            what = (
                "does not answer" if isinstance(error, httpx.HTTPError | ValueError) else "failed"
            )
            raise VectorStoreError(
                f"Chroma at {self._where.place} {what} ({_first_line(error)}). Start it with "
                "`chroma run`, or correct QA_CHROMA_URL; what was stored before is kept."
            ) from error


@dataclass(frozen=True, slots=True)
class _Opened:
    client: "ClientAPI"
    collection: "chromadb.Collection"


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """A Chroma server by its URL; user and password in it are for a proxy in front of it."""

    url: str

    @property
    def place(self) -> str:
        """Host and port.

        >>> ChromaServer("http://qa:secret@vectors:8000").place
        'vectors:8000'
        """
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    def connect(self) -> "ClientAPI":
        """Raises ValueError or httpx.HTTPError if it does not answer."""
        import chromadb
        from chromadb.config import Settings

        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise VectorStoreError("QA_CHROMA_URL is not an address. Write it as http://HOST:8000.")
        client = chromadb.HttpClient(
            parts.hostname,
            parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers=_authorization(parts.username, parts.password),
            settings=Settings(anonymized_telemetry=False),
        )
        # Without a timeout, a server that is reached but silent would be waited for forever.
        for session in _sessions_of(client):
            session.timeout = httpx.Timeout(SECONDS_TO_ANSWER)
        return client


def _sessions_of(client: "ClientAPI") -> list[httpx.Client]:
    """The client's HTTP sessions, including the one for tenant lookups: it neither sets timeouts
    for them nor closes them."""
    whole: Any = client
    both = (whole, whole._admin_client)  # noqa: SLF001
    return [each._server._session for each in both]  # noqa: SLF001


def _authorization(user: str | None, password: str | None) -> dict[str, str] | None:
    if user is None:
        return None
    encoded = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def _chroma_error() -> type[Exception]:
    from chromadb.errors import ChromaError

    return ChromaError


def _is_of_a_full_disk(error: Exception) -> bool:
    """Chroma's errors can be told apart only by their messages."""
    return "disk is full" in str(error) or "No space left" in str(error)


def _first_line(error: Exception) -> str:
    """What went wrong, in one line: the HTTP status instead of the page that a proxy sends."""
    chain: list[BaseException] = [error]
    while chain[-1].__context__ is not None:
        chain.append(chain[-1].__context__)
    said = next((each for each in chain if isinstance(each, httpx.HTTPStatusError)), error)
    return str(said).strip().split("\n")[0].rstrip(".") or type(error).__name__
