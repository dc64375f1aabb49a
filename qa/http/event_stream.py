"""Server-sent events: a response that streams them and keeps its connection alive."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
from fastapi import Request
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic_core import to_json

KEEP_ALIVE_SECONDS = 15.0
"""Proxies close silent connections, most of them after 30 to 60 s."""

COMMENT = format_sse_event(comment="keep-alive")


def accepts_events(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "").lower()


def event_stream(events: AsyncGenerator[bytes], keep_alive: float) -> EventSourceResponse:
    """A response of these encoded events, with a comment after every `keep_alive` silent seconds.

    FastAPI adds comments of its own only to routes that always stream.
    """
    return EventSourceResponse(
        with_comments(events, keep_alive),
        # nginx would hold events back until its buffer is full.
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def named_event(name: str, data: object) -> bytes:
    """An encoded event with this name, and `data` as JSON."""
    return format_sse_event(event=name, data_str=to_json(data).decode())


async def with_comments(events: AsyncGenerator[bytes], keep_alive: float) -> AsyncGenerator[bytes]:
    """The events, with a comment, which clients ignore, whenever none arrives for `keep_alive`
    seconds. If closed early, it closes `events`.

    The events are produced in a separate task, since a timeout around a generator's next step
    would end the generator.
    """
    sending, receiving = anyio.create_memory_object_stream[bytes](max_buffer_size=0)

    async def produce() -> None:
        async with sending, aclosing(events):
            async for event in events:
                await sending.send(event)

    producing = asyncio.create_task(produce())
    try:
        async with receiving:
            while (event := await _next_within(keep_alive, receiving)) is not None:
                yield event
        await producing  # raises what `events` raised
    finally:
        producing.cancel()
        # Starlette cancels a stream again and again until it ends.
        with anyio.CancelScope(shield=True):
            await asyncio.wait({producing})


async def _next_within(
    seconds: float, events: anyio.abc.ObjectReceiveStream[bytes]
) -> bytes | None:
    """The next event, a comment if none arrives in time, or None at the end."""
    try:
        with anyio.fail_after(seconds):
            return await events.receive()
    except TimeoutError:
        return COMMENT
    except anyio.EndOfStream:
        return None
