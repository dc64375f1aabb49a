"""How large a request may be, how long it may take, and how many are handled at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from qa.http.problems import Problem

SECONDS_TO_RETRY = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum body sizes in bytes, processing times in seconds, and numbers of concurrent requests
    of each kind; `requests` counts all kinds together."""

    question_bytes: int = 2_000_000
    articles_bytes: int = 200_000_000
    other_bytes: int = 16_000
    question_seconds: float = 120.0
    check_seconds: float = 60.0
    search_seconds: float = 30.0
    requests: int = 256
    questions: int = 64
    searches: int = 64
    checks: int = 8
    changes: int = 8

    def body_bytes(self, path: str) -> int:
        if path in ("/ask", "/check", "/mcp", "/verify") or path.startswith("/v1/"):
            return self.question_bytes
        return self.articles_bytes if path == "/articles" else self.other_bytes


class Places:
    """Room for `most` requests at once. Used from the event loop only."""

    def __init__(self, most: int, what: str, status: int = 503) -> None:
        self.most = most
        self.taken = 0
        self._what = what
        self._status = status

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one request. Raises Problem when all are taken."""
        if self.taken >= self.most:
            raise Problem(
                self._status,
                f"{self.most} {self._what} already. Try again shortly.",
                {"Retry-After": str(SECONDS_TO_RETRY)},
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Cancels the block after this time. Raises Problem, naming what took too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Problem(
            503,
            f"{what} took longer than {seconds:g} s. Send less, or try again later.",
            {"Retry-After": str(SECONDS_TO_RETRY)},
        ) from None
