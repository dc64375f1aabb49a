"""Measures the lag of an event loop: how late it runs callbacks, and so serves requests."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

SECONDS = 20.0


class Lag:
    """The worst delay of a callback that is due every `interval` seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float = 0.005) -> None:
        self.seconds = 0.0
        self._loop = loop
        self._interval = interval
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = self._loop.call_later(self._interval, self._tick, self._loop.time())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self, scheduled: float) -> None:
        self.seconds = max(self.seconds, self._loop.time() - scheduled - self._interval)
        self.start()


class Monitored:
    """An ASGI application that measures the lag of the event loop it is served in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    @contextmanager
    def lag(self) -> Iterator[Lag]:
        """Measures inside the `with` block. The server must have served a request before."""
        assert self._loop is not None
        lag = Lag(self._loop)
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
