"""What routes depend on: a collection's service, and a place among the requests of their kind.

FastAPI resolves dependencies in the order of a route's parameters: a place comes before the body,
so that the body of a refused request is not read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from qa.collections.collection_name import NoSuchCollection
from qa.collections.service_pool import ServicePool, refuse_unknown
from qa.http.access import AccessControl
from qa.http.capacity import Capacity
from qa.http.collection_path import collection_of
from qa.http.problems import Problem
from qa.http.prometheus import Metrics
from qa.keys import Key
from qa.service import Service


@dataclass(frozen=True, slots=True)
class AppState:
    """What the dependencies below read from an application."""

    pool: ServicePool
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


def key_of(request: Request) -> Key | None:
    """The request's key; None if no key is needed."""
    return getattr(request.state, "key", None)


def may_use(request: Request, name: str) -> bool:
    """Whether the request's key is valid for this collection."""
    key = key_of(request)
    return key is None or key.may_use(name)


def refuse_from_elsewhere(request: Request, sentence: str) -> None:
    """Raise Problem unless the request comes from the service's own machine and, if keys are
    needed, from the service's own user."""
    key = key_of(request)
    if not (state_of(request).is_local or (key is not None and key.is_local)):
        raise Problem(403, sentence)


async def the_pool(request: Request) -> ServicePool:
    return state_of(request).pool


async def the_collection(request: Request) -> str:
    """The name of the collection that the path leads into. Raises NoSuchCollection."""
    name = collection_of(request.scope)
    refuse_unknown(state_of(request).pool, name, partial(may_use, request))
    return name


async def the_service(
    request: Request, name: Annotated[str, Depends(the_collection)]
) -> AsyncIterator[Service]:
    """Stays open until the response is complete."""
    async with lent_service(request, name) as service:
        yield service


@asynccontextmanager
async def lent_service(request: Request, name: str) -> AsyncIterator[Service]:
    """A collection's service. Raises NoSuchCollection, and whatever opening it raises."""
    pool, capacity = state_of(request).pool, state_of(request).capacity
    service = pool.begin_if_open(name)
    if service is None:
        try:
            service = await to_thread.run_sync(pool.begin, name, limiter=capacity.opening)
        except NoSuchCollection:  # removed meanwhile
            known = [each for each in pool.names() if may_use(request, each)]
            raise NoSuchCollection(name, known) from None
    try:
        yield service
    finally:
        pool.end(name)


async def the_capacity(request: Request) -> Capacity:
    return state_of(request).capacity


async def the_control(request: Request) -> AccessControl | None:
    """None if there are no keys."""
    return state_of(request).control


async def the_metrics(request: Request) -> Metrics:
    return state_of(request).metrics


async def seconds_between_comments(request: Request) -> float:
    return state_of(request).keep_alive


# All of these are asynchronous, because FastAPI runs any other dependency in a thread.
ThePool = Annotated[ServicePool, Depends(the_pool)]
TheService = Annotated[Service, Depends(the_service)]
TheCapacity = Annotated[Capacity, Depends(the_capacity)]
TheControl = Annotated[AccessControl | None, Depends(the_control)]
TheMetrics = Annotated[Metrics, Depends(the_metrics)]
KeepAlive = Annotated[float, Depends(seconds_between_comments)]


async def place_for_a_question(capacity: TheCapacity) -> AsyncIterator[None]:
    """A place for one question, released when its response is complete."""
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
