"""Plain ASGI middleware that every request passes through on its way to a route."""

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.http.collection_path import collection_of
from qa.http.limits import Places
from qa.http.origins import PROBES
from qa.http.problems import Problem, failure_response, problem_response
from qa.http.prometheus import Metrics
from qa.request_id import new_request_id
from qa.tracing import server_span

ALWAYS_SERVED = PROBES | {"/metrics"}
"""Served however many requests there are."""
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
OTHER_METHOD = "other"
"""What any other method is recorded as: a client may make up as many as it likes."""

access_log = logging.getLogger("qa.access")


class RequestId:
    """Gives each request an id, in `request.state.request_id` and the X-Request-ID header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, send_with_id)


class UnhandledErrors:
    """Responds to errors that no route handled.

    If left to the server, the error would be logged twice, the response would lack its id, and the
    connection would be closed although the client could have reused it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except ClientDisconnect:
            return  # while sending its body, so there is nobody to respond to
        except Exception as error:
            if started:
                raise
            response = failure_response(error, scope["state"]["request_id"])
            await response(scope, receive, send)


class Observed:
    """Counts and logs each request, and creates its span. The URL's query string, which may hold a
    question, is not recorded."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 499  # nothing is sent to a client that has disconnected

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        started = time.perf_counter()
        with server_span(method, Headers(scope=scope)) as span:
            try:
                await self.app(scope, receive, send_noted)
            finally:
                seconds = time.perf_counter() - started
                route = getattr(scope.get("route"), "path", "unknown")
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                    }
                )
                self.metrics.responded(method, route, status, seconds)
                access_log.info(
                    "%s %s %d", method, scope["path"], status, extra=_details(scope, seconds)
                )


class Saturation:
    """Answers 503 to requests beyond the number handled at once; probes always get through."""

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self.app = app
        self.places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS_SERVED:
            await self.app(scope, receive, send)
            return
        try:
            with self.places.one():
                await self.app(scope, receive, send)
        except Problem as full:
            response = problem_response(
                full.status_code, str(full.detail), dict(full.headers or {})
            )
            await response(scope, receive, send)


def _details(scope: Scope, seconds: float) -> dict[str, object]:
    """What the log records of a request besides its message."""
    client, key = scope.get("client"), scope.get("state", {}).get("key")
    return {
        "milliseconds": round(1_000 * seconds, 1),
        "client": client[0] if client else None,
        "key": key.id if key else None,
        "collection": collection_of(scope),
    }
