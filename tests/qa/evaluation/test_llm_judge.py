import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from qa.answering.llm.provider import ModelError, make_chat_model
from qa.evaluation.llm_judge import make_judge
from qa.evaluation.question_file import Case, GoldSpan
from qa.evaluation.run_records import Judgement
from qa.evaluation.runner import Asking, run_case
from qa.settings import Settings, read_settings
from tests.qa.evaluation.fake import FakeSystem

ARTICLE = "Kraken joined in 2021. It left in 2022."
CASE = Case("q", "When joined Kraken?", "fact", (GoldSpan("a", 17, 21, "2021"),))


class ScriptedModel(ThreadingHTTPServer):
    """Speaks the OpenAI protocol: says `content` to whoever asks, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = json.dumps({"reasoning": "It says so.", "score": 0.75})
        self.prompts: list[str] = []

    @property
    def settings(self) -> Settings:
        return read_settings(
            model="openai:scripted",
            model_base_url=f"http://127.0.0.1:{self.server_port}/v1",
            model_api_key=SecretStr("none"),
        )


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.prompts.append(body["messages"][0]["content"])
        message = {"role": "assistant", "content": self.server.content}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "scripted"}
        sent = json.dumps({**answer, "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _judged(model: ScriptedModel, case: Case, threshold: float = 0.0) -> Judgement | None:
    judge = make_judge(make_chat_model(model.settings))
    return run_case(case, FakeSystem({"a": ARTICLE}, threshold), Asking(judge=judge)).judgement


def test_an_answer_is_judged_by_its_gold_and_by_its_quotes(model: ScriptedModel) -> None:
    assert _judged(model, CASE) == Judgement(0.75, 0.75, "It says so.\nIt says so.")
    by_quotes, by_gold = model.prompts
    assert "<context>\nKraken joined in 2021.\n</context>" in by_quotes
    assert "<reference_outputs>\n2021\n</reference_outputs>" in by_gold


def test_an_answer_that_should_not_be_is_judged_by_its_quotes_alone(model: ScriptedModel) -> None:
    unanswerable = Case("q", "When joined Kraken?", "unanswerable", ())
    assert _judged(model, unanswerable) == Judgement(None, 0.75, "It says so.")


def test_nothing_is_judged_where_nothing_was_answered(model: ScriptedModel) -> None:
    assert _judged(model, CASE, threshold=2.0) is None
    assert model.prompts == []


@pytest.mark.parametrize("content", ["I would say 4 of 5.", '{"reasoning": "?"}', ""])
def test_an_opinion_that_cannot_be_read_leaves_the_answer_unjudged(
    model: ScriptedModel, content: str
) -> None:
    model.content = content
    assert _judged(model, CASE) is None


def test_an_opinion_beyond_the_scale_is_taken_as_its_end(model: ScriptedModel) -> None:
    model.content = json.dumps({"reasoning": "Great.", "score": 11})
    judgement = _judged(model, CASE)
    assert judgement is not None
    assert judgement.correctness == 1.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "No chat model is configured: set QA_MODEL"),
        ("nonsense:model", "names no known provider"),
        ("mistralai:small", "pip install 'langchain-mistralai'"),
    ],
)
def test_a_model_that_cannot_be_made_is_a_sentence_with_a_remedy(
    name: str | None, said: str
) -> None:
    with pytest.raises(ModelError) as caught:
        make_chat_model(read_settings(model=name))
    assert said in str(caught.value)
