"""POST /check: any text, with each sentence checked against the articles."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from qa.http.api_description import JSON_PROBLEMS, json_request
from qa.http.dependencies import CheckPlace, TheCapacity, TheService
from qa.http.disconnect import (
    IsCancelled,
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.request_bodies import CheckBody
from qa.http.responses import json_response
from qa.service import Service
from qa.types import Citation, Sentence

router = APIRouter(tags=["questions"])


@dataclass(frozen=True, slots=True)
class CheckResponse:
    """The text as it was understood, its sentences with their support, and the quotes.

    `text[sentence.start:sentence.end] == sentence.text` for each sentence. The text is `supported`
    if all of its sentences are; a text without sentences is not.
    """

    text: str
    supported: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


@router.post(
    "/check",
    response_model=CheckResponse,
    summary="Check each sentence of a text against the articles' own words",
    openapi_extra=json_request(CheckBody),
    responses=JSON_PROBLEMS,
)
async def check(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    place: CheckPlace,
    body: Annotated[CheckBody, json_body(CheckBody)],
) -> Response:
    checking = in_cancellable_thread(partial(_check, service, body))
    async with within(capacity.limits.check_seconds, "Checking the text"):
        response = await cancel_on_disconnect(request, checking)
    return client_closed_response() if response is None else response


def _check(service: Service, body: CheckBody, is_cancelled: IsCancelled) -> Response:
    checked = service.check_text(body.text, body.article_ids, is_cancelled)
    return json_response(
        CheckResponse(
            text=checked.text,
            supported=checked.supported,
            sentences=checked.sentences,
            citations=checked.citations,
        )
    )
