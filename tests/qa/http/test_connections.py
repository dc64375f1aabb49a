"""Connections that are slow, silent, greedy or never end."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from qa.http.body_limit import BodyLimit
from qa.http.connection import ConnectionLimits
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing
from tests.qa.serving import running

SHORT = ConnectionLimits(
    connections=20, head_bytes=10_000, head_seconds=0.3, keep_alive_seconds=1, stalled_seconds=0.3
)
SECONDS = 20.0
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


class Answering:
    """An application that answers `body`; `ended` is set when a response is over."""

    def __init__(self, body: bytes = b"ok") -> None:
        self.body = body
        self.ended = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            while (await receive()).get("more_body"):
                pass
            length = str(len(self.body)).encode()
            headers = [(b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for start in range(0, len(self.body), 100_000):
                piece = self.body[start : start + 100_000]
                more = start + 100_000 < len(self.body)
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            self.ended.set()


@pytest.fixture
def url() -> Iterator[str]:
    with running(Answering(), SHORT) as url:
        yield url


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        yield connection


def closed_after(connection: socket.socket) -> float:
    """Seconds until the server closes the connection."""
    started = time.monotonic()
    while connection.recv(10_000):
        pass
    return time.monotonic() - started


def test_a_client_that_sends_nothing_is_disconnected(url: str) -> None:
    with connected(url) as connection:
        assert 0.2 < closed_after(connection) < 5


def test_a_client_that_sends_half_a_head_is_disconnected(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(HEAD)
        assert 0.2 < closed_after(connection) < 5


def test_a_client_that_sends_its_head_a_byte_at_a_time_is_disconnected(url: str) -> None:
    with connected(url) as connection:
        sent = 0
        while not select.select([connection], [], [], 0.02)[0]:
            connection.sendall(HEAD[sent : sent + 1])
            sent += 1
            assert sent < len(HEAD), "the whole head was waited for"


def test_a_connection_is_disconnected_that_begins_a_second_request(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert 0.2 < closed_after(connection) < 5


def test_a_connection_serves_one_request_after_the_other(url: str) -> None:
    with httpx.Client(base_url=url) as http:
        assert {http.get("/").text for _ in range(20)} == {"ok"}


def test_headers_have_a_limit(url: str) -> None:
    with httpx.Client(base_url=url) as http:
        assert http.get("/", headers={"X-Long": "x" * 9_000}).status_code == 200
        # What comes at once may be more: up to what is read from a connection in one go.
        refused = http.get("/", headers={f"X-Long-{n}": "x" * 1_000 for n in range(600)})
        assert refused.status_code == 400


def test_a_head_without_end_is_refused(url: str) -> None:
    with connected(url) as connection:
        try:
            for _ in range(10_000):
                connection.sendall(b"X-Long: " + b"x" * 10_000 + b"\r\n")
        except OSError:
            return
    pytest.fail("100 MB of headers were read")


def test_a_client_that_stops_reading_is_disconnected() -> None:
    app = Answering(b"x" * 50_000_000)
    with running(app, SHORT) as url, connected(url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.sendall(HEAD + b"\r\n")
        assert app.ended.wait(SECONDS), "the response still waits for its reader"


def test_a_client_that_reads_slowly_gets_everything() -> None:
    patient = ConnectionLimits(stalled_seconds=10)
    with running(Answering(b"x" * 5_000_000), patient) as url, connected(url) as connection:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n")
        read = 0
        while piece := connection.recv(5_000):
            read += len(piece)
        assert read > 5_000_000


def test_more_connections_than_the_limit_are_told_so(url: str) -> None:
    address = urlsplit(url)
    waiting = [
        socket.create_connection((address.hostname, address.port), timeout=SECONDS)
        for _ in range(SHORT.connections)
    ]
    try:
        with connected(url) as connection:
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 503")
    finally:
        for each in waiting:
            each.close()


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    app = BodyLimit(Answering(), lambda _: 1_000_000, seconds=0.3)
    with running(app) as url, connected(url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
        answer = connection.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"application/problem+json" in answer
        assert closed_after(connection) < 5


def test_what_is_left_of_a_refused_body_is_not_read_for_ever(serve: Serve) -> None:
    served = serve(Failing(RuntimeError()))
    with connected(served.url) as connection:
        head = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 413")
        assert closed_after(connection) < 5


def test_the_service_ends_although_a_connection_is_open() -> None:
    with ExitStack() as until_the_end:
        with running(Answering()) as url:
            connection = until_the_end.enter_context(connected(url))
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(10_000).startswith(b"HTTP/1.1 200")
        assert closed_after(connection) < 5
