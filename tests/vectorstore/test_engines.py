"""An index on servers: found as in a folder, by every process at once, whatever is killed."""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg
import pytest

from tests.vectorstore.examples import NOTICE, article, as_split, held
from tests.vectorstore.faults import Crash, Fuse, put_fuse
from tests.vectorstore.hashing import HashingEmbedder
from tests.vectorstore.servers import Servers
from vectorstore import retrieval
from vectorstore.catalog.database import CatalogError, fold_case
from vectorstore.catalog.postgres import PostgresDatabase
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.catalog.transfer import TABLES
from vectorstore.chroma import VectorStoreError
from vectorstore.engine import ServerEngine
from vectorstore.errors import UserError
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index, repair_index
from vectorstore.moving import CannotMove, move_index
from vectorstore.retrieval import search
from vectorstore.store import OtherEmbeddingModel, Store
from vectorstore.types import Article, Embedder, Filters, ScoredPassage
from vectorstore.vector_index import VectorIndex

SECONDS = 60.0
TOPICS = ("harvest", "interest rate", "lighthouse", "election")
QUESTIONS = ("What about the harvest?", "interest rate of harbour 3", "Which report is quixotic?")
FILTERS = (
    Filters(),
    Filters(sources=("Source 3",)),
    Filters(published_from=date(2022, 4, 2)),
    Filters(article_ids=("1", "2", "31")),
)
REPORTS = [
    article(
        str(n),
        f"Report {n} on the {TOPICS[n % 4]} of harbour {n % 7}, and what was said about it.",
        f"A second paragraph, number {n}, mentions the {TOPICS[n % 3]} again.",
        published=date(2022, 4, 1 + n % 2),
        source=f"Source {n % 10}",
    )
    for n in range(40)
]

Open = Callable[..., Store]


@pytest.fixture
def engine(servers: Servers, tmp_path: Path) -> ServerEngine:
    """An index of this test's own."""
    urls = servers.postgres.url, servers.chroma.url
    return ServerEngine(tmp_path, *urls, f"test_{uuid4().hex}")


@pytest.fixture
def replica(engine: ServerEngine, request: pytest.FixtureRequest) -> Open:
    """Opens the index once more."""

    def open_it(embedder: HashingEmbedder | None = None) -> Store:
        store = Store(engine, embedder or HashingEmbedder())
        request.addfinalizer(store.close)
        return store

    return open_it


@pytest.fixture
def in_a_folder(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "folder", HashingEmbedder())
    yield store
    store.close()


def ranked(found: list[ScoredPassage]) -> list[tuple[str, int]]:
    return [(each.passage.id, round(1e4 * each.score)) for each in found]


def test_both_engines_find_the_same_in_the_same_order(
    replica: Open, in_a_folder: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_servers = replica()
    for store in (in_a_folder, on_servers):
        ingest(store, REPORTS)
        store.remove("7")
        ingest(store, [article("8", "A quixotic report.", source="Source 3")])
    for question in QUESTIONS:
        columns = on_servers.columns.look()
        lexical = retrieval.lexical_scores(on_servers, question, columns)
        columns = in_a_folder.columns.look()
        assert np.array_equal(lexical, retrieval.lexical_scores(in_a_folder, question, columns))
        for given in FILTERS:
            expected = ranked(search(in_a_folder, question, 5, given))
            assert ranked(search(on_servers, question, 5, given)) == expected
    # Chroma's nearest instead of the exact comparison.
    monkeypatch.setattr(retrieval, "COMPARED_EXACTLY", 0)
    monkeypatch.setattr(retrieval, "CANDIDATES", 20)
    for given in FILTERS:
        there = {each.passage.id for each in search(on_servers, QUESTIONS[0], 5, given)}
        here = {each.passage.id for each in search(in_a_folder, QUESTIONS[0], 5, given)}
        # Chroma's graph is approximate, and depends on which of its threads adds to it first.
        assert len(there) == len(here)
        assert len(there - here) <= 1


def test_a_replica_sees_what_another_changed_at_once(replica: Open) -> None:
    writer, reader = replica(), replica()
    only = Filters(sources=("Source 3",))
    assert search(reader, "harvest", 3) == []
    ingest(writer, REPORTS)
    assert ranked(search(reader, "harvest", 3)) == ranked(search(writer, "harvest", 3)) != []
    before = search(reader, "harbour", 10, only)
    known = reader.known_changes
    # The rows of what is removed are used again.
    for each in before:
        writer.remove(each.article.id)
    ingest(writer, [article(f"new {n}", f"New harbour {n}.", source="Source 3") for n in range(8)])
    found = search(reader, "harbour", 10, only)
    assert {each.article.id for each in found} == {f"new {n}" for n in range(8)}
    assert ranked(found) == ranked(search(writer, "harbour", 10, only))
    assert reader.known_changes > known
    assert reader.in_step()


def test_one_writes_at_a_time_and_the_others_wait_their_turn(replica: Open) -> None:
    stores = [replica() for _ in range(3)]
    threads = [
        threading.Thread(target=ingest, args=(store, REPORTS[n::3]), daemon=True)
        for n, store in enumerate(stores)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(SECONDS)
        assert not each.is_alive()
    assert len(stores[0].catalog.article_ids()) == len(REPORTS)
    assert inspect_index(stores[0]).agrees
    with stores[0].writing:
        assert not stores[1].writing.acquire(blocking=False)
        assert stores[1].in_step()
        replica()  # opens, though another is writing
    assert stores[1].writing.acquire(blocking=False)
    stores[1].writing.release()


@pytest.mark.parametrize("step", [6, 11, 16])
def test_what_a_writer_left_is_finished_by_whoever_comes_next(replica: Open, step: int) -> None:
    writer, reader = replica(), replica()
    ingest(writer, [article("a", "An old text.", NOTICE), article("b", "Another.", NOTICE)])
    put_fuse(writer, Fuse(step))
    with pytest.raises(Crash):
        writer.publish([as_split(writer, article("a", "A new text.", "Of two paragraphs."))])
    assert reader.in_step()
    assert reader.catalog.pending() == []
    (text, _) = held(reader)["a"]
    assert text in (f"An old text.\n\n{NOTICE}", "A new text.\n\nOf two paragraphs.")
    assert inspect_index(reader).agrees


def test_a_writer_that_loses_its_connection_commits_nothing_more(
    replica: Open, engine: ServerEngine, servers: Servers
) -> None:
    writer, other = replica(), replica()
    ingest(writer, REPORTS[:2])

    def incoming() -> Iterator[Article]:
        with psycopg.connect(servers.postgres.url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory'"
            )
        yield from REPORTS[2:4]

    with pytest.raises(CatalogError, match="does not answer"):
        ingest(writer, incoming())
    assert other.catalog.article_ids() == ["0", "1"]
    ingest(other, REPORTS[4:5])
    ingest(writer, REPORTS[2:4])
    assert sorted(other.catalog.article_ids()) == ["0", "1", "2", "3", "4"]
    assert inspect_index(other).agrees


def test_a_server_that_is_down_is_named_and_back_at_once_when_it_is_up(
    replica: Open, servers: Servers
) -> None:
    store = replica()
    ingest(store, REPORTS)
    before = ranked(search(store, "harvest", 3))
    servers.postgres.stop(signal.SIGINT)
    try:
        with pytest.raises(
            CatalogError, match=r"PostgreSQL at 127\.0\.0\.1:\d+/\w+ does not answer"
        ):
            search(store, "harvest", 3)
        with pytest.raises(CatalogError, match="does not answer"):
            ingest(store, [article("new", "Something new.")])
    finally:
        servers.postgres.start()
    assert ranked(search(store, "harvest", 3)) == before
    ingest(store, [article("new", "Something new.")])
    servers.chroma.stop(signal.SIGKILL)
    try:
        with pytest.raises(VectorStoreError, match=r"Chroma at 127\.0\.0\.1:\d+ does not answer"):
            store.in_step()
    finally:
        servers.chroma.start()
    assert store.in_step()
    assert inspect_index(store).agrees


def test_replicas_with_another_model_are_refused_also_later(replica: Open) -> None:
    early = replica(HashingEmbedder("another"))
    ingest(replica(), REPORTS[:2])
    with pytest.raises(OtherEmbeddingModel, match="QA_DATABASE_URL"):
        search(early, "harvest", 3)
    with pytest.raises(OtherEmbeddingModel):
        replica(HashingEmbedder("another"))


def test_a_replica_that_opens_while_another_changes_the_model_clears_nothing(
    replica: Open, engine: ServerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(replica(), REPORTS[:2])
    other = HashingEmbedder("another")
    opening = Store._open_vectors

    def overtaken(store: Store, embedder: Embedder, rebuild: bool) -> VectorIndex:
        monkeypatch.setattr(Store, "_open_vectors", opening)
        rebuilt = Store(engine, other, rebuild=True)
        repair_index(rebuilt)
        rebuilt.close()
        return opening(store, embedder, rebuild)

    monkeypatch.setattr(Store, "_open_vectors", overtaken)
    with pytest.raises(OtherEmbeddingModel):
        replica()
    assert inspect_index(replica(other)).agrees


def test_an_index_moves_to_servers_and_back_without_embedding(
    replica: Open, in_a_folder: Store, tmp_path: Path
) -> None:
    articles = [*REPORTS[:9], *(article(f"n{n}", f"Note {n}. \x00", NOTICE) for n in range(3))]
    ingest(in_a_folder, articles)
    expected, found = held(in_a_folder), search(in_a_folder, "harvest", 5)
    target = replica()
    embedded = len(target.embedder.embedded)  # type: ignore[attr-defined]
    assert move_index(in_a_folder, target) == len(in_a_folder.catalog.rows_by_passage())
    assert held(target) == expected
    assert ranked(search(target, "harvest", 5)) == ranked(found)
    assert inspect_index(target).agrees
    with pytest.raises(CannotMove, match="has articles"):
        move_index(in_a_folder, target)
    with pytest.raises(CannotMove, match="is there already"):
        move_index(target, replica())
    back = Store(tmp_path / "back", HashingEmbedder())
    move_index(target, back)
    back.close()
    back = Store(tmp_path / "back", HashingEmbedder())
    assert held(back) == expected
    assert ranked(search(back, "harvest", 5)) == ranked(found)
    assert inspect_index(back).agrees
    back.close()
    assert len(target.embedder.embedded) == embedded + 1  # type: ignore[attr-defined]


def test_both_databases_have_the_same_tables_and_all_are_moved(
    servers: Servers, tmp_path: Path
) -> None:
    here = SqliteDatabase(tmp_path / "catalog.sqlite")
    schema = f"test_{uuid4().hex}"
    there = PostgresDatabase(servers.postgres.url, schema)
    tables = [row[0] for row in here.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {each: {row[1] for row in here.rows(f"PRAGMA table_info({each})")} for each in tables}
    for table, expected in columns.items():
        found = there.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = ? AND table_name = ?",
            (schema, table),
        )
        assert {row[0] for row in found} == expected, table
    moved = {each.name: {*each.key, *each.others} for each in TABLES}
    left = {"staged", "staged_paragraphs", "pending"}
    assert moved == {name: each for name, each in columns.items() if name not in left}
    here.close()
    there.close()


def test_case_is_folded_as_in_python(servers: Servers) -> None:
    database = PostgresDatabase(servers.postgres.url, f"test_{uuid4().hex}")
    letters = [chr(n) for n in range(1, 0x1FFFF) if not 0xD800 <= n < 0xE000]
    text = [each for each in letters if each.casefold() != each] + [
        "ΟΔΥΣΣΕΥΣ ΑΣ",
        "ﬁ",
        "e\u0301",
        "İ",
    ]
    folded = database.rows("SELECT fold_case(t) FROM unnest(?::text[]) AS t", [text])
    differing = [
        each for each, (found,) in zip(text, folded, strict=True) if found != fold_case(each)
    ]
    # Letters that this build of ICU or Python is too old for.
    assert len(differing) < 100, differing
    assert not {each for each in differing if ord(each[0]) < 0x1000}
    database.close()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/x", "postgres", "mysql://x"])
def test_an_address_that_leads_nowhere_is_told_without_its_password(url: str) -> None:
    with pytest.raises(UserError, match="QA_DATABASE_URL"):
        PostgresDatabase(url, "x")
