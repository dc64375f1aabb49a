"""Records are kept until their time is over, in a file or in PostgreSQL."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.vectorstore.servers import Servers
from vectorstore.catalog.postgres import PostgresDatabase
from vectorstore.kept_records import KeptRecords, RecordsFailed, RecordsFile


def keeps_and_forgets(records: KeptRecords) -> None:
    records.keep("a", "one\0 é", 10)
    records.keep("b", "two", 2**40)
    assert records.read("b", 10) == "two"
    assert records.read("missing", 0) is None
    records.keep("b", "three", 2**40)
    assert records.read("b", 2**40 - 1) == "three"
    assert records.read("b", 2**40) is None
    records.keep("c", "four", 20)
    assert records.read("c", 19) == "four"
    assert records.forget(20) == 1
    assert records.read("c", 0) is None


def test_a_file_keeps_records_until_their_time_is_over(tmp_path: Path) -> None:
    file = RecordsFile(tmp_path / "answers.sqlite")
    keeps_and_forgets(KeptRecords(file))
    file.close()
    again = RecordsFile(tmp_path / "answers.sqlite")
    assert KeptRecords(again).read("b", 0) == "three"
    again.close()


def test_what_is_over_goes_with_what_is_kept_next(tmp_path: Path) -> None:
    file = RecordsFile(tmp_path / "answers.sqlite")
    KeptRecords(file).keep("old", "one", 10)
    assert KeptRecords(file).read("old", 0) is None
    file.close()


def test_reading_makes_no_file(tmp_path: Path) -> None:
    file = RecordsFile(tmp_path / "answers.sqlite")
    assert KeptRecords(file).read("a", 0) is None
    assert KeptRecords(file).forget(1) == 0
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"no database at all" * 100)
    file = RecordsFile(tmp_path / "answers.sqlite")
    with pytest.raises(RecordsFailed, match=r"answers\.sqlite"):
        KeptRecords(file).read("a", 0)
    file.close()


def test_postgres_keeps_records_for_every_process(servers: Servers) -> None:
    schema = f"kept_{uuid4().hex}"
    one = PostgresDatabase(servers.postgres.url, schema)
    other = PostgresDatabase(servers.postgres.url, schema)
    try:
        keeps_and_forgets(KeptRecords(one))
        assert KeptRecords(other).read("b", 0) == "three"
    finally:
        one.close()
        other.close()
