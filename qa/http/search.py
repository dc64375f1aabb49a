"""GET /search: ranked passages, no answer."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from qa.http.api_description import problems
from qa.http.dependencies import SearchPlace, TheCapacity, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.limits import within
from qa.http.problems import Problem
from qa.http.request_bodies import Day, QuestionText, check_days
from qa.http.responses import json_response
from qa.schemas import FoundPassages
from vectorstore.types import Filters

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
    q: Annotated[QuestionText, Query()],
    k: Annotated[int, Query(ge=1, le=100)] = 8,
    published_from: Annotated[Day, Query()] = None,
    published_to: Annotated[Day, Query()] = None,
    source: Annotated[list[str] | None, Query()] = None,
    article_id: Annotated[list[str] | None, Query()] = None,
    rerank: Annotated[
        bool,
        Query(description="Read the first passages and rank them by what they say: slower."),
    ] = False,
) -> Response:
    try:
        check_days(published_from, published_to)
    except ValueError as error:
        raise Problem(422, f"The request cannot be used: {error}.") from None
    filters = Filters(published_from, published_to, tuple(source or ()), tuple(article_id or ()))

    def searched() -> Response:
        return json_response(FoundPassages(service.search(q, k, filters, rerank=rerank)))

    searching = to_thread.run_sync(searched, limiter=capacity.searching)
    async with within(capacity.limits.search_seconds, "The search"):
        response = await cancel_on_disconnect(request, searching)
    return client_closed_response() if response is None else response
