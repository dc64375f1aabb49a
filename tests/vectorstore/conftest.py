"""A separate index folder for each test, and one real model for all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.store import Store
from vectorstore.types import Embedder

OpenStore = Callable[..., Store]


@pytest.fixture
def hashing() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def open_store(tmp_path: Path, hashing: HashingEmbedder) -> Iterator[OpenStore]:
    """Opens the index of this test, again after it was closed, with any arguments of `Store`."""
    opened: list[Store] = []

    def open_it(
        embedder: Embedder = hashing, folder: Path = tmp_path / "index", *, rebuild: bool = False
    ) -> Store:
        opened.append(Store(folder, embedder, rebuild=rebuild))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "catalog.sqlite")
    yield database
    database.close()


@pytest.fixture
def catalog(database: SqliteDatabase) -> Catalog:
    return Catalog(database)


@pytest.fixture
def staging(database: SqliteDatabase) -> IncomingArticles:
    return IncomingArticles(database)
