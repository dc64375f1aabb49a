"""A lock granted in the order of the requests."""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """A context manager like `threading.Lock`, first come, first served. `places` threads may hold
    it at the same time.

    A plain lock often goes back to the thread that has just released it. With this one, a thread
    that acquires it in a loop gives every other thread a turn.
    """

    def __init__(self, places: int = 1) -> None:
        self._state = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads are waiting for the lock."""
        return len(self._waiting)

    def __enter__(self) -> None:
        with self._state:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:  # such as KeyboardInterrupt: the turn must not be lost
            self._give_up(turn)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._state:
            self._pass_on()

    def _give_up(self, turn: threading.Lock) -> None:
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._free += 1
