"""No request blocks the event loop, whatever it holds."""

import gc
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from qa.composition import build_service
from qa.http.app import create_app
from qa.http.request_bodies import HISTORY_CHARACTERS, HISTORY_TURNS, LONGEST_TEXT
from qa.http.server import exempt_from_collection
from qa.settings import read_settings
from tests.qa.http.loop_lag import Monitored
from tests.qa.llm_service import ARTICLES
from tests.qa.serving import running
from tests.vectorstore.hashing import HashingEmbedder

MOST_LAG = 0.25
"""Seconds, on a slow machine with two cores."""

ATTEMPTS = 3
"""Other processes delay an event loop as well, but hardly every time."""

JSON = {"Content-Type": "application/json"}
NAMES = "Aa Bb " * 20_000
TURN = NAMES[: HISTORY_CHARACTERS // HISTORY_TURNS]
LONG_HISTORY = {
    "question": "Why did it leave?",
    "history": [{"role": "user", "content": TURN}] * HISTORY_TURNS,
}
CONVERSATION = [{"role": "user", "content": TURN}] * 1_000
LAST = {"role": "user", "content": "Why did it leave?"}


@dataclass(frozen=True, slots=True)
class Lagging:
    """A service, and how long requests block its event loop."""

    app: Monitored
    http: httpx.Client

    def least_lag(self, request: Callable[[], httpx.Response], status: int) -> float:
        """The least lag, in seconds, of up to `ATTEMPTS` requests that all have this status."""
        assert self.http.get("/health").status_code == 200
        least = float("inf")
        for _ in range(ATTEMPTS):
            with self.app.lag() as lag:
                response = request()
            assert response.status_code == status, response.text[:300]
            least = min(least, lag.seconds)
            if least < MOST_LAG:
                break
        return least


@pytest.fixture(scope="module")
def lagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lagging]:
    """The real service, with an embedding model that costs nothing."""
    folder = tmp_path_factory.mktemp("lagging")
    service = build_service(read_settings(data=folder), HashingEmbedder())
    service.add(ARTICLES)
    service.load()
    exempt_from_collection()
    app = Monitored(create_app(service))
    with running(app) as url, httpx.Client(base_url=url, timeout=120) as http:
        yield Lagging(app, http)
    service.close()
    gc.unfreeze()


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/ask", as_json(LONG_HISTORY), 200, id="100 long turns"),
        pytest.param(
            "/ask", as_json({"question": "Why?", "history": [[{}] * 650_000]}), 422, id="2 MB of {}"
        ),
        pytest.param(
            "/ask",
            as_json({"question": "Why?", **{f"field {n}": 1 for n in range(110_000)}}),
            422,
            id="110,000 unknown fields",
        ),
        pytest.param("/ask", b"[" * 2_000_000, 422, id="deep JSON"),
        pytest.param(
            "/v1/chat/completions",
            as_json({"messages": [*CONVERSATION, LAST]}),
            200,
            id="a conversation of 1 MB",
        ),
        pytest.param(
            "/v1/chat/completions",
            as_json({"messages": [{"role": "user", "content": "Aa Bb " * 160_000}, LAST]}),
            422,
            id="a message of 1 MB",
        ),
        pytest.param(
            "/v1/chat/completions",
            as_json({"messages": [{"role": "user", "content": NAMES[:HISTORY_CHARACTERS]}, LAST]}),
            200,
            id="the longest message",
        ),
        pytest.param("/check", as_json({"text": NAMES[:LONGEST_TEXT]}), 200, id="a long text"),
        pytest.param(
            "/articles",
            as_json([{"title": "word " * 800, "text": " "}] * 5_000),
            200,
            id="20 MB of articles",
        ),
        pytest.param("/articles", as_json([{}] * 100_000), 200, id="100,000 empty articles"),
        pytest.param("/articles", b"[" * 20_000_000, 422, id="20 MB of deep JSON"),
    ],
)
def test_a_hostile_request_does_not_block_the_event_loop(
    lagging: Lagging, path: str, body: bytes, status: int
) -> None:
    def post() -> httpx.Response:
        return lagging.http.post(path, content=body, headers=JSON)

    assert lagging.least_lag(post, status) < MOST_LAG


def test_an_upload_full_of_near_boundaries_does_not_block_the_event_loop(lagging: Lagging) -> None:
    files = [("files", (f"{n}.png", b"\r\n--" * 250_000)) for n in range(20)]
    lag = lagging.least_lag(lambda: lagging.http.post("/articles", files=files), 200)
    assert lag < MOST_LAG


def test_a_long_article_does_not_block_the_event_loop(lagging: Lagging) -> None:
    http = lagging.http
    numbers = itertools.count()

    def long_article() -> dict[str, object]:
        number = next(numbers)
        text = f"The cat sat on mat {number:03}.\n\n" + "0123456789 " * 900_000
        return {
            "id": f"long-{number}", "title": "Long", "published": None, "source": None,
            "author": None, "url": None, "text": text, "skipped": [[25, len(text)]],
        }  # fmt: skip

    first = long_article()
    assert http.post("/articles", json=first).status_code == 201
    assert lagging.least_lag(lambda: http.post("/articles", json=long_article()), 201) < MOST_LAG
    assert lagging.least_lag(lambda: http.get("/articles/long-0"), 200) < MOST_LAG
    assert http.get("/articles/long-0").json()["text"] == first["text"]
