"""A disk that is full, or that may not be written, is told in a sentence."""

import errno
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from qa.storage_failures import StorageFailed, storage_failure, told_as_sentences
from tests.qa.http.scripted import Failing, service_over
from vectorstore.errors import UserError
from vectorstore.types import Article, ArticleInfo


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), "is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may not be written"),
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (OSError(errno.EROFS, "Read-only file system"), "may not be written"),
        (PermissionError(errno.EACCES, "Permission denied"), "may not be written"),
    ],
)
def test_a_failure_to_write_is_a_sentence(tmp_path: Path, error: Exception, says: str) -> None:
    reason = storage_failure(error, tmp_path)
    assert reason is not None
    assert says in reason
    assert str(tmp_path) in reason


@pytest.mark.parametrize(
    "error", [ValueError("disk is full"), sqlite3.OperationalError("no such table: articles")]
)
def test_other_failures_are_left_alone(tmp_path: Path, error: Exception) -> None:
    assert storage_failure(error, tmp_path) is None
    with pytest.raises(type(error)), told_as_sentences(tmp_path):
        raise error


def test_an_error_for_people_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^Out of turn\.$"), told_as_sentences(tmp_path):
        raise UserError("Out of turn.")


def test_a_catalog_without_room_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own error: the file may not grow, as on a full disk."""
    service = service_over(tmp_path, Failing(RuntimeError()))
    database: Any = service.store._database
    pages = database.value("PRAGMA page_count")
    database.rows(f"PRAGMA max_page_count = {pages}")
    articles = [Article(ArticleInfo(f"a{n}", title="A"), "The dog. " * 5_000) for n in range(20)]
    with pytest.raises(StorageFailed, match="is full"):
        service.add(articles)
    database.rows("PRAGMA max_page_count = 1000000")
    assert service.store.catalog.summary().articles == 1
    assert service.inspect().agrees
    service.close()
