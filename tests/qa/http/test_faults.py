"""Requests under which something fails, or whose client disconnects."""

import logging
import socket
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from qa.http.limits import Limits
from qa.storage_failures import told_as_sentences
from qa.verification.checker import CheckedText
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing, Talking, Waiting
from tests.qa.http.shapes import assert_problem, events_of
from vectorstore.errors import UserError

QUESTION = {"question": "Where is the cat?"}
STREAM = {"Accept": "text/event-stream"}
SECONDS = 20.0
PLACES = Limits().questions


def test_an_internal_error_is_a_problem_document_without_its_message(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(Failing(RuntimeError("the password is swordfish")))
    response = served.http.post("/ask", json=QUESTION)
    detail = assert_problem(response, 500)
    assert "swordfish" not in detail
    assert response.json()["request_id"] == response.headers["x-request-id"]
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert response.json()["request_id"] in record.getMessage()
    assert "swordfish" in caplog.text, "the log says what happened"


def test_the_connection_survives_an_internal_error(serve: Serve) -> None:
    served = serve(Failing(RuntimeError("no")))
    for _ in range(5):
        assert served.http.post("/ask", json=QUESTION).status_code == 500
        assert served.http.get("/health").status_code == 200


def test_a_user_error_is_shown_to_the_client(serve: Serve) -> None:
    served = serve(Failing(UserError("The model is not installed. Install it.")))
    detail = assert_problem(served.http.post("/ask", json=QUESTION), 503)
    assert detail == "The model is not installed. Install it."


def test_an_internal_error_is_the_last_event_of_a_stream(serve: Serve) -> None:
    served = serve(Failing(RuntimeError("the password is swordfish"), after=2))
    response = served.http.post("/ask", json=QUESTION, headers=STREAM)
    assert response.status_code == 200
    events = events_of(response)
    assert [name for name, _ in events] == ["passages", "token", "token", "error"]
    problem = events[-1][1]
    assert problem["status"] == 500
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "swordfish" not in response.text


def test_a_user_error_is_shown_in_a_stream(serve: Serve) -> None:
    served = serve(Failing(UserError("The model takes too long. Ask again."), after=0))
    events = events_of(served.http.post("/ask", json=QUESTION, headers=STREAM))
    assert [name for name, _ in events] == ["passages", "error"]
    assert events[-1][1]["detail"] == "The model takes too long. Ask again."


def test_a_disconnect_cancels_an_answer_that_waits(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting)
    with served.http.stream("POST", "/ask", json=QUESTION, headers=STREAM) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith("event: token"))
        assert not waiting.closed.is_set()
    assert waiting.closed.wait(SECONDS), "the answerer still waits"


def test_a_disconnect_cancels_an_answer_that_is_being_written(serve: Serve) -> None:
    talking = Talking()
    served = serve(talking)
    with served.http.stream("POST", "/ask", json=QUESTION, headers=STREAM) as response:
        next(response.iter_raw())
    assert talking.closed.wait(SECONDS), "the answerer still writes"


def test_a_disconnect_stops_a_check(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(Failing(RuntimeError()), limits=Limits(checks=1))
    started, stopped = threading.Event(), threading.Event()

    def check_text(text: str, ids: object, is_cancelled: Callable[[], bool]) -> CheckedText:
        started.set()
        while not is_cancelled():
            assert not stopped.wait(0.01)
        stopped.set()
        return CheckedText("", (), ())

    monkeypatch.setattr(served.service, "check_text", check_text)
    with pytest.raises(httpx.ReadTimeout):
        served.http.post("/check", json={"text": "The cat sat."}, timeout=0.5)
    assert started.is_set()
    assert stopped.wait(SECONDS), "the text is still being checked"


def test_a_check_that_takes_too_long_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(Failing(RuntimeError()), limits=Limits(check_seconds=0.2))
    stopped = threading.Event()

    def check_text(text: str, ids: object, is_cancelled: Callable[[], bool]) -> CheckedText:
        while not is_cancelled():
            assert not stopped.wait(0.01)
        stopped.set()
        return CheckedText("", (), ())

    monkeypatch.setattr(served.service, "check_text", check_text)
    refused = served.http.post("/check", json={"text": "The cat sat."})
    assert "longer than 0.2 s" in assert_problem(refused, 503)
    assert int(refused.headers["retry-after"]) > 0
    assert stopped.is_set()


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting, limits=Limits(question_seconds=0.3))
    assert "The answer took" in assert_problem(served.http.post("/ask", json=QUESTION), 503)
    assert waiting.closed.wait(SECONDS)
    events = events_of(served.http.post("/ask", json=QUESTION, headers=STREAM))
    assert events[-1][0] == "error"
    assert events[-1][1]["status"] == 503


def test_a_disconnect_ends_an_addition_between_articles(serve: Serve) -> None:
    served = serve(Failing(RuntimeError()))
    store = served.service.store
    articles = [{"id": f"a{n}", "text": f"The cat sat on mat {n}."} for n in range(500)]
    with store.writing:  # as if another client were adding
        with pytest.raises(httpx.ReadTimeout):
            served.http.post("/articles", json=articles, timeout=0.5)
        assert served.http.get("/health").status_code == 200
    # Removing waits for its turn after the addition, of which nothing is left.
    assert served.http.delete("/articles/one").status_code == 204
    assert store.catalog.summary().articles == 0


def test_a_full_disk_is_a_problem_that_says_so(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(Failing(RuntimeError()))

    def add(*given: object) -> None:
        with told_as_sentences(served.folder):
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(served.service, "add", add)
    detail = assert_problem(served.http.post("/articles", json={"text": "A dog."}), 507)
    assert "is full" in detail
    assert str(served.folder) in detail


def test_a_check_stops_between_sentences(serve: Serve) -> None:
    served = serve(Failing(RuntimeError()))
    asked: list[bool] = []

    def is_cancelled() -> bool:
        asked.append(True)
        return len(asked) > 3

    text = " ".join(f"The cat sat on mat {n}." for n in range(50))
    assert served.service.check_text(text, is_cancelled=is_cancelled).sentences == ()
    assert len(asked) == 4


def test_a_disconnect_while_the_body_is_sent_logs_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(Failing(UserError("It is closed. Come back.")), limits=Limits(questions=1))
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        head = (
            f"POST /ask HTTP/1.1\r\nHost: {address.netloc}\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100"), "it waits for the body"
    while "answered already" in served.http.post("/ask", json=QUESTION).text:
        pass  # the place is taken until the disconnect is noticed
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def test_a_disconnect_frees_the_place(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting)
    for _ in range(PLACES + 1):
        waiting.closed.clear()
        with served.http.stream("POST", "/ask", json=QUESTION, headers=STREAM) as response:
            assert response.status_code == 200
            next(line for line in response.iter_lines() if line.startswith("event: token"))
        assert waiting.closed.wait(SECONDS)


def test_too_many_questions_at_once_are_told_to_retry(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting)
    with ThreadPoolExecutor(PLACES) as threads:
        asked = [
            threads.submit(httpx.post, f"{served.url}/ask", json=QUESTION, timeout=60)
            for _ in range(PLACES)
        ]
        try:
            for _ in asked:
                assert waiting.started.acquire(timeout=SECONDS)
            refused = served.http.post("/ask", json=QUESTION)
        finally:
            waiting.release()
        answers = [each.result() for each in asked]
    assert "64 questions" in assert_problem(refused, 503)
    assert int(refused.headers["retry-after"]) > 0
    assert {each.status_code for each in answers} == {200}
