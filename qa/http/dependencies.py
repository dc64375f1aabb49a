"""What routes ask for: the service, and a place among the requests of their kind.

FastAPI resolves dependencies in the order of a route's parameters: a place comes before the body,
so that a request which is refused is not read.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from qa.http.access import AccessControl
from qa.http.capacity import Capacity
from qa.http.prometheus import Metrics
from qa.service import Service


@dataclass(frozen=True, slots=True)
class AppState:
    """What the dependencies below take from an application."""

    service: Service
    capacity: Capacity
    control: AccessControl | None
    metrics: Metrics
    keep_alive: float
    is_local: bool
    """Whether only this machine can reach it."""


def add_state(app: FastAPI, state: AppState) -> None:
    app.state.article_qa = state


def state_of(request: Request) -> AppState:
    state: AppState = request.app.state.article_qa
    return state


async def the_service(request: Request) -> Service:
    return state_of(request).service


async def the_capacity(request: Request) -> Capacity:
    return state_of(request).capacity


async def the_control(request: Request) -> AccessControl | None:
    """None where no key is needed."""
    return state_of(request).control


async def the_metrics(request: Request) -> Metrics:
    return state_of(request).metrics


async def seconds_between_comments(request: Request) -> float:
    return state_of(request).keep_alive


# All of these are asynchronous, because FastAPI gives every other dependency a thread.
TheService = Annotated[Service, Depends(the_service)]
TheCapacity = Annotated[Capacity, Depends(the_capacity)]
TheControl = Annotated[AccessControl | None, Depends(the_control)]
TheMetrics = Annotated[Metrics, Depends(the_metrics)]
KeepAlive = Annotated[float, Depends(seconds_between_comments)]


async def place_for_a_question(capacity: TheCapacity) -> AsyncIterator[None]:
    """A place for one question, given back when its response is complete."""
    with capacity.questions.one():
        yield


async def place_for_a_search(capacity: TheCapacity) -> AsyncIterator[None]:
    with capacity.searches.one():
        yield


async def place_for_a_check(capacity: TheCapacity) -> AsyncIterator[None]:
    with capacity.checks.one():
        yield


async def place_for_a_change(capacity: TheCapacity) -> AsyncIterator[None]:
    with capacity.changes.one():
        yield


QuestionPlace = Annotated[None, Depends(place_for_a_question)]
SearchPlace = Annotated[None, Depends(place_for_a_search)]
CheckPlace = Annotated[None, Depends(place_for_a_check)]
ChangePlace = Annotated[None, Depends(place_for_a_change)]
