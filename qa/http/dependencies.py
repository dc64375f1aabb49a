"""What routes ask for: the service, and a place among the questions being answered."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from qa.http.errors import Problem
from qa.service import Service

MOST_QUESTIONS_AT_ONCE = 32


def the_service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def asking(request: Request) -> AsyncIterator[None]:
    """A place for one question, given back when its response is complete."""
    state = request.app.state
    if state.questions_being_answered >= MOST_QUESTIONS_AT_ONCE:
        raise Problem(
            429,
            f"{MOST_QUESTIONS_AT_ONCE} questions are being answered already. Ask again shortly.",
            {"Retry-After": "2"},
        )
    state.questions_being_answered += 1
    try:
        yield
    finally:
        state.questions_being_answered -= 1


def in_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Problem(415, "Send it as JSON, with Content-Type: application/json.")


TheService = Annotated[Service, Depends(the_service)]
Asking = Annotated[None, Depends(asking)]
InJson = Annotated[None, Depends(in_json)]
