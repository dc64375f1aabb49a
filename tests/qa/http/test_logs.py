"""The log as JSON: one object a line, with the id of its request, and no question."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from qa.http.access import AccessControl
from qa.keys import KeyFile, KeyRing
from qa.logs import log_handler
from tests.openai_server import Fail
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing
from tests.qa.llm_service import QUESTION, answering


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program logs as JSON."""
    written = io.StringIO()
    handler = log_handler("json", written)
    logger = logging.getLogger("qa")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(before)


def records(log: io.StringIO, logger: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [each for each in lines if each["logger"] == logger]


def test_every_request_has_a_line_without_what_was_asked(serve: Serve, log: io.StringIO) -> None:
    served = serve(Failing(RuntimeError()))
    response = served.http.get("/search", params={"q": "swordfish"})
    (line,) = records(log, "qa.access")
    assert line["message"] == "GET /search 200"
    assert line["level"] == "INFO"
    assert line["request_id"] == response.headers["x-request-id"]
    assert line["milliseconds"] > 0
    assert line["client"] == "127.0.0.1"
    assert "swordfish" not in log.getvalue()


def test_a_line_names_the_key_and_holds_no_secret(
    serve: Serve, log: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")
    secret = keys.add("page", "read")
    control = AccessControl(KeyRing((), keys), "none", "none")
    served = serve(Failing(RuntimeError()), control=control)
    served.http.get("/articles", headers={"Authorization": f"Bearer {secret}"})
    (line,) = records(log, "qa.access")
    assert line["key"] == keys.keys()[0].id
    assert secret not in log.getvalue()


def test_what_the_chat_model_failed_at_has_the_id_of_its_request(
    log: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("index")
    with answering(folder, [Fail(400)], checker="rules") as it:
        response = it.http.post("/ask", json={"question": QUESTION})
    request_id = response.headers["x-request-id"]
    assert f"(Request {request_id})" in response.json()["notice"]
    failures = records(log, "qa.answering.llm.model_client")
    assert {each["request_id"] for each in failures} == {request_id}
    assert QUESTION not in log.getvalue()


def test_an_error_is_one_line_with_its_traceback(serve: Serve, log: io.StringIO) -> None:
    served = serve(Failing(RuntimeError("the mat is gone")))
    response = served.http.post("/ask", json={"question": "Where?"})
    (line,) = records(log, "qa.http")
    assert line["request_id"] == response.json()["request_id"]
    assert "the mat is gone" in line["exc_info"]
