"""/collection and its example questions, and /v1/models."""

import threading
import time
from pathlib import Path

import httpx
import pytest

from qa.answering.chain import Chains
from qa.http.app import create_app
from qa.types import Answer, Citation, Question
from tests.qa.http.scripted import Failing, service_over
from tests.qa.serving import Served, running
from vectorstore.types import Article, ArticleInfo

SECONDS = 20.0
TOLD = {
    "lobby": "Binance.US joined the lobby of exchanges in August 2020, and left it again.",
    "fine": "BlockFi paid the regulators in February 2022, and closed its accounts.",
}


def test_models_are_listed_without_reading_the_collection(
    http: httpx.Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collection() -> None:
        raise AssertionError("The collection was looked at.")

    monkeypatch.setattr(served.service, "collection", collection)
    assert http.get("/v1/models").status_code == 200


class Considering:
    """Answers any example question with full confidence, once it is allowed to."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def ask(self, question: Question) -> Answer:
        self.started.set()
        assert self.may_answer.wait(SECONDS)
        cited = tuple(
            Citation(1, article_id, passage_id="", start=0, end=0, quote="") for article_id in TOLD
        )
        return Answer(
            id="",
            question=question.text,
            standalone_question=question.text,
            answered=True,
            text="",
            short_answer=None,
            sentences=(),
            citations=cited,
            passages=(),
            answerer="extractive",
            confidence=1.0,
        )


def test_example_questions_are_chosen_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.service.SECONDS_TO_SETTLE", 0.0)
    service = service_over(tmp_path, Failing(RuntimeError()))
    considering = Considering()
    monkeypatch.setattr(Chains, "answer", lambda chains, question: considering.ask(question))
    service.add([Article(ArticleInfo("lobby", title="Lobby"), TOLD["lobby"])])
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:

        def examples() -> list[str]:
            questions: list[str] = http.get("/collection").json()["example_questions"]
            return questions

        def other_than(before: list[str]) -> list[str]:
            deadline = time.monotonic() + SECONDS
            while (now := examples()) == before:
                assert time.monotonic() < deadline, "no others were chosen"
            return now

        assert examples() == []
        service.load()
        before = other_than([])
        assert "When did Binance.US join the lobby of exchanges?" in before
        considering.started.clear()
        considering.may_answer.clear()
        service.add([Article(ArticleInfo("fine", title="Fine"), TOLD["fine"])])
        assert considering.started.wait(SECONDS)
        assert examples() == before, "at once, while others are considered"
        considering.may_answer.set()
        assert "When did BlockFi pay the regulators?" in other_than(before)
    service.close()


def test_closing_a_service_ends_the_thread_that_chooses_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.service.SECONDS_TO_SETTLE", 0.0)

    def choosing() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each.name == "settled-value"}

    before = choosing()
    service = service_over(tmp_path, Failing(RuntimeError()))
    considering = Considering()
    monkeypatch.setattr(Chains, "answer", lambda chains, question: considering.ask(question))
    service.load()
    considering.started.clear()
    service.add([Article(ArticleInfo("lobby", title="Lobby"), TOLD["lobby"])])
    assert considering.started.wait(SECONDS)
    service.close()
    assert choosing() <= before


def test_the_collection_is_described(http: httpx.Client) -> None:
    body = http.get("/collection").json()
    assert set(body) == {
        "articles", "passages", "published_from", "published_to", "sources", "example_questions",
        "answerers", "model", "formats", "trouble", "name", "description",
    }  # fmt: skip
    assert body["articles"] == 5
    assert body["published_from"] == "2021-04-15"
    assert body["published_to"] == "2022-06-08"
    assert body["answerers"] == ["extractive"]
    assert body["model"] is None
    assert body["trouble"] is None
    assert body["name"] == "default"
    assert all(set(each) == {"source", "articles"} for each in body["sources"])
