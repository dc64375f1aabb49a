"""/health, /ready, /collection, /docs and the page."""

import json
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from qa.http.app import create_app
from qa.types import Answer, Citation, Question
from tests.qa.http.scripted import Failing, service_over
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.errors import UserError
from vectorstore.types import Article, ArticleInfo, Vectors

SECONDS = 20.0


def test_the_process_lives(http: httpx.Client) -> None:
    assert http.get("/health").json() == {"status": "ok"}


def test_the_service_is_ready(served: Served) -> None:
    collection = served.http.get("/collection").json()
    assert served.http.get("/ready").json() == {
        "articles": collection["articles"],
        "passages": collection["passages"],
        "status": "ready",
    }


class Lost(HashingEmbedder):
    """A model that turns out not to be there."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if texts == ["ready"]:
            raise UserError("The model is gone. Put it back.")
        return super().embed(texts)


def test_a_service_is_not_ready_before_its_model_is(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        refused = http.get("/ready")
        assert "being loaded" in assert_problem(refused, 503)
        assert int(refused.headers["retry-after"]) > 0
        assert http.get("/health").status_code == 200, "it lives meanwhile"
        service.load()
        assert http.get("/ready").status_code == 200
    service.close()


def test_a_model_that_cannot_be_had_is_what_ready_says(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()), Lost())
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        with pytest.raises(UserError):
            service.load()
        assert assert_problem(http.get("/ready"), 503) == "The model is gone. Put it back."
    service.close()


def test_an_index_whose_vectors_are_missing_is_not_ready(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    service.load()
    service.store.vectors.delete(service.store.catalog.passage_ids())
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        assert "qa doctor --repair" in assert_problem(http.get("/ready"), 503)
    service.close()


def test_a_change_under_way_is_not_taken_for_damage(tmp_path: Path) -> None:
    service = service_over(tmp_path, Failing(RuntimeError()))
    service.load()
    store = service.store
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:
        with store.writing:
            store.vectors.delete(store.catalog.passage_ids())
            assert http.get("/ready").status_code == 200
        assert http.get("/ready").status_code == 503
        with store.writing:
            assert http.get("/ready").status_code == 503, "a change does not mend it"
    service.close()


def test_the_models_are_listed_without_looking_at_the_collection(
    http: httpx.Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collection() -> None:
        raise AssertionError("The collection was looked at.")

    monkeypatch.setattr(served.service, "collection", collection)
    assert http.get("/v1/models").status_code == 200


class Considering:
    """Stands in for the answers to example questions: sure of all of them, once it may be."""

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


TOLD = {
    "lobby": "Binance.US joined the lobby of exchanges in August 2020, and left it again.",
    "fine": "BlockFi paid the regulators in February 2022, and closed its accounts.",
}


def test_example_questions_are_chosen_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.service.SECONDS_TO_SETTLE", 0.0)
    service = service_over(tmp_path, Failing(RuntimeError()))
    considering = Considering()
    monkeypatch.setattr(service, "ask", considering.ask)
    service.add([Article(ArticleInfo("lobby", title="Lobby"), TOLD["lobby"])])
    with running(create_app(service)) as url, httpx.Client(base_url=url) as http:

        def examples() -> list[str]:
            questions: list[str] = http.get("/collection").json()["example_questions"]
            return questions

        assert examples() == []
        service.load()
        before = examples()
        assert "When did Binance.US join the lobby of exchanges?" in before
        considering.started.clear()
        considering.may_answer.clear()
        service.add([Article(ArticleInfo("fine", title="Fine"), TOLD["fine"])])
        assert considering.started.wait(SECONDS)
        assert examples() == before, "at once, while others are considered"
        considering.may_answer.set()
        deadline = time.monotonic() + SECONDS
        while examples() == before:
            assert time.monotonic() < deadline, "no others were chosen"
        assert "When did BlockFi pay the regulators?" in examples()
    service.close()


def test_closing_a_service_ends_the_choice_of_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.service.SECONDS_TO_SETTLE", 0.0)

    def choosing() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each.name == "settled-value"}

    before = choosing()
    service = service_over(tmp_path, Failing(RuntimeError()))
    considering = Considering()
    monkeypatch.setattr(service, "ask", considering.ask)
    service.load()
    considering.started.clear()
    service.add([Article(ArticleInfo("lobby", title="Lobby"), TOLD["lobby"])])
    assert considering.started.wait(SECONDS)
    service.close()
    assert choosing() <= before


def test_what_there_is_to_ask_about(http: httpx.Client) -> None:
    body = http.get("/collection").json()
    assert set(body) == {
        "articles", "passages", "published_from", "published_to", "sources", "example_questions",
        "answerers", "model",
    }  # fmt: skip
    assert body["articles"] == 5
    assert body["published_from"] == "2021-04-15"
    assert body["published_to"] == "2022-06-08"
    assert body["answerers"] == ["extractive"]
    assert body["model"] is None
    assert all(set(each) == {"source", "articles"} for each in body["sources"])


def test_the_docs_need_no_other_host(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    addresses += re.findall(r"url:\s*'([^']+)'", page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/"), address
        assert not address.startswith("//")
        assert http.get(address).status_code == 200
    assert "//" not in re.sub(r"//# sourceMapping\S+|<!--.*?-->", "", page.text)


def test_the_description_is_whole(http: httpx.Client) -> None:
    description = http.get("/openapi.json").json()
    names = set(re.findall(r'"#/components/schemas/(.*?)"', json.dumps(description)))
    assert names <= set(description["components"]["schemas"])
    assert names >= {"AskBody", "CheckBody", "ChatBody", "TurnBody", "FiltersBody", "Problem"}
    assert "HTTPValidationError" not in names
    assert "2,000,000" in description["info"]["description"]


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/ask", "200 403 413 415 422 429 500 503"),
        ("post", "/check", "200 403 413 415 422 429 500 503"),
        ("post", "/v1/chat/completions", "200 400 403 404 413 415 422 429 500 503"),
        ("get", "/v1/models", "200 403 500"),
        ("get", "/search", "200 403 422 500 503"),
        ("get", "/articles", "200 403 422 500"),
        ("post", "/articles", "201 403 413 415 422 429 500 503"),
        ("get", "/articles/{article_id}", "200 403 404 500"),
        ("delete", "/articles/{article_id}", "204 403 404 500"),
        ("get", "/collection", "200 403 500"),
        ("get", "/health", "200 403 500"),
        ("get", "/ready", "200 403 500 503"),
    ],
)
def test_the_description_lists_every_status(
    http: httpx.Client, method: str, path: str, statuses: str
) -> None:
    responses = http.get("/openapi.json").json()["paths"][path][method]["responses"]
    assert " ".join(sorted(responses)) == statuses
    for status, response in responses.items():
        if status >= "400":
            assert set(response["content"]) == {"application/problem+json"}
            assert response["description"].endswith(".")


def test_the_description_names_every_route(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert set(paths) >= {
        "/ask", "/search", "/articles", "/articles/{article_id}", "/collection", "/health",
        "/ready", "/v1/models", "/v1/chat/completions",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/web/app.js", "/web/base.css", "/web/icon.svg"])
def test_the_page_lets_nothing_else_in(http: httpx.Client, path: str) -> None:
    response = http.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert http.head(path).status_code == 200


def test_every_file_of_the_page_has_its_media_type(http: httpx.Client) -> None:
    folder = Path(__file__).parents[3] / "qa" / "web"
    expected = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    for path in folder.iterdir():
        if path.suffix in expected:
            media_type = http.get(f"/web/{path.name}").headers["content-type"]
            assert media_type == f"{expected[path.suffix]}; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/web/", "/web/nothing.js", "/web/../settings.py", "/web/..%2fsettings.py",
     "/web/%2e%2e/%2e%2e/pyproject.toml", "/web/..%2f..%2fCHANGELOG.html", "/web/%2fetc%2fhosts.js",
     "/web//etc/hosts", "/web/%00.js", "/web/..%5csettings.py", "/web/app.js%00",
     "/web/app.js/x.js", f"/web/{'a' * 5_000}.js", "/web/%ff.js"],
)  # fmt: skip
def test_nothing_beside_the_page_is_given(http: httpx.Client, path: str) -> None:
    assert_problem(http.get(path), 404)


def test_traversal_that_no_client_resolves(served: Served) -> None:
    import socket
    from urllib.parse import urlsplit

    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        request = f"GET /web/../../settings.py HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404")
