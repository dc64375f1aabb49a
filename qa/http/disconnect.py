"""Whoever leaves is not worked for any longer, whether or not they asked for a stream."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response

T = TypeVar("T")


def client_closed_response() -> Response:
    """The response to a client that has left, which is not sent; 499 is what proxies log then."""
    return Response(status_code=499)


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """The outcome of `work`; None once the client has hung up, and then `work` is cancelled.

    For requests whose body is read: what comes after it is that the client is gone.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait((working, leaving))


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
