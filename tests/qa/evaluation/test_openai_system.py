"""Any service that speaks OpenAI's protocol is measured by its answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from qa.evaluation.command_line import Target
from qa.evaluation.evaluate import Plan, evaluate
from qa.evaluation.library_system import open_target
from qa.evaluation.openai_system import ServiceRefused, chat_service
from qa.evaluation.run_records import Run
from tests.qa.serving import Served

ARTICLE = "The ferry to Kell runs twice a day. It carries 40 cars."
FERRY = {"article_id": "ferry.txt"}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "id": "1",
        "question": "How often does the ferry run?",
        "answers": [{**FERRY, "start": 23, "end": 34, "text": "twice a day"}],
    },
    {
        "id": "2",
        "question": "How many cars?",
        "answers": [{**FERRY, "start": 47, "end": 54, "text": "40 cars"}],
    },
    {"id": "3", "question": "Who built it?", "answers": []},
    {
        "id": "4",
        "question": "Which year?",
        "answers": [],
        "filters": {"published_from": "2024-01-01"},
    },
)


@contextmanager
def chatting(*replies: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a service that gives these completions, and the requests that it had."""
    waiting, requests = list(replies), list[dict[str, Any]]()

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            message = {"role": "assistant", "content": waiting.pop(0)}
            body = json.dumps({"choices": [{"message": message}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", requests
        finally:
            server.shutdown()
            thread.join()


def measured(folder: Path, url: str, *declines: str, **more: str) -> Run:
    (folder / "articles").mkdir()
    (folder / "articles" / "ferry.txt").write_text(ARTICLE)
    lines = (json.dumps(each) for each in QUESTIONS)
    (folder / "questions.jsonl").write_text("\n".join(lines))
    plan = Plan(folder / "questions.jsonl", url, command=("evaluate",))
    target = Target(folder / "articles", url, plan, judge=False, declines=declines, **more)
    opened = open_target(target)
    run, _ = evaluate(opened, folder=folder / "out", name="run", console=Console(quiet=True))
    return run


def test_a_chat_model_is_measured_by_its_texts(tmp_path: Path) -> None:
    with chatting("It runs twice a day.", "Fifty.", "I cannot tell.") as (url, requests):
        run = measured(tmp_path, url, "cannot tell", model="some-model")
    assert [each["messages"][-1]["content"] for each in requests] == [
        "How often does the ferry run?",
        "How many cars?",
        "Who built it?",
    ]
    figures = {each.key: each.value for each in run.figures if each.kind is None}
    assert figures["answer_in_text"] == 0.5
    assert figures["decision_accuracy"] == 1.0
    assert figures["answer_in_quote"] == 0.0
    assert "article_hits@5" not in figures
    assert run.setup.model == "some-model"


def test_the_service_itself_is_measured_with_its_quotes(served: Served, tmp_path: Path) -> None:
    run = measured(tmp_path, f"{served.url}/v1")
    figures = {each.key: each.value for each in run.figures if each.kind is None}
    assert run.setup.model == "article-qa"
    assert figures["failed"] == 0.0


def test_a_service_without_models_needs_one_to_be_named() -> None:
    with chatting() as (url, _), httpx.Client(base_url=f"{url}/") as http:
        with pytest.raises(ServiceRefused, match="--model"):
            chat_service(http, url, None)
        assert chat_service(http, url, "given").model == "given"
