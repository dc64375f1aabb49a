"""GET /timeline: dated quotes about a name or a question, in order."""

from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from qa.answering.dated_quotes import Timeline, as_markdown
from qa.http.api_description import problems
from qa.http.dependencies import SearchPlace, TheCapacity, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.limits import within
from qa.http.problems import Problem
from qa.http.request_bodies import Day, QuestionText, check_days
from qa.http.responses import json_response
from vectorstore.types import Filters

router = APIRouter(tags=["questions"])


@router.get(
    "/timeline",
    response_model=Timeline,
    summary="What articles tell about something, by the days that it is dated to",
    responses={
        200: {"content": {"text/markdown": {"schema": {"type": "string"}}}},
        **problems(422),
    },
)
async def timeline(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    place: SearchPlace,
    q: Annotated[QuestionText, Query(description="A name or a question.")],
    published_from: Annotated[Day, Query()] = None,
    published_to: Annotated[Day, Query()] = None,
    source: Annotated[list[str] | None, Query()] = None,
    article_id: Annotated[list[str] | None, Query()] = None,
    as_of: Annotated[Day, Query(description="Only what was published by this day.")] = None,
    output: Annotated[Literal["json", "markdown"], Query(alias="format")] = "json",
) -> Response:
    try:
        check_days(published_from, published_to)
    except ValueError as error:
        raise Problem(422, f"The request cannot be used: {error}.") from None
    filters = Filters(published_from, published_to, tuple(source or ()), tuple(article_id or ()))

    def made() -> Response:
        found = service.timeline(q, filters, as_of)
        if output == "markdown":
            return Response(as_markdown(found), media_type="text/markdown; charset=utf-8")
        return json_response(found)

    making = to_thread.run_sync(made, limiter=capacity.searching)
    async with within(capacity.limits.search_seconds, "The timeline"):
        response = await cancel_on_disconnect(request, making)
    return client_closed_response() if response is None else response
