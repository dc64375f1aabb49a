"""Limits on a request body: its size, and the time it may take to arrive."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.http.collection_path import route_path
from qa.http.problems import problem_response

SECONDS_TO_BEGIN = 30.0
SLOWEST = 10_000
"""Bytes per second below which a body is too slow, after the first seconds."""

CLOSE = {"Connection": "close"}
"""The rest of the body is not read, so the connection cannot be reused."""


class BodyRefused(Exception):
    """A request body is too long or too slow."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail


class BodyLimit:
    """Answers 413 to a request whose body is longer than `limit_of(path)` bytes, whether or not
    its length was declared, and 408 to one whose body does not arrive within `seconds`, plus one
    second for every `SLOWEST` bytes."""

    def __init__(
        self,
        app: ASGIApp,
        limit_of: Callable[[str], int],
        seconds: float = SECONDS_TO_BEGIN,
    ) -> None:
        self.app = app
        self.limit_of = limit_of
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, self.limit_of(route_path(scope)), self.seconds)
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            # A parser may mistake a refusal for a malformed body; its response is not sent.
            if started or body.refused is None:
                started = True
                await send(message)

        try:
            body.announce(Headers(scope=scope).get("content-length", "0"))
            await self.app(scope, body.receive, send_noted)
        except BodyRefused:
            pass
        if body.refused is not None and not started:
            refusal = problem_response(body.refused.status, body.refused.detail, CLOSE)
            await refusal(scope, receive, send)


class _Body:
    """The messages of one body, counted and timed."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self.refused: BodyRefused | None = None
        self._receive = receive
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + seconds
        self._received = 0
        self._more = True

    def announce(self, length: str) -> None:
        """Raises BodyRefused."""
        if length.isdecimal() and int(length) > self._limit:
            self._refuse_length()

    async def receive(self) -> Message:
        """The next message. Raises BodyRefused."""
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due + self._received / SLOWEST):
                message = await self._receive()
        except TimeoutError:
            self._refuse(408, "The body of the request came too slowly. Send it again.")
        self._received += len(message.get("body", b""))
        self._more = bool(message.get("more_body"))
        if self._received > self._limit:
            self._refuse_length()
        return message

    def _refuse_length(self) -> NoReturn:
        self._refuse(413, f"The request is longer than {self._limit:,} bytes. Send less at once.")

    def _refuse(self, status: int, detail: str) -> NoReturn:
        self.refused = BodyRefused(status, detail)
        raise self.refused
