"""/v1: the models, and the routes that answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.dependencies import KeepAlive, QuestionPlace, TheCapacity, TheMetrics
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.event_stream import event_stream
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.openai import embeddings
from qa.http.openai.chat_body import ChatBody
from qa.http.openai.completion import ChatShape, PromptShape, task_answer
from qa.http.openai.generation_options import TextLimit, as_stops
from qa.http.openai.prompt_body import PromptBody
from qa.http.openai.rendering import Rendering, Shape
from qa.http.openai.response_body import ResponseBody
from qa.http.openai.response_shape import ResponseShape
from qa.http.openai.served_models import base_url_for, models, service_named_by
from qa.http.problems import Problem, problem_for, shortened
from qa.http.responses import json_response
from qa.receipts.kept_answers import new_conversation_id
from qa.service import Service
from qa.types import Answer, Event, Question, Token, Turn

router = APIRouter(prefix="/v1", tags=["OpenAI protocol"])
router.include_router(embeddings.router)

TheChat = json_body(ChatBody)
ThePrompt = json_body(PromptBody)
TheResponse = json_body(ResponseBody)

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {}}},
        "description": "The answer; with `stream`, as events of OpenAI's protocol.",
    }
}


@router.get(
    "/models",
    summary="The answerers and the embedding model of each collection, as models",
    responses=problems(),
)
def list_models(request: Request) -> dict[str, object]:
    return {"object": "list", "data": [_model(name) for name in models(request)]}


@router.get("/models/{model:path}", summary="One of the models", responses=problems(404))
def retrieve_model(model: str, request: Request) -> dict[str, object]:
    if model not in models(request):
        raise Problem(404, f"There is no model {shortened(model)!r} here. /v1/models lists them.")
    return _model(model)


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "article-qa"}


@router.post(
    "/chat/completions",
    summary="Answer the last message of a conversation",
    openapi_extra=json_request(ChatBody),
    responses=STREAMED | JSON_PROBLEMS | problems(400, 404),
)
async def complete_chat(
    request: Request,
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[ChatBody, TheChat],
    service: Annotated[Service, service_named_by(TheChat)],
    keep_alive: KeepAlive,
) -> Response:
    reply = body.task_reply()
    question = Question(body.messages[-1].text) if reply is not None else body.as_question()
    limit = TextLimit(service.token_spans, as_stops(body.stop), body.most_tokens)
    asked = await _asked(request, body, service, question, limit, body.notices)
    shape = ChatShape(
        request.state.request_id,
        asked,
        source_events=bool(body.source_events),
        include_usage=bool(body.stream_options and body.stream_options.include_usage),
    )
    if reply is not None:
        answer = task_answer(request.state.request_id, reply)
        if not body.stream:
            return json_response(shape.whole(answer))
        return event_stream(_encoded(_said(answer), shape, request, capacity), keep_alive)
    return await _answered(
        request, capacity, metrics, service, question, shape, bool(body.stream), keep_alive
    )


@router.post(
    "/completions",
    summary="Answer a prompt, which is a question",
    openapi_extra=json_request(PromptBody),
    responses=STREAMED | JSON_PROBLEMS | problems(400, 404),
)
async def complete_prompt(
    request: Request,
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[PromptBody, ThePrompt],
    service: Annotated[Service, service_named_by(ThePrompt)],
    keep_alive: KeepAlive,
) -> Response:
    question = body.as_question()
    limit = TextLimit(service.token_spans, as_stops(body.stop), body.max_tokens)
    asked = await _asked(request, body, service, question, limit, body.notices)
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    shape = PromptShape(request.state.request_id, asked, include_usage=include_usage)
    return await _answered(
        request, capacity, metrics, service, question, shape, bool(body.stream), keep_alive
    )


@router.post(
    "/responses",
    summary="Answer the last message of a conversation, in the shape of the Responses API",
    openapi_extra=json_request(ResponseBody),
    responses=STREAMED | JSON_PROBLEMS | problems(400, 404),
)
async def respond(
    request: Request,
    capacity: TheCapacity,
    metrics: TheMetrics,
    place: QuestionPlace,
    body: Annotated[ResponseBody, TheResponse],
    service: Annotated[Service, service_named_by(TheResponse)],
    keep_alive: KeepAlive,
) -> Response:
    earlier: tuple[Turn, ...] = ()
    if body.previous_response_id:
        earlier = await to_thread.run_sync(_turns_before, service, body.previous_response_id)
    question = body.as_question(earlier)
    limit = TextLimit(service.token_spans, most_tokens=body.max_output_tokens)
    asked = await _asked(request, body, service, question, limit, body.notices)
    response_id = new_conversation_id()
    is_stored = body.store is not False and service.kept_answers.keeps
    shape = ResponseShape(
        response_id,
        request.state.request_id,
        asked,
        body.max_output_tokens,
        previous=body.previous_response_id,
        is_stored=is_stored,
    )

    def keep(answer: Answer) -> None:
        asked_and_said = (Turn("user", question.text), Turn("assistant", answer.text))
        turns = (*question.history, *asked_and_said)
        shape.is_stored = service.kept_answers.keep_conversation(response_id, turns)

    return await _answered(
        request,
        capacity,
        metrics,
        service,
        question,
        shape,
        bool(body.stream),
        keep_alive,
        keep if is_stored else None,
    )


def _turns_before(service: Service, response_id: str) -> tuple[Turn, ...]:
    """The conversation up to and including a response. Raises Problem."""
    turns = service.kept_answers.conversation(response_id)
    if turns is None:
        raise Problem(
            404,
            f"No response is kept under {shortened(response_id)!r}: it was not stored, or not for "
            "so long (QA_ANSWER_DAYS). Send the conversation as `input` instead.",
        )
    return turns


async def _asked(
    request: Request,
    body: ChatBody | PromptBody | ResponseBody,
    service: Service,
    question: Question,
    limit: TextLimit,
    notices: tuple[str, ...],
) -> Rendering:
    texts = [question.text, *(turn.content for turn in question.history)]
    prompt_tokens = await to_thread.run_sync(service.count_tokens, *texts)
    return Rendering(
        model=body.model,
        base_url=base_url_for(request, body),
        limit=limit,
        prompt_tokens=prompt_tokens,
        count_tokens=service.count_tokens,
        notices=notices,
    )


async def _answered(
    request: Request,
    capacity: TheCapacity,
    metrics: TheMetrics,
    service: Service,
    question: Question,
    shape: Shape,
    is_streamed: bool,
    keep_alive: float,
    keep: Callable[[Answer], None] | None = None,
) -> Response:
    """`keep` is called with the answer, in a thread, before it is sent."""
    if is_streamed:
        # Whatever can be refused is refused here, while there is still a status to report it.
        events = metrics.observed(service, question, service.stream(question))
        if keep is not None:
            events = _kept_with(keep, events)
        return event_stream(_encoded(events, shape, request, capacity), keep_alive)
    async with within(capacity.limits.question_seconds, "The answer"):
        answer = await cancel_on_disconnect(request, service.ask_async(question))
    if answer is None:
        return client_closed_response()
    metrics.answered(service, question, answer)
    if keep is not None:
        await to_thread.run_sync(keep, answer)
    return json_response(shape.whole(answer))


async def _kept_with(
    keep: Callable[[Answer], None], events: AsyncIterator[Event]
) -> AsyncGenerator[Event]:
    async for event in events:
        if isinstance(event, Answer):
            await to_thread.run_sync(keep, event)
        yield event


async def _said(answer: Answer) -> AsyncIterator[Event]:
    yield Token(answer.text)
    yield answer


async def _encoded(
    events: AsyncIterator[Event], shape: Shape, request: Request, capacity: TheCapacity
) -> AsyncGenerator[bytes]:
    try:
        for each in shape.first():
            yield each
        async with within(capacity.limits.question_seconds, "The answer"):
            async for event in events:
                for each in shape.of(event):
                    yield each
    except Exception as error:  # noqa: BLE001  # the status was sent: an event must report it
        failed: dict[str, Any] = problem_for(error, request.state.request_id)
        for each in shape.failed(failed["detail"]):
            yield each
    for each in shape.last():
        yield each
