"""How much a request may hold, and how many are worked on at once."""

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from anyio import CapacityLimiter
from fastapi import Request, Response
from starlette.types import Message

from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.http.app import create_app
from qa.http.capacity import Capacity
from qa.http.limits import Limits
from qa.http.openai.chat_body import latest
from qa.http.request_bodies import HISTORY_CHARACTERS, HISTORY_TURNS, LONGEST_TURN
from qa.http.searching import searched
from qa.types import Turn
from qa.verification.checker import CheckedText
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing, Waiting, service_over
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Vectors

SECONDS = 20.0
JSON = {"Content-Type": "application/json"}
QUESTION = {"question": "Where is the cat?"}
CHAT = "/v1/chat/completions"


def turns(number: int, characters: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": "x" * characters}] * number


def chat(*contents: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": each} for each in contents]}


def test_the_longest_history_is_accepted(http: httpx.Client) -> None:
    history = turns(HISTORY_TURNS, HISTORY_CHARACTERS // HISTORY_TURNS)
    assert http.post("/ask", json={**QUESTION, "history": history}).status_code == 200


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (turns(HISTORY_TURNS + 1, 1), "100 items"),
        (turns(1, LONGEST_TURN + 1), "20000 characters"),
        (turns(6, LONGEST_TURN), "120,000 characters in all, and may have 100,000"),
    ],
)
def test_a_longer_history_is_refused_with_its_limit(
    http: httpx.Client, history: object, says: str
) -> None:
    refused = http.post("/ask", json={**QUESTION, "history": history})
    detail = assert_problem(refused, 422)
    assert detail.startswith("The request cannot be used. history")
    assert says in detail


def test_a_longer_conversation_keeps_its_latest_turns() -> None:
    conversation = [Turn("user", f"{n}") for n in range(150)]
    assert latest(conversation) == tuple(conversation[50:])


def test_a_conversation_with_too_many_characters_keeps_its_latest_turns() -> None:
    conversation = [Turn("user", f"{n}".ljust(30_000)) for n in range(10)]
    assert latest(conversation) == tuple(conversation[7:])


def test_a_short_conversation_is_kept_whole() -> None:
    conversation = [Turn("user", "Who is he?"), Turn("assistant", "A judge.")]
    assert latest(conversation) == tuple(conversation)


def test_the_openai_protocol_accepts_conversations_beyond_the_limits(
    http: httpx.Client,
) -> None:
    contents = ["word " * 200] * 1_500
    assert http.post(CHAT, json=chat(*contents, "Who left the lobby?")).status_code == 200


@pytest.mark.parametrize(
    "content",
    ["x" * (HISTORY_CHARACTERS + 1), [{"type": "text", "text": "x" * 60_000}] * 2],
)
def test_a_message_that_is_too_long_is_refused(http: httpx.Client, content: object) -> None:
    messages = [{"role": "user", "content": content}, {"role": "user", "content": "Who?"}]
    refused = http.post(CHAT, json={"messages": messages})
    assert "characters" in assert_problem(refused, refused.status_code)
    assert refused.status_code in (400, 422)


@pytest.mark.parametrize("path", ["/ask", "/check", CHAT])
def test_a_body_beyond_its_routes_limit_is_refused(http: httpx.Client, path: str) -> None:
    refused = http.post(path, content=b" " * 2_000_001, headers=JSON)
    assert "2,000,000 bytes" in assert_problem(refused, 413)


def test_articles_have_a_higher_limit(http: httpx.Client) -> None:
    body = json.dumps([{"title": "x" * 2_100_000, "text": " "}]).encode()
    assert http.post("/articles", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/search?q=x"), ("DELETE", "/articles/x")])
def test_a_route_without_a_body_reads_none(http: httpx.Client, method: str, path: str) -> None:
    refused = http.request(method, path, content=b" " * 16_001)
    assert "16,000 bytes" in assert_problem(refused, 413)


def test_many_faults_are_counted_and_a_few_are_listed(http: httpx.Client) -> None:
    many = http.post("/ask", json={**QUESTION, **{f"field {n}": 1 for n in range(1_000)}})
    assert "1,000 faults" in assert_problem(many, 422)
    few = http.post("/ask", json={**QUESTION, **{f"field {n}": 1 for n in range(9)}})
    assert assert_problem(few, 422).endswith("; and 4 more.")
    assert len(few.json()["errors"]) == 9


def test_a_long_field_name_is_shortened_in_the_error(http: httpx.Client) -> None:
    response = http.post("/ask", json={**QUESTION, "x" * 500_000: 1})
    assert_problem(response, 422)
    assert len(response.content) < 2_000


Send = Callable[[str], httpx.Response]


def post_question(url: str) -> httpx.Response:
    return httpx.post(f"{url}/ask", json=QUESTION, timeout=60)


def post_text(url: str) -> httpx.Response:
    return httpx.post(f"{url}/check", json={"text": "The cat sat."}, timeout=60)


def post_article(url: str) -> httpx.Response:
    return httpx.post(f"{url}/articles", json={"id": "two", "text": "A dog."}, timeout=60)


class Gate:
    """Lets requests in, counts them, and keeps them until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def enter(self) -> None:
        self.entered.release()
        assert self.opened.wait(SECONDS)


@contextmanager
def one_under_way(served: Served, send: Send, entered: threading.Semaphore) -> Iterator[None]:
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(send, served.url)
        assert entered.acquire(timeout=SECONDS)
        yield
        assert first.result().is_success


def refused_and_then_done(served: Served, send: Send, gate: Gate) -> httpx.Response:
    """The refusal of a second request while the first is in the gate; alone it is not refused."""
    with one_under_way(served, send, gate.entered):
        refused = send(served.url)
        gate.opened.set()
    assert send(served.url).is_success
    return refused


def test_a_check_needs_a_place(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(Failing(RuntimeError()), limits=Limits(checks=1))
    gate = Gate()

    def check_text(*_: object) -> CheckedText:
        gate.enter()
        return CheckedText("", (), ())

    monkeypatch.setattr(served.service, "check_text", check_text)
    refused = refused_and_then_done(served, post_text, gate)
    assert "1 texts are being checked already" in assert_problem(refused, 503)


def test_adding_articles_needs_a_place(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(Failing(RuntimeError()), limits=Limits(changes=1))
    gate = Gate()
    add = served.service.add

    def slow_add(*given: Any) -> object:
        gate.enter()
        return add(*given)

    monkeypatch.setattr(served.service, "add", slow_add)
    refused = refused_and_then_done(served, post_article, gate)
    assert "1 requests are changing articles already" in assert_problem(refused, 429)


def test_a_request_without_a_place_is_refused_before_it_is_read(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting, limits=Limits(questions=1))
    address = urlsplit(served.url)
    with (
        one_under_way(served, post_question, waiting.started),
        socket.create_connection((address.hostname, address.port), timeout=10) as connection,
    ):
        head = f"POST /ask HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 503")
        waiting.release()


class Held(HashingEmbedder):
    """Embeds passages about herring once the gate is opened."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    def embed(self, texts: Sequence[str]) -> Vectors:
        if any("herring" in text for text in texts):
            self._gate.enter()
        return super().embed(texts)


def test_readers_do_not_wait_for_sixty_additions_behind_a_long_one(tmp_path: Path) -> None:
    gate = Gate()
    answerer = ExtractiveAnswerer(lambda words: dict.fromkeys(words, 0.5))
    service = service_over(tmp_path, answerer, Held(gate))
    service.load()
    long = "The boat came in with a barrel of herring. " * 17_500

    def add(url: str, article_id: str, text: str) -> httpx.Response:
        article = {"id": article_id, "text": text}
        return httpx.post(f"{url}/articles", json=article, timeout=60)

    with running(create_app(service)) as url, ThreadPoolExecutor(61) as threads:
        adding = [threads.submit(add, url, "long", long)]
        assert gate.entered.acquire(timeout=SECONDS)
        adding += [threads.submit(add, url, f"{n}", f"The dog {n} slept.") for n in range(60)]
        try:
            at_once = list(islice(as_completed(adding, SECONDS), 61 - Limits().changes))
            assert adding[0] not in at_once
            with httpx.Client(base_url=url, timeout=5) as http:
                for path in ("/", "/ready", "/collection", "/articles", "/search?q=cat"):
                    assert http.get(path).status_code == 200, path
                assert http.post("/ask", json=QUESTION).status_code == 200
        finally:
            gate.opened.set()
        responses = [each.result() for each in adding]
    refused = [each for each in responses if each.status_code == 429]
    assert len(refused) == 61 - Limits().changes
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert {each.status_code for each in responses if each not in refused} == {201}
    service.close()


def test_a_search_keeps_its_thread_until_it_ends_although_its_client_is_gone() -> None:
    gate, capacity = Gate(), Capacity(Limits())

    def search() -> Response:
        gate.enter()
        return Response()

    async def disconnected() -> None:
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        request = Request({"type": "http"}, receive)
        searching = asyncio.ensure_future(searched(request, capacity, search, "The search"))
        assert await asyncio.to_thread(gate.entered.acquire, timeout=SECONDS)
        gone.set()
        for _ in range(10):
            await asyncio.sleep(0)
        assert capacity.searching.borrowed_tokens == 1
        gate.opened.set()
        assert (await searching).status_code == 499
        assert capacity.searching.borrowed_tokens == 0

    asyncio.run(disconnected())


def test_a_search_that_still_waits_for_a_thread_ends_at_once_when_its_client_is_gone() -> None:
    capacity = Capacity(Limits())
    capacity.searching = CapacityLimiter(1)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def disconnected() -> None:
        async with capacity.searching:
            request = Request({"type": "http"}, receive)
            response = await searched(request, capacity, Response, "The search")
            assert response.status_code == 499

    asyncio.run(disconnected())


def test_waiting_changes_do_not_use_up_the_threads_of_searches(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(Failing(RuntimeError()))
    gate = Gate()
    remove = served.service.remove

    def slow_remove(article_id: str) -> bool:
        gate.enter()
        return remove(article_id)

    monkeypatch.setattr(served.service, "remove", slow_remove)
    with ThreadPoolExecutor(100) as threads:
        removing = [
            threads.submit(httpx.delete, f"{served.url}/articles/{n}", timeout=60)
            for n in range(100)
        ]
        assert gate.entered.acquire(timeout=SECONDS)
        assert served.http.get("/search", params={"q": "cat"}).status_code == 200
        gate.opened.set()
        statuses = Counter(each.result().status_code for each in removing)
    assert set(statuses) == {404, 429}
    assert statuses[404] >= Limits().changes
