"""Plain ASGI middleware that every request passes on its way to a route."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.http.problems import failure_response, problem_response, shortened

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestId:
    """Gives each request an id, in `request.state.request_id` and the X-Request-ID header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex[:12]
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

    Left to the server, the error is logged twice, the response lacks its id, and the connection
    is closed although the client could have used it again.
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
            return  # while it sent its body, so there is nobody to respond to
        except Exception as error:
            if started:
                raise
            response = failure_response(error, scope["state"]["request_id"])
            await response(scope, receive, send)


class SameOrigin:
    """Refuses requests that another website makes a reader's browser send.

    A page elsewhere could post articles to a service on the reader's own machine. By pointing its
    own host name at 127.0.0.1 (DNS rebinding) it could even read answers. So a request that changes
    anything must come from this origin, and a service on a loopback address answers to loopback
    names only.
    """

    def __init__(self, app: ASGIApp, loopback_only: bool) -> None:
        self.app = app
        self.loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if self.loopback_only and _split(f"//{host}").hostname not in LOOPBACK_NAMES:
                refusal = problem_response(
                    403, f"This service answers at localhost, not at {shortened(host)!r}."
                )
                await refusal(scope, receive, send)
                return
            origin = headers.get("origin")
            is_safe = scope["method"] in SAFE_METHODS
            if not is_safe and origin is not None and _split(origin).netloc != host:
                refusal = problem_response(
                    403, f"Pages of {shortened(origin)} may not change anything here."
                )
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _split(address: str) -> SplitResult:
    """The parts of a URL; all empty if it is malformed."""
    try:
        parts = urlsplit(address)
        _ = parts.hostname  # raises for some malformed URLs that urlsplit accepts
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


class BodyTooLong(Exception):  # named for what is the case
    """The body of a request is longer than its limit."""


class BodyLimit:
    """Answers 413 to a request whose body is longer than `limit_of(path)` bytes, whether or not
    its length was announced."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self.app = app
        self.limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        refusal = problem_response(
            413, f"The request is longer than {limit:,} bytes. Send less at once."
        )
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            await refusal(scope, receive, send)
            return
        received = 0
        started = False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLong
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            if started or received <= limit:
                started = True
                await send(message)

        # A parser may take BodyTooLong for a fault of the body; its response is not sent.
        with suppress(BodyTooLong):
            await self.app(scope, receive_counted, send_noted)
        if received > limit and not started:
            await refusal(scope, receive, send)
