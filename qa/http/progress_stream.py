"""Long work as events: its progress while it runs, and finally its result or error."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable

import anyio
from anyio import CapacityLimiter, from_thread

from qa.http.disconnect import IsCancelled, in_cancellable_thread
from qa.http.event_stream import named_event
from qa.http.problems import problem_for

OnProgress = Callable[[int, int | None], None]
"""Called with the number done and, if known, the total."""


class WorkAbandoned(Exception):
    """The client that asked for the work has disconnected."""


def progress_description(result: str, otherwise: str) -> dict[str, object]:
    """How a route's description documents such a response."""
    return {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: progress\ndata: {"done": 256, "total": 1024}\n\n',
            }
        },
        "description": f"The events `progress`, and last `{result}` or `error`. If the client "
        f"disconnects before, {otherwise}.",
    }


async def progress_events(
    work: Callable[[OnProgress], object],
    result: str,
    request_id: str,
    threads: CapacityLimiter | None = None,
) -> AsyncGenerator[bytes]:
    """`progress` events, then one named by `result` with what `work` returns, or `error`.

    `work` runs in a thread, and ends with WorkAbandoned at its next progress report once nobody
    wants these events any longer.
    """
    sending, receiving = anyio.create_memory_object_stream[tuple[int, int | None]](math.inf)

    def run(is_cancelled: IsCancelled) -> object:
        def on_progress(done: int, total: int | None) -> None:
            if is_cancelled():
                raise WorkAbandoned
            from_thread.run_sync(sending.send_nowait, (done, total))

        try:
            return work(on_progress)
        finally:
            from_thread.run_sync(sending.close)

    working = asyncio.create_task(in_cancellable_thread(run, threads))
    try:
        async with receiving:
            async for done, total in receiving:
                yield named_event("progress", {"done": done, "total": total})
        yield named_event(result, await working)
    except Exception as error:  # noqa: BLE001  # the status was sent: an event must report it
        yield named_event("error", problem_for(error, request_id))
    finally:
        working.cancel()
        await asyncio.wait({working})
