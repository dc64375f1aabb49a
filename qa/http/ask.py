"""POST /ask: an answer as one JSON body, or as server-sent events while it is written."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from qa.http.api_description import JSON_PROBLEMS, json_request
from qa.http.dependencies import KeepAlive, QuestionPlace, TheCapacity, TheMetrics, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.event_stream import accepts_events, event_stream, named_event
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.problems import problem_for
from qa.http.request_bodies import AskBody
from qa.http.responses import json_response
from qa.types import Answer, Event, PassagesFound, SentenceChecked, Token

router = APIRouter(tags=["questions"])

EVENT_NAMES: dict[type[Event], str] = {
    PassagesFound: "passages",
    Token: "token",
    SentenceChecked: "sentence",
    Answer: "answer",
}


@router.post(
    "/ask",
    response_model=Answer,
    summary="Answer a question from the articles, every sentence with its quote",
    openapi_extra=json_request(AskBody),
    responses={
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: token\ndata: {"text": "Binance.US joined"}\n\n',
                }
            },
            "description": "The answer; with `Accept: text/event-stream`, the events `passages`, "
            "`token`, `sentence`, and last `answer` or `error`.",
        },
        **JSON_PROBLEMS,
    },
)
async def ask(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[AskBody, json_body(AskBody)],
    keep_alive: KeepAlive,
) -> Response:
    question = body.as_question()
    if accepts_events(request):
        # Whatever can be refused is refused here, while there is still a status to report it.
        events = metrics.observed(service, question, service.stream(question))
        encoded = _encoded_events(
            events, request.state.request_id, capacity.limits.question_seconds
        )
        return event_stream(encoded, keep_alive)
    async with within(capacity.limits.question_seconds, "The answer"):
        answer = await cancel_on_disconnect(request, service.ask_async(question))
    if answer is None:
        return client_closed_response()
    metrics.answered(service, question, answer)
    return json_response(answer)


async def _encoded_events(
    events: AsyncIterator[Event], request_id: str, seconds: float
) -> AsyncGenerator[bytes]:
    try:
        async with within(seconds, "The answer"):
            async for event in events:
                yield named_event(EVENT_NAMES[type(event)], event)
    except Exception as error:  # noqa: BLE001  # the status was sent: an event must report it
        yield named_event("error", problem_for(error, request_id))
