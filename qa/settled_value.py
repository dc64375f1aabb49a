"""A value that is recomputed in the background once changes to what it depends on settle."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

IsCurrent = Callable[[], bool]

logger = logging.getLogger(__name__)


class SettledValue(Generic[T]):
    """The last value that `compute` returned; `initial` before that. Any thread may read it.

    After a change `compute` runs in one background thread, once nothing has changed for
    `settle_seconds`, so that a series of changes costs one run. It is given a function that returns
    false as soon as its result is no longer wanted; it should then return early.
    """

    def __init__(
        self, compute: Callable[[IsCurrent], T], initial: T, settle_seconds: float
    ) -> None:
        self._compute = compute
        self._settle_seconds = settle_seconds
        self._value = initial
        self._version = 1
        self._computed_version = 0
        self._changes_under_way = 0
        self._changed_at = -float("inf")
        self._closed = False
        self._state = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="settled-value", daemon=True)

    @property
    def value(self) -> T:
        return self._value

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Encloses a change. A running computation is asked to stop; its result is discarded."""
        with self._state:
            self._changes_under_way += 1
            self._version += 1
        try:
            yield
        finally:
            with self._state:
                self._changes_under_way -= 1
                self._changed_at = time.monotonic()
                self._state.notify_all()

    def start(self) -> None:
        """Compute the value in the background, now and after each change."""
        with self._state:
            if not self._closed and self._thread.ident is None:
                self._thread.start()

    def wait_until_current(self, seconds: float) -> bool:
        """Whether the value reflects the last change, for which it waits at most `seconds`."""
        with self._state:
            return self._state.wait_for(
                lambda: self._changes_under_way == 0 and self._computed_version == self._version,
                seconds,
            )

    def close(self) -> None:
        """Stop computing, and wait until the thread has ended."""
        with self._state:
            self._closed = True
            self._state.notify_all()
            started = self._thread.ident is not None
        if started:
            self._thread.join()

    def _run(self) -> None:
        while (version := self._wait_until_settled()) is not None:
            try:
                self._compute_for(version)
            except Exception:
                logger.exception("A value could not be computed in the background.")
                # The last value stays until the next change.
                with self._state:
                    self._computed_version = version
                    self._state.notify_all()

    def _wait_until_settled(self) -> int | None:
        """The version to compute; None once closed."""
        with self._state:
            while not self._closed:
                if self._changes_under_way or self._computed_version == self._version:
                    self._state.wait()
                    continue
                remaining = self._changed_at + self._settle_seconds - time.monotonic()
                if remaining <= 0:
                    return self._version
                self._state.wait(remaining)
            return None

    def _compute_for(self, version: int) -> None:
        computed = self._compute(lambda: self._is_current(version))
        with self._state:
            if self._is_current(version):
                self._value = computed
                self._computed_version = version
                self._state.notify_all()

    def _is_current(self, version: int) -> bool:
        return version == self._version and not self._closed
