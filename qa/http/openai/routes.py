"""GET /v1/models and POST /v1/chat/completions."""

from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.sse import format_sse_event
from pydantic_core import to_json

from qa.collections.service_pool import refuse_unknown
from qa.default_collection import DEFAULT_COLLECTION
from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.collection_path import collection_of, given_collection
from qa.http.dependencies import (
    KeepAlive,
    QuestionPlace,
    TheCapacity,
    TheMetrics,
    lent_service,
    may_use,
    state_of,
)
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.event_stream import event_stream
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.openai.chat_request import MODELS, ChatBody
from qa.http.openai.completion import CompletionChunks, completion
from qa.http.problems import Problem, problem_for, shortened
from qa.http.responses import json_response
from qa.schemas import CollectionInfo
from qa.service import Service
from qa.types import Event

router = APIRouter(prefix="/v1", tags=["OpenAI protocol"])


MOST_MODELS_NAMED = 20

TheChat = json_body(ChatBody)


def models(request: Request) -> list[str]:
    """The answerers of each collection that the key may use; of one, if the path leads into it."""
    pool = state_of(request).pool
    given = given_collection(request.scope)
    if given is not None:
        refuse_unknown(pool, given, partial(may_use, request))
    infos = pool.list() if given is None else (pool.info(given),)
    return [
        name if given or info.name == DEFAULT_COLLECTION else f"{name}/{info.name}"
        for info in infos
        if may_use(request, info.name)
        for name in _answerers(pool.default, info)
    ]


def _answerers(default: Service, info: CollectionInfo) -> list[str]:
    there = [each for each in default.answerers if each != "llm" or info.chat_model]
    return [name for name, answerer in MODELS.items() if answerer is None or answerer in there]


async def asked_service(
    request: Request, body: Annotated[ChatBody, TheChat]
) -> AsyncIterator[Service]:
    """The service of the collection that the model names, or that the path leads into."""
    name = body.collection or collection_of(request.scope)
    elsewhere = given_collection(request.scope) not in (None, name)
    is_known = body.answerer in MODELS and body.collection != ""
    if elsewhere or not is_known or not _is_there(request, name):
        known = await to_thread.run_sync(models, request)
        named = ", ".join(known[:MOST_MODELS_NAMED]) or "none that this key may use"
        raise Problem(404, f"There is no model {shortened(body.model)!r} here. There are: {named}.")
    async with lent_service(request, name) as service:
        yield service


def _is_there(request: Request, name: str) -> bool:
    return state_of(request).pool.has(name) and may_use(request, name)


@router.get(
    "/models",
    summary="The answerers of each collection, as models",
    responses=problems(),
)
def list_models(request: Request) -> dict[str, object]:
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 0, "owned_by": "article-qa"}
            for name in models(request)
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
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[ChatBody, TheChat],
    service: Annotated[Service, Depends(asked_service)],
    keep_alive: KeepAlive,
) -> Response:
    question = body.as_question()
    base_url = str(request.base_url)
    if body.collection and given_collection(request.scope) is None:
        base_url += f"collections/{body.collection}/"
    seconds = capacity.limits.question_seconds
    if body.stream:
        # What can be refused is refused here, while there is a status to say it.
        events = metrics.observed(service, question, service.stream(question))
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
    metrics.answered(service, question, answer)
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
