"""GET /v1/models and POST /v1/chat/completions."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import format_sse_event
from pydantic_core import to_json

from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.dependencies import KeepAlive, QuestionPlace, TheCapacity, TheMetrics, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.event_stream import event_stream
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.openai.chat_request import MODELS, ChatBody
from qa.http.openai.completion import CompletionChunks, completion
from qa.http.problems import problem_for
from qa.http.responses import json_response
from qa.types import Event

router = APIRouter(prefix="/v1", tags=["OpenAI protocol"])


@router.get("/models", summary="The answerers, as models", responses=problems())
async def list_models(service: TheService) -> dict[str, object]:
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 0, "owned_by": "article-qa"}
            for name, answerer in MODELS.items()
            if answerer is None or answerer in service.answerers
        ],
    }


@router.post(
    "/chat/completions",
    summary="Answer the last message of a conversation",
    openapi_extra=json_request(ChatBody),
    responses={**JSON_PROBLEMS, **problems(400, 404)},
)
async def complete(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[ChatBody, json_body(ChatBody)],
    keep_alive: KeepAlive,
) -> Response:
    question = body.as_question()
    base_url = str(request.base_url)
    seconds = capacity.limits.question_seconds
    if body.stream:
        # What can be refused is refused here, while there is a status to say it.
        events = metrics.observed(question, service.stream(question))
        chunks = CompletionChunks(
            request.state.request_id,
            body.model,
            base_url,
            source_events=bool(body.source_events),
            include_usage=bool(body.stream_options and body.stream_options.include_usage),
        )
        encoded = _encoded_events(events, chunks, request.state.request_id, seconds)
        return event_stream(encoded, keep_alive)
    async with within(seconds, "The answer"):
        answer = await cancel_on_disconnect(request, service.ask_async(question))
    if answer is None:
        return client_closed_response()
    metrics.answered(question, answer)
    return json_response(completion(answer, body.model, base_url))


async def _encoded_events(
    events: AsyncIterator[Event], chunks: CompletionChunks, request_id: str, seconds: float
) -> AsyncGenerator[bytes]:
    try:
        yield _data(chunks.first())
        async with within(seconds, "The answer"):
            async for event in events:
                for chunk in chunks.of(event):
                    yield _data(chunk)
    except Exception as error:  # noqa: BLE001  # the status is sent: an event must say it
        failed = problem_for(error, request_id)
        yield _data({"error": {"message": failed["detail"], "type": "server_error"}})
    yield format_sse_event(data_str="[DONE]")


def _data(value: dict[str, object]) -> bytes:
    return format_sse_event(data_str=to_json(value).decode())
