"""The service, but for /ask: its answers are dictated by the test, event by event."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

PATIENCE_S = 30


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


class ScriptedService:
    """Answers each /ask with what was prepared for it, first come first served, and passes every
    other request on to the service."""

    def __init__(self, upstream: str) -> None:
        self.asked: list[dict[str, Any]] = []
        self._prepared: queue.Queue[Stream | tuple[int, dict[str, str], dict[str, Any]]] = (
            queue.Queue()
        )
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
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def stream(self) -> Stream:
        """Prepares the next answer, to be dictated."""
        stream = Stream()
        self._prepared.put(stream)
        return stream

    def answer(self, answer: dict[str, Any]) -> None:
        """Prepares the next answer whole."""
        self.stream().answer(answer)

    def refuse(self, status: int, detail: str, **headers: str) -> None:
        """Prepares a problem document in place of the next answer."""
        problem = {"type": "about:blank", "title": "-", "status": status, "detail": detail}
        self._prepared.put((status, headers, problem))

    def _handler(self, upstream: str) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = httpx.get(upstream + self.path, timeout=PATIENCE_S)
                self._send(found.status_code, found.headers.get("content-type", ""), found)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                script.asked.append(json.loads(body))
                prepared = script._prepared.get(timeout=PATIENCE_S)
                if isinstance(prepared, Stream):
                    self._dictate(prepared)
                    return
                status, headers, problem = prepared
                self.send_response(status)
                self.send_header("Content-Type", "application/problem+json")
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(json.dumps(problem).encode())

            def _send(self, status: int, content_type: str, found: httpx.Response) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                policy = found.headers.get("content-security-policy")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(found.content)

            def _dictate(self, stream: Stream) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                try:
                    while (chunk := stream.chunks.get(timeout=PATIENCE_S)) is not None:
                        self.wfile.write(chunk)
                        self.wfile.flush()
                except OSError:
                    stream.dropped.set()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
