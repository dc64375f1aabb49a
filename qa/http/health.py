"""GET /health: the process is alive. GET /ready: it can answer."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter

from qa.http.api_description import problems
from qa.http.dependencies import TheService
from qa.http.problems import Problem

router = APIRouter(tags=["state"])


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True)
class Ready:
    articles: int
    passages: int
    status: Literal["ready"] = "ready"


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Whether the process is alive", responses=problems())
async def health() -> Health:
    return Health()


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    summary="Whether the index is open and whole, and the model is loaded",
    responses=problems(),
)
def ready(service: TheService) -> Ready:
    readiness = service.readiness()
    if readiness.reason is not None:
        raise Problem(503, readiness.reason, {"Retry-After": "1"})
    return Ready(articles=readiness.articles, passages=readiness.passages)
