"""Measures the lag of an application's event loop from another thread."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.http.loop_lag import LoopLag

SECONDS = 20.0
INTERVAL = 0.005


class WorstLag:
    """The worst lag so far, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._watch: LoopLag | None = None

    def start(self) -> None:
        self._watch = LoopLag(self._note, INTERVAL)

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    def _note(self, seconds: float) -> None:
        self.seconds = max(self.seconds, seconds)


class Monitored:
    """An ASGI application that measures the lag of the event loop it is served in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    @contextmanager
    def lag(self) -> Iterator[WorstLag]:
        """Measures inside the `with` block. The server must have served a request before."""
        assert self._loop is not None
        lag = WorstLag()
        self._in_the_loop(lag.start)
        yield lag
        self._in_the_loop(lag.stop)

    def _in_the_loop(self, function: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        assert done.wait(SECONDS)
