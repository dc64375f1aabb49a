"""How much a request may hold, and how many requests of a kind are worked on at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qa.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """`request_bytes` is the longest body of any request but `POST /articles`, which may send
    `articles_bytes`. The others count requests of a kind that are worked on at once."""

    request_bytes: int = 2_000_000
    articles_bytes: int = 200_000_000
    questions: int = 32
    checks: int = 8
    additions: int = 8

    def body_bytes(self, path: str) -> int:
        return self.articles_bytes if path == "/articles" else self.request_bytes


class Places:
    """Room for `most` requests at once. Used from the event loop only."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one request. Raises Problem, with status 429, when all are taken."""
        if self._taken >= self._most:
            raise Problem(
                429,
                f"{self._most} {self._what} already. Try again shortly.",
                {"Retry-After": "2"},
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
