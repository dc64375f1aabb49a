"""GET /search: ranked passages, no answer."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from qa.http.api_description import problems
from qa.http.dependencies import SearchPlace, TheCapacity, TheService
from qa.http.request_bodies import QuestionText
from qa.http.responses import json_response
from qa.http.searching import QueryFilters, searched
from qa.schemas import FoundPassages

router = APIRouter(tags=["questions"])


@router.get(
    "/search",
    response_model=FoundPassages,
    summary="The passages that best match a question",
    responses=problems(422),
)
async def search(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    place: SearchPlace,
    filters: QueryFilters,
    q: Annotated[QuestionText, Query()],
    k: Annotated[int, Query(ge=1, le=100)] = 8,
    rerank: Annotated[
        bool,
        Query(description="Read the first passages and rank them by what they say: slower."),
    ] = False,
) -> Response:
    def found() -> Response:
        return json_response(FoundPassages(service.search(q, k, filters, rerank=rerank)))

    return await searched(request, capacity, found, "The search")
