"""Cancels work when the client disconnects while waiting for a stream or a single body."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Request, Response

T = TypeVar("T")

IsCancelled = Callable[[], bool]


def client_closed_response() -> Response:
    """The response to a client that has disconnected. It is never sent; 499 is what proxies log in
    that case."""
    return Response(status_code=499)


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None if the client disconnects first, which cancels `work`.

    For requests whose body has been read: the only message after it is the disconnect.
    """
    working = asyncio.create_task(work)
    disconnecting = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait((working, disconnecting), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        disconnecting.cancel()
        await asyncio.wait((working, disconnecting))


async def in_cancellable_thread(
    function: Callable[[IsCancelled], T], limiter: CapacityLimiter | None = None
) -> T:
    """The result of `function`, which runs in a thread and stops early once it is cancelled.

    Cancelling waits for the thread, so that neither a place nor the thread's own in `limiter` is
    released while it is still working.
    """
    cancelled = threading.Event()
    # Taken here, because waiting for a thread ends at once when it is cancelled, and a thread not.
    async with limiter or to_thread.current_default_thread_limiter():
        running = asyncio.create_task(
            to_thread.run_sync(function, cancelled.is_set, limiter=CapacityLimiter(1))
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            cancelled.set()
            with CancelScope(shield=True):
                await asyncio.wait({running})
            raise


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
