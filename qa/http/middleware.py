"""What every request passes before it reaches a route, as plain ASGI middleware."""

import uuid
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.http.errors import failure_response, problem_response

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


class Failures:
    """Answers for what no route foresaw.

    Left to the server, the failure is logged twice, the response lacks its id, and the connection
    is closed under a client that would use it again.
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
        except Exception as error:
            if started:
                raise
            response = failure_response(error, scope["state"]["request_id"])
            await response(scope, receive, send)


class SameOrigin:
    """Refuses what another website makes a reader's browser send.

    A page elsewhere could post articles to a service on the reader's own machine, and by giving
    its own name the address 127.0.0.1 even read the answers: so a changing request must come from
    this origin, and a service on a loopback address is addressed by a loopback name.
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
                    403, f"This service answers at localhost, not at {host!r}."
                )
                await refusal(scope, receive, send)
                return
            origin = headers.get("origin")
            changes = scope["method"] not in SAFE_METHODS
            if changes and origin is not None and _split(origin).netloc != host:
                refusal = problem_response(403, f"Pages of {origin} may not change anything here.")
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _split(address: str) -> SplitResult:
    """The parts of an address; all empty for what is none."""
    try:
        parts = urlsplit(address)
        _ = parts.hostname  # some faults show here only
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


class TooLarge(Exception):  # named for what is the case
    """The body of a request is longer than is read."""


class BodyLimit:
    """Answers 413 to a request whose body is longer than `limit` bytes, announced or not."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = problem_response(
            413, f"The request is longer than {self.limit:,} bytes. Send less at once."
        )
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self.limit:
            await refusal(scope, receive, send)
            return
        received = 0
        started = False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise TooLarge
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            if started or received <= self.limit:
                started = True
                await send(message)

        # A parser may have taken TooLarge for a fault of the body, and said so: that is not sent.
        with suppress(TooLarge):
            await self.app(scope, receive_counted, send_noted)
        if received > self.limit and not started:
            await refusal(scope, receive, send)
