"""Micro-batching: concurrent requests to a model from several threads, computed in one call."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from vectorstore.fair_lock import FairLock

Item = TypeVar("Item")
Result = TypeVar("Result")


class MicroBatcher(Generic[Item, Result]):
    """Passes the items of all waiting threads to `run`, at most `most` in a batch, and `batches` of
    them at the same time.

    Nobody waits for a batch to fill: the first threads are served at once, and those that arrive
    meanwhile are served together after them.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result]], most: int, batches: int = 1
    ) -> None:
        self._run = run
        self._most = most
        self._waiting: deque[tuple[Item, Future[Result]]] = deque()
        self._adding = threading.Lock()
        self._turn = FairLock(batches)

    @property
    def waiting(self) -> int:
        """How many items are waiting for the next batches."""
        return len(self._waiting)

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """The result of each item. Raises what `run` raises for a batch with any of them."""
        futures: list[Future[Result]] = [Future() for _ in items]
        with self._adding:
            self._waiting.extend(zip(items, futures, strict=True))
        for each in futures:
            while _is_waiting(each):
                with self._turn:
                    if _is_waiting(each):
                        self._run_a_batch()
        return [each.result() for each in futures]

    def _run_a_batch(self) -> None:
        with self._adding:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            for _, future in batch:
                future.set_running_or_notify_cancel()
        if not batch:
            return
        try:
            results = self._run([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)


def _is_waiting(future: Future[Result]) -> bool:
    """Whether it is in no batch yet."""
    return not (future.running() or future.done())
