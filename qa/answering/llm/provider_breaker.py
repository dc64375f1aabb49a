"""A circuit breaker: a provider that is down is left alone for a while.

Libraries for this wrap a call and its result; here a call is a stream that may last minutes.
"""

import threading
import time
from collections.abc import Callable

from qa.answering.llm.model_failures import ModelFailed, is_transient


class ProviderBreaker:
    """Opens after `failures` calls in a row that failed through no fault of their own. After
    `seconds` one trial call is let through, which closes the breaker or opens it again.
    Thread-safe."""

    def __init__(
        self,
        failures: int = 5,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._closed_again = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._failures >= self._most and self._clock() < self._closed_again

    def refuse_if_open(self) -> None:
        """Raises ModelFailed while the provider is left alone. Otherwise a call may follow: only
        one, if it is the trial."""
        with self._lock:
            if self._failures < self._most:
                return
            if self._clock() < self._closed_again:
                raise ModelFailed("has failed several times and is left alone for a while")
            self._closed_again = self._clock() + self._seconds

    def note_failure(self, error: Exception) -> None:
        if not is_transient(error):
            return
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._closed_again = self._clock() + self._seconds

    def note_success(self) -> None:
        with self._lock:
            self._failures = 0
