"""A real HTTP server that speaks the OpenAI protocol, with scripted responses."""

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Say:
    """Streams `text` in chunks of `size` characters and ends for the reason `finish`.

    `cut`: hangs up after the text instead. `refusal`: sends it as OpenAI sends a refusal.
    """

    text: str
    size: int = 7
    finish: str | None = "stop"
    cut: bool = False
    refusal: bool = False

    def chunks(self) -> Iterable[dict[str, Any]]:
        field_name = "refusal" if self.refusal else "content"
        for start in range(0, len(self.text), self.size):
            yield chunk({field_name: self.text[start : start + self.size]})
        if self.finish and not self.cut:
            yield chunk({}, finish=self.finish)
            yield {
                **chunk({}),
                "choices": [],
                "usage": {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940},
            }


@dataclass(frozen=True)
class Fail:
    """Answers with an error status. The body repeats the key, as careless servers do."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True)
class Hang:
    """Says `text` and then nothing more, until the client hangs up."""

    text: str = ""


@dataclass(frozen=True)
class Garbage:
    """An event stream of no JSON."""


@dataclass(frozen=True)
class Obey:
    """A model with no will of its own: says what the last line of an article that begins with
    `SAY:` tells it to; else that the articles do not say."""

    def reply(self, request: dict[str, Any]) -> Say:
        told = [
            line.removeprefix("SAY:").strip()
            for message in request["messages"]
            for line in str(message["content"]).splitlines()
            if line.startswith("SAY:")
        ]
        return Say(told[-1] if told else "The articles do not say.", size=50)


Deed = Say | Fail | Hang | Garbage | Obey


def chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


class OpenAIServer:
    """Does the `deeds` in order, one a request, and the last one ever after.

    `requests` are the bodies that came, `keys` the keys they came with; `hung_up` is set once a
    client has left in the middle of an answer.
    """

    def __init__(self, deeds: Sequence[Deed]) -> None:
        self.deeds = list(deeds)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.hung_up = threading.Event()
        self._closing = threading.Event()
        self._coming = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, requests: int, seconds: float = 5) -> bool:
        """Whether so many requests have come, waiting for them for a while."""
        with self._coming:
            return self._coming.wait_for(lambda: len(self.requests) >= requests, seconds)

    def release(self) -> None:
        """Hangs up on the clients that are kept waiting, now and from now on."""
        self._closing.set()

    def _next(self) -> Deed:
        return self.deeds.pop(0) if len(self.deeds) > 1 else self.deeds[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901  # one class, many deeds
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with server._coming:
                    server.requests.append(body)
                    server._coming.notify_all()
                server.keys.append(self.headers.get("authorization", ""))
                deed = server._next()
                try:
                    self.do(deed.reply(body) if isinstance(deed, Obey) else deed)
                except OSError:
                    server.hung_up.set()

            def do(self, deed: Say | Fail | Hang | Garbage) -> None:
                if isinstance(deed, Fail):
                    return self.fail(deed)
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                # Without an end that is announced, to hang up is to break off.
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                if isinstance(deed, Garbage):
                    self.send("data: {no json at all\n\n")
                    return self.finish_stream()
                if isinstance(deed, Hang):
                    for each in Say(deed.text, finish=None).chunks():
                        self.event(each)
                    return self.wait_for_the_client_to_leave()
                for each in deed.chunks():
                    self.event(each)
                if deed.cut:
                    self.close_connection = True
                    return None
                self.send("data: [DONE]\n\n")
                return self.finish_stream()

            def fail(self, deed: Fail) -> None:
                error = {"error": {"message": f"no: {self.headers.get('authorization')}"}}
                content = (deed.body or json.dumps(error)).encode()
                self.send_response(deed.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                for name, value in deed.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def event(self, data: dict[str, Any]) -> None:
                self.send(f"data: {json.dumps(data)}\n\n")

            def send(self, text: str) -> None:
                content = text.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()

            def finish_stream(self) -> None:
                self.wfile.write(b"0\r\n\r\n")
                self.wfile.flush()

            def wait_for_the_client_to_leave(self) -> None:
                self.connection.settimeout(0.01)
                while not server._closing.is_set():
                    try:
                        if self.connection.recv(1) == b"":
                            server.hung_up.set()
                            return
                    except TimeoutError:
                        continue

            def log_message(self, format: str, *args: object) -> None:
                """Tests say what went wrong themselves."""

        return Handler
