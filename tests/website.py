"""A website on this machine, whose pages a test sets, changes and takes away."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Serve = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})


@dataclass(slots=True)
class Website:
    """`pages` maps a path to its reply, or to a function that serves it; other paths are 404."""

    port: int
    pages: dict[str, Reply | Serve] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The path and the headers, names in lower case, of every request."""

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, without robots.txt."""
        return [path for path, _ in self.requests if path != "/robots.txt"]

    def put_html(self, path: str, body: str, **headers: str) -> None:
        self.pages[path] = Reply(
            body.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers}
        )

    def put(self, path: str, body: bytes | str, content_type: str, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Reply(data, headers={"Content-Type": content_type, **headers})

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = Reply(status=status, headers={"Location": to})


def send_html(request: BaseHTTPRequestHandler, body: str) -> None:
    """What a function in `pages` answers with."""
    data = body.encode()
    request.send_response(200)
    request.send_header("Content-Type", "text/html; charset=utf-8")
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


def story(title: str, *paragraphs: str) -> str:
    """The page of an article."""
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


@contextmanager
def website() -> Iterator[Website]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()})
            )
            reply = site.pages.get(self.path, Reply(status=404))
            with suppress(ConnectionError):
                if not isinstance(reply, Reply):
                    reply(self)
                    return
                status = reply.status
                if status == 200 and self._has(reply):
                    status = 304
                self.send_response(status)
                for name, value in reply.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                body = b"" if status == 304 else reply.body
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def _has(self, reply: Reply) -> bool:
            """Whether the client says that it has this version."""
            headers = {name.lower().replace("_", "-"): v for name, v in reply.headers.items()}
            return any(
                headers.get(ours) is not None and self.headers.get(theirs) == headers[ours]
                for ours, theirs in (
                    ("etag", "If-None-Match"),
                    ("last-modified", "If-Modified-Since"),
                )
            )

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the requests are kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Website(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
