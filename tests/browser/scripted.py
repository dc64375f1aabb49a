"""A service that seems to have a chat model; tests script its answers event by event."""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from types import TracebackType
from typing import Any, Self

import httpx

PATIENCE_S = 30
CHAT_MODEL = {"answerers": ["extractive", "llm"], "model": "openai:scripted"}


class Stream:
    """One answer under dictation."""

    def __init__(self) -> None:
        self.chunks: queue.Queue[bytes | None] = queue.Queue()
        self.dropped = threading.Event()
        """Set once the reader has hung up and a write has failed."""

    def event(self, name: str, data: object) -> None:
        self.chunks.put(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def words(self, text: str) -> None:
        self.event("token", {"text": text})

    def answer(self, answer: dict[str, Any]) -> None:
        self.event("answer", answer)
        self.end()

    def end(self) -> None:
        self.chunks.put(None)

    def dictate(self, to: BufferedIOBase) -> None:
        try:
            while (chunk := self.chunks.get(timeout=PATIENCE_S)) is not None:
                to.write(chunk)
                to.flush()
        except OSError:
            self.dropped.set()


@dataclass(frozen=True)
class Refusal:
    """A problem document in place of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class ScriptedService:
    """Answers each /ask with what was prepared for it, first come first served, and passes every
    other request on to the service."""

    def __init__(self, upstream: str) -> None:
        self.asked: list[dict[str, Any]] = []
        self.choosing = 0
        """So many times the example questions seem not to be chosen yet."""
        self._prepared: queue.Queue[Stream | Refusal] = queue.Queue()
        self._streams: list[Stream] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(upstream))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in self._streams:
            stream.end()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def stream(self) -> Stream:
        """Prepares the next answer, to be dictated."""
        stream = Stream()
        self._streams.append(stream)
        self._prepared.put(stream)
        return stream

    def answer(self, answer: dict[str, Any]) -> None:
        """Prepares the next answer whole."""
        self.stream().answer(answer)

    def refuse(self, status: int, detail: str, **headers: str) -> None:
        """Prepares a refusal; `Retry_After="7"` is a header."""
        problem = {"type": "about:blank", "title": "-", "status": status, "detail": detail}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/problem+json"
        self._prepared.put(Refusal(status, named, json.dumps(problem).encode()))

    def _collection(self, real: dict[str, Any]) -> dict[str, Any]:
        is_chosen = self.choosing == 0
        self.choosing -= not is_chosen
        return {**real, **CHAT_MODEL, **({} if is_chosen else {"example_questions": []})}

    def _handler(self, upstream: str) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = httpx.get(upstream + self.path, timeout=PATIENCE_S)
                content = found.content
                if self.path == "/collection":
                    content = json.dumps(script._collection(found.json())).encode()
                kept = ("Content-Type", "Content-Security-Policy")
                headers = {name: found.headers[name] for name in kept if name in found.headers}
                self._respond(found.status_code, headers)
                self.wfile.write(content)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                script.asked.append(json.loads(body))
                prepared = script._prepared.get(timeout=PATIENCE_S)
                if isinstance(prepared, Stream):
                    self._respond(200, {"Content-Type": "text/event-stream"})
                    prepared.dictate(self.wfile)
                else:
                    self._respond(prepared.status, prepared.headers)
                    self.wfile.write(prepared.body)

            def _respond(self, status: int, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
