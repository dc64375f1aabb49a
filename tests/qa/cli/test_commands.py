"""`qa` in this process: its output, streams and exit codes."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from tests.qa.cli.conftest import Qa
from tests.qa.http.shapes import ARTICLE, ENTRY, PASSAGE, assert_answer
from tests.qa.serving import Served
from tests.vectorstore.hashing import HashingEmbedder

QUESTION = "When did Binance.US join the Blockchain Association?"
COINBASE = "2021-04-15-coinbase-lists-on-nasdaq.txt"


@pytest.fixture
def of_served(qa: Qa, served: Served) -> Qa:
    """Runs a command on the index that is served: over HTTP, then."""
    return lambda *arguments: qa(*arguments, "--data", served.folder)


# An index of this process.


def test_articles_go_in_once(qa: Qa, some_articles: Path) -> None:
    first = qa("ingest", some_articles)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("5 added, 0 replaced, 0 unchanged, 0 skipped (")
    assert Path("data/catalog.sqlite").exists(), "the default folder"
    again = qa("ingest", some_articles)
    assert again.out == "0 added, 0 replaced, 5 unchanged, 0 skipped (0 passages indexed).\n"


def test_the_whole_life_of_an_article(qa: Qa) -> None:
    Path("cats.txt").write_text("date 2022-03-03 The cat sat on the mat.")
    assert qa("ingest", "cats.txt").code == 0
    assert qa("articles").out == "2022-03-03  cats.txt  The cat sat on the mat.\n"
    Path("cats.txt").write_text("date 2022-03-03 The cat lay in the sun.")
    assert qa("ingest", "cats.txt").out.startswith("0 added, 1 replaced")
    assert qa("show", "cats.txt").out == "date 2022-03-03 The cat lay in the sun.\n"
    assert "lay in the sun" in qa("ask", "Where did the cat lie?").out
    assert qa("doctor").out == "1 articles, 1 passages.\nThe index is consistent.\n"
    assert qa("remove", "cats.txt").out == "Removed 1.\n"
    assert "qa ingest" in qa("articles").err


def test_a_terminal_is_told_what_is_not_searched(qa: Qa, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "date 2022-03-03\nThe cat sat on the mat.\n\nSign up for our newsletter."
    Path("cats.txt").write_text(text)
    qa("ingest", "cats.txt")
    assert qa("show", "cats.txt").err == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    ran = qa("show", "cats.txt")
    assert ran.out == f"{text}\n"
    assert ran.err == (
        "Not searched: characters 0 to 15 (metadata).\n"
        "Not searched: characters 41 to 68 (promotional).\n"
    )


@pytest.mark.parametrize("given_by", ["flag", "setting"])
def test_everything_is_searched_where_that_is_asked_for(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, given_by: str
) -> None:
    Path("cats.txt").write_text("date 2022-03-03\nThe cat sat.\n\nSign up for our newsletter.")
    flag = ["--keep-all"] if given_by == "flag" else []
    qa("ingest", "cats.txt")
    assert "newsletter" not in qa("search", "newsletter").out
    if given_by == "setting":
        monkeypatch.setenv("QA_KEEP_ALL", "1")
    assert qa("ingest", "cats.txt", *flag).out.startswith("0 added, 1 replaced")
    assert "newsletter" in qa("search", "newsletter").out
    assert qa("show", "cats.txt", "--json").json["skipped_reasons"] == ["metadata"]
    assert qa("ingest", "cats.txt", *flag).out.startswith("0 added, 0 replaced, 1 unchanged")
    assert qa("ingest", "cats.txt", "--no-keep-all").out.startswith("0 added, 1 replaced")
    assert "newsletter" not in qa("search", "newsletter").out


def test_good_articles_go_in_beside_bad_ones(qa: Qa) -> None:
    Path("good.txt").write_text("The cat sat on the mat.")
    Path("empty.txt").write_text("")
    ran = qa("ingest", "good.txt", "empty.txt", "absent.txt")
    assert ran.code == 3
    assert ran.out.startswith("1 added, 0 replaced, 0 unchanged, 2 skipped")
    assert "empty.txt" in ran.out
    assert "absent.txt" in ran.out


def test_nothing_good_is_a_failure(qa: Qa) -> None:
    Path("empty.txt").write_text("")
    ran = qa("ingest", "empty.txt", "absent.txt")
    assert ran.code == 1
    assert "2 skipped" in ran.out


def test_a_folder_without_articles_says_so(qa: Qa) -> None:
    Path("folder").mkdir()
    ran = qa("ingest", "folder")
    assert ran.code == 0
    assert "no articles" in (ran.out + ran.err).lower()


@pytest.mark.parametrize(
    "command", [("ask", QUESTION), ("search", "exchange"), ("articles",), ("articles", "--json")]
)
def test_an_empty_index_says_what_to_do(qa: Qa, command: tuple[str, ...]) -> None:
    make_empty(qa)
    ran = qa(*command)
    assert ran.code == 0
    assert "qa ingest" in ran.err
    assert ran.out in ("", "[]\n")


def make_empty(qa: Qa) -> None:
    """An index without articles."""
    Path("folder").mkdir(exist_ok=True)
    assert qa("ingest", "folder").code == 0


@pytest.mark.parametrize(
    "command",
    [("ask", "Who?"), ("search", "Who?"), ("articles",), ("show", "x"), ("remove", "x"), ("chat",),
     ("doctor",), ("doctor", "--repair")],
)  # fmt: skip
def test_what_reads_an_index_makes_none(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("QA_DATA", "mistyped")
    ran = qa(*command)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("There is no index in 'mistyped'. Add articles: qa ingest PATH.")
    assert not Path("mistyped").exists()


def test_an_answer_as_json_on_an_empty_index_is_an_answer(qa: Qa) -> None:
    make_empty(qa)
    ran = qa("ask", QUESTION, "--json")
    assert ran.code == 0
    assert_answer(ran.json)
    assert not ran.json["answered"]


def test_an_index_of_another_model_says_what_to_do(qa: Qa, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("cats.txt").write_text("The cat sat on the mat.")
    qa("ingest", "cats.txt")
    monkeypatch.setattr("qa.composition.embedder_for", lambda model: HashingEmbedder())
    for command in (("ask", "Who?"), ("doctor",), ("ingest", "cats.txt")):
        ran = qa(*command)
        assert ran.code == 1
        assert "QA_EMBEDDING_MODEL" in ran.err
        assert "qa doctor --repair" in ran.err
    repaired = qa("doctor", "--repair")
    assert repaired.code == 0, repaired
    assert "is consistent" in repaired.out
    assert "sat on the mat" in qa("search", "cat").out


def test_check_is_the_former_name_of_doctor(qa: Qa) -> None:
    make_empty(qa)
    ran = qa("check", "--repair")
    assert (ran.code, ran.out) == (0, qa("doctor", "--repair").out)
    assert ran.err == "qa check is now qa doctor; this name goes in the next release.\n"


@pytest.mark.parametrize("given_by", ["flag", "variable", "file"])
def test_a_file_where_the_index_should_be(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, given_by: str
) -> None:
    Path("notes").write_text("mine")
    if given_by == "flag":
        ran = qa("ask", "Who?", "--data", "notes")
        assert ran.code == 2
    else:
        if given_by == "variable":
            monkeypatch.setenv("QA_DATA", "notes")
        else:
            Path(".env").write_text("QA_DATA=notes\n")
        ran = qa("ask", "Who?")
        assert ran.code == 1
        assert "QA_DATA" in ran.err
    assert "'notes'" in ran.err
    assert Path("notes").read_text() == "mine"


@pytest.mark.parametrize("command", ["ask", "ingest", "doctor", "serve"])
def test_a_folder_that_cannot_be_made(qa: Qa, command: str) -> None:
    Path("notes").write_text("mine")
    words = {"ask": ["Who?"], "ingest": ["notes"], "serve": ["--port", "0"]}.get(command, [])
    ran = qa(command, *words, "--data", "notes/inside")
    assert ran.code == 1
    assert "QA_DATA" in ran.err
    assert "--data" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written(qa: Qa, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = qa("ingest", "x", "--data", "inside")
    tmp_path.chmod(0o700)
    assert ran.code == 1
    assert "Permission denied" in ran.err


def test_a_setting_that_cannot_be_used(qa: Qa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CACHE", "many")
    for command in (("settings",), ("ask", "Who?"), ("serve",)):
        ran = qa(*command)
        assert ran.code == 1
        assert "QA_CACHE is 'many'" in ran.err


def test_settings_are_printed_in_force_and_secrets_masked(
    qa: Qa, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("QA_HOST=file\nQA_MODEL_API_KEY=swordfish\n")
    monkeypatch.setenv("QA_MODEL_BASE_URL", "http://me:trombone@localhost/v1")
    ran = qa("settings", "--data", "there")
    lines = dict(line.split("=", 1) for line in ran.out.splitlines())
    assert ran.code == 0
    assert lines["QA_DATA"] == "there"
    assert lines["QA_HOST"] == "file"
    assert lines["QA_PORT"] == "8000"
    assert lines["QA_MODEL"] == ""
    assert set(lines["QA_MODEL_API_KEY"]) == {"*"}
    assert "swordfish" not in ran.out
    assert "trombone" not in ran.out


# An index that is served.


def test_an_answer_and_then_its_quotes(of_served: Qa) -> None:
    ran = of_served("ask", QUESTION)
    assert (ran.code, ran.err) == (0, "")
    answer, *sources = ran.out.split("\n\n")
    assert "[1]" in answer
    assert "August 2020" in ran.out
    assert sources[0] == "These quotes may not answer the question."
    assert sources[1].startswith("[1] ")
    assert "2022-04-20" in ran.out
    assert "2022-04-20-binance-us-leaves-lobby.txt, characters " in ran.out


def test_an_answer_as_json_is_the_body_of_http(of_served: Qa, served: Served) -> None:
    body = served.http.post("/ask", json={"question": QUESTION}).json()
    ran = of_served("ask", QUESTION, "--json")
    assert_answer(ran.json)
    ours: dict[str, object] = {"id": "", "timings_ms": {}, "kept_until": None}
    assert {**ran.json, **ours} == {**body, **ours}


def test_no_answer_is_no_failure(of_served: Qa) -> None:
    ran = of_served("ask", "Which glaze suits a stoneware teapot?")
    assert ran.code == 0
    assert "The nearest passages:" in ran.out


def test_filters_that_nothing_passes_are_to_blame(of_served: Qa) -> None:
    for command in ("ask", "search"):
        ran = of_served(command, "exchange", "--source", "nobody")
        assert ran.code == 0
        assert "match these filters" in ran.out
        assert "qa ingest" not in ran.out + ran.err


def test_a_search_as_json_is_the_body_of_http(of_served: Qa, served: Served) -> None:
    parameters = {"q": "exchange", "k": "2", "published_to": "2021-12-31"}
    body = served.http.get("/search", params=parameters).json()
    ran = of_served("search", "exchange", "-k", "2", "--to", "2021-12-31", "--json")
    assert ran.json == body
    assert all(set(each) == PASSAGE for each in ran.json["passages"])
    body = served.http.get("/search", params={**parameters, "rerank": "true"}).json()
    ran = of_served("search", "exchange", "-k", "2", "--to", "2021-12-31", "--json", "--rerank")
    assert ran.json == body


def test_a_search_shows_its_passages(of_served: Qa) -> None:
    ran = of_served("search", "Coinbase on Nasdaq", "-k", "1", "--article", COINBASE)
    assert ran.code == 0
    assert "1. " in ran.out
    assert COINBASE in ran.out


def test_the_articles_are_listed_newest_first(of_served: Qa, served: Served) -> None:
    listed = of_served("articles", "--json").json
    assert listed == served.http.get("/articles").json()["articles"]
    assert all(set(each) == ENTRY for each in listed)
    lines = of_served("articles").out.splitlines()
    assert [line.split("  ")[1] for line in lines] == [each["id"] for each in listed]
    assert len(of_served("articles", "--containing", "nasdaq").out.splitlines()) == 1
    assert of_served("articles", "--containing", "xyzzy").out == "No articles.\n"


def test_an_article_is_shown_exactly(of_served: Qa, some_articles: Path, served: Served) -> None:
    assert of_served("show", COINBASE).out == (some_articles / COINBASE).read_text() + "\n"
    shown = of_served("show", COINBASE, "--json").json
    assert shown == served.http.get(f"/articles/{COINBASE}").json()
    assert set(shown) == ARTICLE


def test_an_article_that_is_not_there(of_served: Qa) -> None:
    shown = of_served("show", "nobody")
    assert shown.code == 1
    assert "'nobody'" in shown.err
    assert "qa articles" in shown.err
    removed = of_served("remove", "nobody", "nothing")
    assert removed.code == 1
    assert removed.out == "Removed 0.\n"
    assert "'nobody', 'nothing'" in removed.err


def test_what_one_ingests_the_service_has(of_served: Qa, adding: Served) -> None:
    Path("heron.txt").write_text("The heron stood by the weir.")
    Path("empty.txt").write_text("")
    ran = of_served("ingest", "heron.txt", "empty.txt")
    assert ran.code == 3
    assert ran.out.startswith("1 added, 0 replaced, 0 unchanged, 1 skipped (1 passages indexed).")
    assert adding.service.article("heron.txt") is not None
    assert of_served("ingest", "heron.txt").out.startswith("0 added, 0 replaced, 1 unchanged")
    assert of_served("remove", "heron.txt").out == "Removed 1.\n"
    assert adding.service.article("heron.txt") is None


def test_a_service_searches_everything_of_what_one_ingests_so(
    of_served: Qa, adding: Served
) -> None:
    Path("heron.txt").write_text("The heron stood.\n\nSign up for our newsletter.")
    for flag, skipped in (("--keep-all", []), ("--no-keep-all", ["promotional"])):
        of_served("ingest", "heron.txt", flag)
        assert of_served("show", "heron.txt", "--json").json["skipped_reasons"] == skipped


def test_what_a_service_refuses_is_said(of_served: Qa) -> None:
    ran = of_served("ask", "Who?", "--answerer", "llm")
    assert ran.code == 1
    assert "QA_MODEL" in ran.err
    assert ran.out == ""


def test_a_service_that_has_the_index_inspects_it(of_served: Qa, served: Served) -> None:
    ran = of_served("doctor")
    summary = served.http.get("/collection").json()
    assert ran.code == 0
    assert ran.out == (
        f"{summary['articles']} articles, {summary['passages']} passages.\n"
        "The index is consistent.\n"
    )


@pytest.mark.parametrize("command", [("doctor", "--repair"), ("serve", "--port", "0")])
def test_what_only_one_process_can_do_names_the_one_that_is(
    of_served: Qa, served: Served, command: tuple[str, ...]
) -> None:
    ran = of_served(*command)
    assert ran.code == 1
    assert served.url in ran.err
    assert "Stop that service" in ran.err


# Wrong usage.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", "-"], "1 to 2,000 characters"),
        (["ask", ""], "1 to 2,000 characters"),
        (["ask", " \n"], "1 to 2,000 characters"),
        (["ask", "q" * 2_001], "1 to 2,000 characters"),
        (["ask", "broken \udcff"], "UTF-8"),
        (["ask", "Who?", "--passages", "0"], "--passages"),
        (["ask", "Who?", "--passages", "21"], "--passages"),
        (["ask", "Who?", "--answerer", "oracle"], "--answerer"),
        (["ask", "Who?", "--from", "yesterday"], "2022-04-20"),
        (["ask", "Who?", "--from", "2022-02-30"], "2022-04-20"),
        (["ask", "Who?", "--from", "2022-05-01", "--to", "2022-04-30"], "after"),
        (["ask", "Who?", "--source", "\udcff"], "UTF-8"),
        (["search", ""], "1 to 2,000 characters"),
        (["search", "x", "-k", "0"], "-k"),
        (["search", "x", "--from", "2022-05-01", "--to", "2022-04-30"], "after"),
        (["ingest"], "PATH|URL"),
        (["show"], "ID"),
        (["show", "\udcff"], "UTF-8"),
        (["remove"], "ID"),
        (["articles", "--containing", "\udcff"], "UTF-8"),
        (["serve", "--port", "65536"], "--port"),
        (["serve", "--port", "http"], "--port"),
        (["serve", "--seed", "nowhere"], "nowhere"),
        (["fetch"], "No such command"),
        (["--verbose"], "No such option"),
    ],
)
def test_wrong_usage(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    ran = qa(*arguments)
    assert ran.code == 2
    assert says in ran.err
    assert ran.out == ""
    assert not Path("data").exists(), "nothing was begun"


# What a terminal must not be made to do.


def test_an_article_cannot_command_a_terminal(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "The cat\x1b]0;owned\x07 sat on\x9b2J the mat."
    Path("evil.jsonl").write_text(
        json.dumps({"id": "evil", "title": "A \x1b[31mtitle", "text": text})
    )
    qa("ingest", "evil.jsonl")
    for command in (("ask", "Where did the cat sit?"), ("search", "cat"), ("articles",)):
        ran = qa(*command)  # which looks for escapes itself
        assert "\x9b" not in ran.out
        assert "\x07" not in ran.out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "\x1b" not in qa("show", "evil").out


def test_a_stream_that_knows_few_characters(
    qa: Qa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cats.txt").write_text("Die Katze saß “dort” 🐈.")
    qa("ingest", "cats.txt")
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", ascii_only)
        assert qa("show", "cats.txt").code == 0
        assert qa("ask", "Wo saß die Katze?").code == 0
    ascii_only.flush()
    assert b"Die Katze sa? ?dort? ?." in ascii_only.buffer.getvalue()
