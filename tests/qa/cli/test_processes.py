"""Several processes on one index: the second waits or is served, and nothing is lost."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from qa.composition import build_service
from qa.service import Service
from qa.settings import read_settings
from tests.qa.processes import SECONDS, finished, line_with, run, serving, started
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Article, ArticleInfo, SkippedSpan

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")

LINES_OF_THREE_BATCHES = 224


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """The folder of the pipes by which a command is held."""
    folder = tmp_path / "pipes"
    folder.mkdir()
    for name in ("held", "release"):
        os.mkfifo(folder / name)
    return folder


def write_articles(path: Path, count: int, last: str = "The end.") -> Path:
    """A file with `count` articles of a line, and one more."""
    texts = [f"The cat number {n} of {path.stem} sat." for n in range(count)] + [last]
    records = ({"id": f"{path.stem}/{n}", "text": text} for n, text in enumerate(texts))
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@contextmanager
def index_in(folder: Path) -> Iterator[Service]:
    """The index that the commands in this folder use, in this process."""
    service = build_service(read_settings(data=folder / "data"), HashingEmbedder())
    yield service
    service.close()


def articles_in(folder: Path) -> int:
    """How many articles there are, in an index that agrees with itself."""
    with index_in(folder) as service:
        check = service.inspect()
        assert check.agrees, check.findings
        return check.articles


def test_the_second_to_ingest_waits_and_both_are_in(tmp_path: Path, hold: Path) -> None:
    write_articles(tmp_path / "first.jsonl", 2, "Please hold the line.")
    write_articles(tmp_path / "second.jsonl", 2)
    with started(tmp_path, "ingest", "first.jsonl", HOLD=str(hold)) as first:
        assert (hold / "held").read_text() == "held"
        with started(tmp_path, "ingest", "second.jsonl") as second:
            line = line_with(second, "Waiting")
            assert line == (
                f"The index in data is in use by process {first.pid}. Waiting for it to finish.\n"
            )
            (hold / "release").write_text("go")
            assert finished(first)[0] == 0
            code, out, err = finished(second)
            assert code == 0
            assert out.startswith("3 added")
            assert err == "", "it says so once"
    assert articles_in(tmp_path) == 6


def test_serve_waits_for_an_ingest_and_then_serves_it(tmp_path: Path, hold: Path) -> None:
    write_articles(tmp_path / "first.jsonl", 2, "Please hold the line.")
    with started(tmp_path, "ingest", "first.jsonl", HOLD=str(hold)) as ingest:
        assert (hold / "held").read_text() == "held"
        with started(tmp_path, "serve", "--port", "0") as server:
            assert f"in use by process {ingest.pid}" in line_with(server, "Waiting")
            (hold / "release").write_text("go")
            assert finished(ingest)[0] == 0
            url = line_with(server, "Article QA is at ").split()[-1]
            assert httpx.get(f"{url}/articles").json()["total"] == 3
            server.send_signal(signal.SIGINT)
            code, out, err = finished(server)
            assert (code, out, err) == (0, "", ""), "to end a service is no failure"


def test_while_one_serves_every_command_works_and_the_service_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "heron.txt"
    path.write_text("The heron stood by the weir.")
    with serving(tmp_path) as (_, url):

        def served() -> set[str]:
            return {each["text"] for each in search()}

        def search() -> list[dict[str, str]]:
            found = httpx.get(f"{url}/search", params={"q": "heron"}).json()
            return list(found["passages"])

        # Waits for the models to be loaded.
        assert run(tmp_path, "search", "heron")[0] == 0
        assert served() == set()
        assert run(tmp_path, "ingest", "heron.txt")[1].startswith("1 added")
        assert served() == {"The heron stood by the weir."}
        path.write_text("The heron flew up the river.")
        assert run(tmp_path, "ingest", "heron.txt")[1].startswith("0 added, 1 replaced")
        assert served() == {"The heron flew up the river."}
        assert run(tmp_path, "remove", "heron.txt")[1] == "Removed 1.\n"
        assert served() == set()
    assert articles_in(tmp_path) == 0


def test_a_service_with_keys_lets_commands_of_its_user_in_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "heron.txt").write_text("The heron stood by the weir.")
    code, secret, _ = run(tmp_path, "keys", "add", "page")
    assert code == 0
    with serving(tmp_path) as (_, url):
        assert httpx.get(f"{url}/articles").status_code == 401
        assert run(tmp_path, "ingest", "heron.txt")[1].startswith("1 added")
        headers = {"Authorization": f"Bearer {secret.strip()}"}
        assert httpx.get(f"{url}/articles", headers=headers).json()["total"] == 1
        assert run(tmp_path, "keys", "revoke", "page")[0] == 0
        assert httpx.get(f"{url}/articles", headers=headers).status_code == 401
        assert run(tmp_path, "articles")[0] == 0
    assert not (tmp_path / "data" / "local-key").exists()


def test_a_running_service_heeds_its_first_key(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, url):
        assert httpx.get(f"{url}/articles").status_code == 200
        assert run(tmp_path, "keys", "add", "page")[0] == 0
        assert httpx.get(f"{url}/articles").status_code == 401
        assert run(tmp_path, "articles")[0] == 0


@pytest.mark.parametrize(
    "setting",
    [
        {"QA_HOST": "0.0.0.0"},
        {"QA_HOST": "::"},
        {"QA_HOSTS": "qa.example.org"},
        {"QA_TRUSTED_PROXIES": "127.0.0.1"},
    ],
)
def test_a_service_that_others_reach_does_not_start_without_a_key(
    tmp_path: Path, setting: dict[str, str]
) -> None:
    with started(tmp_path, "serve", "--port", "0", **setting) as server:
        code, _, err = finished(server)
    assert code == 1
    assert next(iter(setting)) in err
    assert "qa keys add" in err


def test_what_a_killed_service_leaves_behind_is_harmless(tmp_path: Path) -> None:
    write_articles(tmp_path / "first.jsonl", 2)
    with serving(tmp_path, "--seed", "first.jsonl") as (server, url):
        server.kill()
        server.wait(SECONDS)
    assert json.loads((tmp_path / "data" / "owner.json").read_text())["url"] == url
    code, out, err = run(tmp_path, "articles")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 3


def test_a_service_that_is_terminated_closes_its_index(tmp_path: Path) -> None:
    write_articles(tmp_path / "first.jsonl", 2)
    with serving(tmp_path, "--seed", "first.jsonl") as (server, _):
        server.send_signal(signal.SIGTERM)
        code, _, err = finished(server)
        assert (code, err) == (0, "")
    assert articles_in(tmp_path) == 3


def test_an_ingest_that_is_interrupted_keeps_what_was_done(tmp_path: Path, hold: Path) -> None:
    write_articles(tmp_path / "many.jsonl", LINES_OF_THREE_BATCHES, "Please hold the line.")
    with started(tmp_path, "ingest", "many.jsonl", HOLD=str(hold)) as ingest:
        assert (hold / "held").read_text() == "held"
        ingest.send_signal(signal.SIGINT)
        code, out, err = finished(ingest)
    assert code == 1
    assert out == ""
    assert err.strip() == (
        f"Interrupted. {LINES_OF_THREE_BATCHES} articles are in; run it again to add the rest."
    )
    assert articles_in(tmp_path) == LINES_OF_THREE_BATCHES
    again = run(tmp_path, "ingest", "many.jsonl")
    assert again[1].startswith(f"1 added, 0 replaced, {LINES_OF_THREE_BATCHES} unchanged")


def test_waiting_can_be_interrupted(tmp_path: Path, hold: Path) -> None:
    write_articles(tmp_path / "first.jsonl", 1, "Please hold the line.")
    with started(tmp_path, "ingest", "first.jsonl", HOLD=str(hold)) as ingest:
        assert (hold / "held").read_text() == "held"
        with started(tmp_path, "articles") as second:
            line_with(second, "Waiting")
            second.send_signal(signal.SIGINT)
            assert finished(second)[0] == 1
        (hold / "release").write_text("go")
        assert finished(ingest)[0] == 0


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    """As in `qa articles | head -1`, with more than a pipe holds."""
    with index_in(tmp_path) as service:
        titles = (f"{n} {'A long title ' * 60}" for n in range(150))
        service.add(
            [Article(ArticleInfo(title[:3], title=title), "The cat sat.") for title in titles]
        )
        text = "The cat sat.\n" * 10_000
        service.add([Article(ArticleInfo("long"), text, (SkippedSpan(13, len(text)),))])
    for command in (["articles"], ["articles", "--json"], ["show", "long"]):
        with started(tmp_path, *command) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            process.stdout = None
            _, err = process.communicate(timeout=SECONDS)
            assert err == "", command


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = run(tmp_path, "serve", "--port", port)
    assert code == 1
    assert f"port {port}" in err
    assert "--port 0" in err
    assert not (tmp_path / "data" / "catalog.sqlite").exists()
