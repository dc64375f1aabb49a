"""GET /timeline: dated quotes about a name or a question, in chronological order."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from qa.answering.dated_quotes import Timeline, as_markdown
from qa.http.api_description import problems
from qa.http.dependencies import SearchPlace, TheCapacity, TheService
from qa.http.request_bodies import Day, QuestionText
from qa.http.responses import json_response
from qa.http.searching import QueryFilters, searched

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
    filters: QueryFilters,
    q: Annotated[QuestionText, Query(description="A name or a question.")],
    as_of: Annotated[Day, Query(description="Only what was published by this day.")] = None,
    output: Annotated[Literal["json", "markdown"], Query(alias="format")] = "json",
) -> Response:
    def made() -> Response:
        found = service.timeline(q, filters, as_of)
        if output == "markdown":
            return Response(as_markdown(found), media_type="text/markdown; charset=utf-8")
        return json_response(found)

    return await searched(request, capacity, made, "The timeline")
