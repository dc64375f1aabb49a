"""POST /ask: an answer as one JSON body, or as server-sent events while it is made."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import TypeAdapter
from pydantic_core import to_json

from qa.http.dependencies import Asking, InJson, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.errors import problem_for
from qa.http.request_bodies import AskBody
from qa.types import Answer, Event, PassagesFound, SentenceChecked, Token

router = APIRouter(tags=["questions"])

EVENT_NAMES: dict[type[Event], str] = {
    PassagesFound: "passages",
    Token: "token",
    SentenceChecked: "sentence",
    Answer: "answer",
}
ANSWER = TypeAdapter(Answer)


@router.post(
    "/ask",
    response_model=Answer,
    summary="Answer a question from the articles, every sentence with its quote",
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
        }
    },
)
async def ask(
    body: AskBody, request: Request, service: TheService, asking: Asking, json: InJson
) -> Response:
    question = body.as_question()
    if "text/event-stream" not in request.headers.get("accept", "").lower():
        answer = await cancel_on_disconnect(request, service.ask_async(question))
        if answer is None:
            return client_closed_response()
        return JSONResponse(ANSWER.dump_python(answer, mode="json"))
    # What can be refused is refused here, while there is a status to say it.
    events = service.stream(question)
    return EventSourceResponse(
        _encoded_events(events, request.state.request_id),
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _encoded_events(events: AsyncIterator[Event], request_id: str) -> AsyncIterator[bytes]:
    try:
        async for event in events:
            yield _encoded(EVENT_NAMES[type(event)], event)
    except Exception as error:  # noqa: BLE001  # the status is sent: an event must say it
        yield _encoded("error", problem_for(error, request_id))


def _encoded(name: str, data: object) -> bytes:
    return format_sse_event(event=name, data_str=to_json(data).decode())
