"""/health: the process is alive. /ready: it can answer."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.http.app import create_app
from tests.qa.http.scripted import Failing, service_over
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from tests.vectorstore.examples import lose_vectors
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.errors import UserError
from vectorstore.types import Vectors


def test_the_process_is_alive(http: httpx.Client) -> None:
    assert http.get("/health").json() == {"status": "ok"}


def test_the_service_is_ready(served: Served) -> None:
    collection = served.http.get("/collection").json()
    assert served.http.get("/ready").json() == {
        "articles": collection["articles"],
        "passages": collection["passages"],
        "status": "ready",
    }


class Lost(HashingEmbedder):
    """A model that turns out to be missing."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if texts == ["ready"]:
            raise UserError("The model is gone. Put it back.")
        return super().embed(texts)


def test_a_service_is_not_ready_before_its_model_is_loaded(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        refused = http.get("/ready")
        assert "being loaded" in assert_problem(refused, 503)
        assert int(refused.headers["retry-after"]) > 0
        assert http.get("/health").status_code == 200, "the process is alive meanwhile"
        service.load()
        assert http.get("/ready").status_code == 200
    service.close()


def test_a_model_that_cannot_be_loaded_is_reported_as_the_reason(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()), Lost())
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        with pytest.raises(UserError):
            service.load()
        assert assert_problem(http.get("/ready"), 503) == "The model is gone. Put it back."
    service.close()


def test_an_index_with_missing_vectors_is_not_ready(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    service.load()
    lose_vectors(service.store, list(service.store.catalog.rows_by_passage()))
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        assert "qa doctor --repair" in assert_problem(http.get("/ready"), 503)
        assert "qa doctor --repair" in http.get("/collection").json()["trouble"]
    service.close()


def test_an_answer_from_a_damaged_index_says_so(tmp_path: Path) -> None:
    service = service_over(tmp_path, ExtractiveAnswerer(lambda words: dict.fromkeys(words, 0.5)))
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        question = {"question": "Where did the cat sit?"}
        assert http.post("/ask", json=question).json()["notice"] is None
        lose_vectors(service.store, list(service.store.catalog.rows_by_passage()))
        answer = http.post("/ask", json=question).json()
        assert "The index is damaged" in answer["notice"]
        assert "qa doctor --repair" in answer["notice"]
    service.close()


def test_a_change_in_progress_is_not_taken_for_damage(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    service.load()
    store = service.store
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        with store.writing:
            lose_vectors(store, list(store.catalog.rows_by_passage()))
            assert http.get("/ready").status_code == 200
        assert http.get("/ready").status_code == 503
        with store.writing:
            assert http.get("/ready").status_code == 503, "a change does not mend it"
    service.close()
