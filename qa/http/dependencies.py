"""What routes ask for: the service, and a place among the requests of their kind.

FastAPI resolves dependencies in the order of a route's parameters: a place comes before the body,
so that a request which is refused is not read.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, Request

from qa.http.limits import Limits, Places
from qa.service import Service

THREADS_THAT_CHANGE_THE_INDEX = 2
"""Changes wait for each other: with threads of their own they never keep searches from theirs."""


def add_state(app: FastAPI, service: Service, limits: Limits, keep_alive: float) -> None:
    """Put what the dependencies below take from the application into it."""
    app.state.service = service
    app.state.questions = Places(limits.questions, "questions are being answered")
    app.state.checks = Places(limits.checks, "texts are being checked")
    app.state.additions = Places(limits.additions, "requests are adding articles")
    app.state.changing = CapacityLimiter(THREADS_THAT_CHANGE_THE_INDEX)
    app.state.keep_alive = keep_alive


def the_service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def changing_threads(request: Request) -> CapacityLimiter:
    limiter: CapacityLimiter = request.app.state.changing
    return limiter


def seconds_between_comments(request: Request) -> float:
    seconds: float = request.app.state.keep_alive
    return seconds


async def place_for_a_question(request: Request) -> AsyncIterator[None]:
    """A place for one question, given back when its response is complete."""
    with request.app.state.questions.one():
        yield


async def place_for_a_check(request: Request) -> AsyncIterator[None]:
    with request.app.state.checks.one():
        yield


async def place_for_an_addition(request: Request) -> AsyncIterator[None]:
    with request.app.state.additions.one():
        yield


TheService = Annotated[Service, Depends(the_service)]
ChangingThreads = Annotated[CapacityLimiter, Depends(changing_threads)]
KeepAlive = Annotated[float, Depends(seconds_between_comments)]
QuestionPlace = Annotated[None, Depends(place_for_a_question)]
CheckPlace = Annotated[None, Depends(place_for_a_check)]
AdditionPlace = Annotated[None, Depends(place_for_an_addition)]
