"""A separate index for each test, and one real model for all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.vectorstore.hashing import HashingEmbedder
from tests.vectorstore.servers import Servers
from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import Database
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.postgres import PostgresDatabase
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.engine import Engine, FolderEngine, ServerEngine
from vectorstore.store import Store
from vectorstore.types import Embedder

OpenStore = Callable[..., Store]
MakeEngine = Callable[[Path], Engine]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `both_engines` run on an embedded index, and on one on servers; of a module
    that is marked, not those marked `embedded_only`."""
    if "engine_name" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        both = marked("both_engines") is not None and marked("embedded_only") is None
        names = ["folder", "servers"] if both else ["folder"]
        metafunc.parametrize("engine_name", names, scope="session", indirect=True)


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_engine(engine_name: str, request: pytest.FixtureRequest) -> MakeEngine:
    """Gives the engine that stands for a folder: on servers, a schema of its own."""
    if engine_name == "folder":
        return FolderEngine
    servers: Servers = request.getfixturevalue("servers")
    schemas: dict[Path, str] = {}

    def make(folder: Path) -> Engine:
        schema = schemas.setdefault(folder, f"test_{uuid4().hex}")
        return ServerEngine(folder, servers.postgres.url, servers.chroma.url, schema)

    return make


@pytest.fixture
def hashing() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def open_store(
    tmp_path: Path, hashing: HashingEmbedder, make_engine: MakeEngine
) -> Iterator[OpenStore]:
    """Opens the index of this test, again after it was closed, with any arguments of `Store`."""
    opened: list[Store] = []

    def open_it(
        embedder: Embedder = hashing, folder: Path = tmp_path / "index", *, rebuild: bool = False
    ) -> Store:
        opened.append(Store(make_engine(folder), embedder, rebuild=rebuild))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def database(
    engine_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty database of the engine: an `SqliteDatabase` unless the test is for both."""
    database: Database
    if engine_name == "folder":
        database = SqliteDatabase(tmp_path / "catalog.sqlite")
    else:
        servers: Servers = request.getfixturevalue("servers")
        database = PostgresDatabase(servers.postgres.url, f"test_{uuid4().hex}")
    yield database
    database.close()


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return Catalog(database)


@pytest.fixture
def staging(database: Database) -> IncomingArticles:
    return IncomingArticles(database)
