"""--collection and `qa collections`: on the disk, and through a service that is running."""

from pathlib import Path

import pytest

from tests.qa.cli.conftest import Qa
from tests.qa.shelf import LIGHT, TEXTS, shelf_in
from tests.vectorstore.hashing import HashingEmbedder


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch, qa: Qa) -> None:
    """No model is read."""
    monkeypatch.setattr("qa.composition.embedder_for", lambda model: HashingEmbedder())
    for name, value in LIGHT.items():
        monkeypatch.setenv(f"QA_{name.upper()}", value)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "note.txt").write_text("The ferry sailed at noon with 40 passengers.")
    return tmp_path / "note.txt"


def test_the_whole_life_of_a_collection(qa: Qa, notes: Path) -> None:
    assert qa("collections", "add", "news", "--description", "Papers").code == 0
    assert qa("collections", "list").out == "default\nnews     Papers\n"
    assert qa("ingest", "--collection", "news", notes).code == 0
    assert "note.txt" in qa("articles", "--collection", "news").out
    assert "40" in qa("ask", "--collection", "news", "How many passengers sailed?").out
    assert "There is no index" in qa("articles").err
    assert qa("collections", "rename", "news", "papers").out == "news is now papers.\n"
    missing = qa("articles", "--collection", "news")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == "There is no collection 'news'. There are: default, papers.\n"
    assert qa("doctor", "--collection", "papers").code == 0
    refused = qa("collections", "remove", "papers")
    assert (refused.code, "--yes" in refused.err) == (1, True)
    assert qa("collections", "remove", "papers", "--yes").out == "Removed papers.\n"
    assert qa("collections", "list").out == "default\n"


def test_the_environment_names_the_collection(
    qa: Qa,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    qa("collections", "add", "news")
    monkeypatch.setenv("QA_COLLECTION", "news")
    empty = qa("articles")
    assert empty.err == (
        "The collection news has no articles. Add some: qa ingest --collection news PATH\n"
    )
    assert "There is no index in 'data'" in qa("articles", "--collection", "default").err


@pytest.mark.parametrize("name", ["../other", "..", "News", "a/b", ""])
def test_a_strange_name_makes_nothing(qa: Qa, tmp_path: Path, name: str) -> None:
    assert qa("collections", "add", name).code == 1
    assert qa("articles", "--collection", name).code == 1
    assert {each.name for each in tmp_path.rglob("*")} <= {"data", "collections", ".lock"}


def test_a_key_is_made_for_collections_that_are_there(qa: Qa) -> None:
    qa("collections", "add", "news")
    assert qa("keys", "add", "anna", "--collection", "nwes").err == (
        "There is no collection 'nwes'. There are: default, news.\n"
    )
    assert qa("keys", "add", "anna", "--collection", "news", "--collection", "default").code == 0
    assert "anna  for news, default" in qa("keys", "list").out


def test_commands_speak_to_the_service_that_has_the_collections(
    qa: Qa,
    tmp_path: Path,
) -> None:
    with shelf_in(tmp_path / "data") as shelf:
        shelf.pool.serve_at(shelf.url)
        assert "only-a" in qa("articles", "--collection", "a").out
        assert qa("show", "--collection", "b", "only-b").out == f"{TEXTS['b']}\n"
        assert qa("show", "--collection", "b", "only-a").code == 1
        assert qa("collections", "list").out == "default\na\nb\n"
        assert qa("collections", "add", "c", "--no-chat-model").code == 0
        assert qa("collections", "rename", "c", "d").code == 0
        assert shelf.pool.names() == ("default", "a", "b", "d")
        assert not shelf.pool.info("d").chat_model
        assert qa("collections", "remove", "d", "--yes").code == 0
        assert not shelf.pool.has("d")
        assert qa("collections", "add", "a").err == (
            "There is a collection 'a' already. Choose another name.\n"
        )
        assert qa("doctor", "--collection", "a").out.startswith("1 articles, 1 passages.")
        assert "already served" in qa("doctor", "--repair", "--collection", "a").err
        assert qa("articles", "--collection", "../a").code == 1
