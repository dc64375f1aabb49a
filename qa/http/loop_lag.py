"""How late an event loop runs its callbacks, and so how long it keeps every request waiting."""

import asyncio
from collections.abc import Callable

SECONDS_BETWEEN = 0.05


class LoopLag:
    """Reports, every `interval` seconds, how many seconds late a callback of this loop ran.

    Used from the loop itself.
    """

    def __init__(self, report: Callable[[float], None], interval: float = SECONDS_BETWEEN) -> None:
        self._report = report
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._timer = self._next()

    def stop(self) -> None:
        self._timer.cancel()

    def _next(self) -> asyncio.TimerHandle:
        due = self._loop.time() + self._interval
        return self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        self._report(self._loop.time() - due)
        self._timer = self._next()
