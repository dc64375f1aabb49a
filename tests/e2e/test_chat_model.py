"""From the settings of a chat model to what a person reads, over a scripted server."""

import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qa.cli import commands
from qa.composition import build_service
from qa.evaluation import command_line as evaluation
from qa.evaluation.library_system import open_target
from qa.settings import read_settings
from tests.openai_server import Deed, Fail, Hang, OpenAIServer, Say
from tests.qa.llm_service import (
    ARTICLES,
    FALSE,
    KEY,
    MODEL,
    QUESTION,
    TRUE,
    Answering,
    answering,
)
from tests.qa.processes import PROGRAM, ROOT, finished, started
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Article, ArticleInfo

FALSE_SHOWN = FALSE.replace(" [1]", "")
ADDED = Article(
    ArticleInfo("new", title="New"), "Kraken was admitted to the Blockchain Association."
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder with an index of the articles, which nobody has open."""
    folder = tmp_path / "data"
    service = build_service(read_settings(data=folder), HashingEmbedder())
    service.add(ARTICLES)
    service.close()
    return folder


Serve = Callable[..., Answering]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves the articles, with a chat model that does these deeds."""
    with ExitStack() as until_the_end:

        def serve_it(*deeds: Deed, **settings: Any) -> Answering:
            return until_the_end.enter_context(answering(tmp_path / "served", deeds, **settings))

        yield serve_it


Qa = Callable[..., tuple[int, str, str]]


@pytest.fixture
def qa(
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Qa:
    """Runs a command on `index` with a chat model at an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qa.composition.embedder_for", lambda model: HashingEmbedder())

    def run(address: str, *arguments: str, model: str = MODEL, **more: str) -> tuple[int, str, str]:
        for name, value in environment_for(address, index, model, **more).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["qa", *arguments])
        try:
            commands.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def environment_for(address: str, data: Path, model: str = MODEL, **more: str) -> dict[str, str]:
    return {
        "QA_DATA": str(data),
        "QA_MODEL": model,
        "QA_MODEL_BASE_URL": address,
        "QA_MODEL_API_KEY": KEY,
        **more,
    }


def ask(it: Answering, question: str = QUESTION, **more: object) -> dict[str, Any]:
    response = it.http.post("/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_qa_ask_prints_an_answer_that_is_checked(qa: Qa, caplog: pytest.LogCaptureFixture) -> None:
    with OpenAIServer([Say(f"{TRUE} {FALSE}")]) as model:
        code, out, err = qa(model.url, "ask", QUESTION)
    assert (code, err) == (0, "")
    assert out.startswith(f"{TRUE} {FALSE_SHOWN}\n")
    assert re.search(rf"(?:Contradicted|Not found): {re.escape(FALSE_SHOWN)}", out)
    assert "“Binance.US was admitted to the Blockchain Association in August 2020.”" in " ".join(
        out.split()
    )
    assert len(model.requests) == 1
    assert model.keys == [f"Bearer {KEY}"]
    assert KEY not in out + caplog.text


def test_qa_ask_prints_each_sentence_while_the_next_is_written(index: Path, tmp_path: Path) -> None:
    with (
        OpenAIServer([Hang(f"{TRUE} {FALSE} And then")]) as model,
        started(
            tmp_path,
            "ask",
            QUESTION,
            module=PROGRAM,
            **environment_for(model.url, index, QA_MODEL_TIMEOUT="4"),
        ) as qa,
    ):
        assert qa.stdout is not None
        assert qa.stdout.read(len(TRUE)) == TRUE
        assert not model.hung_up.is_set(), "it was printed after the model had ended"
        code, out, err = finished(qa)
    assert code == 0
    assert out.startswith(f" {FALSE_SHOWN}\n")
    assert "The chat model took too long to answer before it had finished." in " ".join(out.split())
    assert KEY not in out + err


def test_over_http_the_chat_model_answers_unless_another_is_asked(serve: Serve) -> None:
    it = serve(Say(TRUE))
    answer = ask(it)
    assert (answer["answerer"], answer["model"], answer["text"]) == ("llm", MODEL, TRUE)
    assert answer["usage"] == {"input_tokens": 900, "output_tokens": 40, "cost": None}
    assert answer["notice"] is None
    for citation in answer["citations"]:
        text = it.http.get(f"/articles/{citation['article_id']}").json()["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    extractive = ask(it, answerer="extractive")
    assert (extractive["answerer"], extractive["model"]) == ("extractive", None)
    assert len(it.model.requests) == 1
    collection = it.http.get("/collection").json()
    assert collection["answerers"] == ["extractive", "llm"]
    assert collection["model"] == MODEL


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (Fail(500), "The chat model failed on its server"),
        (Fail(401), "The chat model did not accept the key"),
        (Hang(), "The chat model took too long to answer"),
        (None, "The chat model could not be reached"),
    ],
    ids=["500", "401", "hangs", "refuses connections"],
)
def test_without_the_model_the_articles_own_words_answer_and_it_is_said(
    qa: Qa, caplog: pytest.LogCaptureFixture, deed: Deed | None, said: str
) -> None:
    if deed is None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        code, out, err = qa(address, "ask", QUESTION)
    else:
        with OpenAIServer([deed]) as model:
            code, out, err = qa(model.url, "ask", QUESTION, QA_MODEL_TIMEOUT="0.3")
    assert code == 0
    assert f"{said}" in " ".join(out.split())
    assert "in the articles' own words. (Request " in " ".join(out.split())
    assert "[1]" in out
    assert "Binance.US was admitted to the Blockchain Association in August 2020" in out
    request = out.rpartition("(Request ")[2].partition(")")[0]
    assert request in caplog.text, "the log tells of it under the same id"
    everything = out + err + caplog.text
    assert KEY not in everything
    assert "Traceback" not in everything


def test_an_answer_is_written_once_until_the_articles_change(serve: Serve) -> None:
    it = serve(Say(TRUE))
    first, second = ask(it), ask(it)
    assert len(it.model.requests) == 1
    assert second["usage"] == {"input_tokens": 0, "output_tokens": 0, "cost": None}
    same = ("text", "sentences", "citations", "passages", "answerer", "model")
    assert [second[name] for name in same] == [first[name] for name in same]
    assert second["id"] != first["id"]
    it.served.service.add([ADDED])
    ask(it)
    assert len(it.model.requests) == 2
    ask(it, filters={"article_ids": ["lobby"]})
    assert len(it.model.requests) == 3
    it.served.service.remove(ADDED.id)
    ask(it)
    assert len(it.model.requests) == 4


RUNS = {"role": "user", "content": "Which group admitted Binance.US?"}
ADMITTED = "When was Binance.US admitted to the Blockchain Association?"


def test_a_follow_up_is_rewritten_by_the_model_and_its_tokens_and_time_are_reported(
    serve: Serve,
) -> None:
    it = serve(Say(f"<think> </think>\n{ADMITTED}"), Say(TRUE))
    answer = ask(it, "When was it admitted?", history=[RUNS])
    assert answer["standalone_question"] == ADMITTED
    assert answer["text"] == TRUE
    assert answer["usage"] == {"input_tokens": 1800, "output_tokens": 80, "cost": None}
    assert set(answer["timings_ms"]) == {"rewrite", "retrieve", "answer"}
    assert answer["timings_ms"]["rewrite"] > 0


def test_rewriting_counts_even_if_the_answer_is_kept_from_before(serve: Serve) -> None:
    it = serve(Say(TRUE), Say(ADMITTED))
    ask(it, ADMITTED)
    again = ask(it, "When was it admitted?", history=[RUNS])
    assert again["text"] == TRUE
    assert again["usage"] == {"input_tokens": 900, "output_tokens": 40, "cost": None}


def test_the_model_is_called_only_so_often_at_a_time_for_rewriting_and_answering_together(
    serve: Serve,
) -> None:
    it = serve(Hang(), model_concurrency=2, model_timeout=20.0)
    history: list[dict[str, str]]
    with ThreadPoolExecutor(4) as pool:
        for history in ([RUNS], [], [RUNS], []):
            pool.submit(it.http.post, "/ask", json={"question": QUESTION, "history": history})
        assert it.model.wait_for(2)
        # The others have every chance to call the model as well.
        assert not it.model.wait_for(3, 0.3)
        # What is tried again fails at once.
        it.model.deeds[:] = [Fail(401)]
        it.model.release()


def test_an_answer_that_failed_is_not_kept(serve: Serve) -> None:
    it = serve(Fail(401), Say(TRUE))
    assert ask(it)["notice"].startswith("The chat model did not accept the key")
    assert ask(it)["text"] == TRUE


def test_without_a_cache_the_model_is_asked_every_time(serve: Serve) -> None:
    it = serve(Say(TRUE), cache=0)
    assert ask(it)["usage"] == ask(it)["usage"]
    assert len(it.model.requests) == 2


def test_what_is_not_supported_is_marked_so(serve: Serve) -> None:
    marked = ask(serve(Say(f"{TRUE} {FALSE}")))
    assert [each["supported"] for each in marked["sentences"]] == [True, False]
    assert marked["sentences"][1]["reason"]


def test_with_drop_only_what_is_supported_is_shown(serve: Serve) -> None:
    dropped = ask(serve(Say(f"{FALSE} {TRUE} {FALSE}"), unsupported="drop"))
    assert dropped["text"] == TRUE
    assert [each["supported"] for each in dropped["sentences"]] == [True]


def test_an_evaluation_runs_through_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.composition.embedder_for", lambda model: HashingEmbedder())
    seeds = ROOT / "seeds"
    files = ("--articles", seeds / "articles", "--questions", seeds / "questions.jsonl")
    flags = ("--answerer", "llm", "--limit", "5", "--out", tmp_path, "--name", "run")
    with OpenAIServer([Say("The articles do not say.")]) as model:
        for name, value in environment_for(model.url, tmp_path).items():
            monkeypatch.setenv(name, value)
        ran = CliRunner().invoke(evaluation.main, list(map(str, flags + files)), obj=open_target)
    assert ran.exit_code == 0, ran.output
    assert "The report:" in ran.output
    written = (tmp_path / "run.json").read_text()
    assert len(json.loads(written)["records"]) == 5
    assert len(model.requests) >= 5
    assert all(each["answer"]["answerer"] == "llm" for each in json.loads(written)["records"])
    assert KEY not in ran.output + written


def test_a_providers_package_that_is_missing_is_named(qa: Qa) -> None:
    code, out, err = qa("http://127.0.0.1:9", "ask", QUESTION, model="mistralai:mistral-small")
    assert (code, out) == (1, "")
    assert "The chat model mistralai:mistral-small needs a package that is not installed" in err
    assert "pip install 'langchain-mistralai'" in err
