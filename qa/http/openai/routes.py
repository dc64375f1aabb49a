"""/v1: the OpenAI protocol, so that its clients and front-ends work unchanged.

A conversation is a question with its history. System messages are read by nobody: what an answer
may say is for the articles to decide. The text has its [n] markers; `annotations` of the message
say which of its ranges cites what, and two fields beyond the protocol, `citations` and
`passages`, hold what `POST /ask` gives.
"""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import to_json, to_jsonable_python

from qa.http.dependencies import Asking, InJson, TheService
from qa.http.disconnect import cancel_on_disconnect, client_closed_response
from qa.http.errors import Problem, problem_for
from qa.service import Service
from qa.types import Answer, AnswererName, Citation, Question, Token, Turn

router = APIRouter(prefix="/v1", tags=["OpenAI protocol"])

DEFAULT_MODEL = "article-qa"
MODELS: dict[str, AnswererName | None] = {
    DEFAULT_MODEL: None,
    "article-qa-extractive": "extractive",
    "article-qa-llm": "llm",
}
MOST_TURNS = 100


# With a limit, so that half of a surrogate pair is refused: it could be neither sent nor embedded.
Words = Annotated[str, StringConstraints(max_length=1_000_000)]


class TextPart(BaseModel):
    type: Literal["text"]
    text: Words


class OtherPart(BaseModel):
    """An image, a sound or a file: nothing here can look at it."""

    type: str


class Message(BaseModel):
    role: str
    content: Words | list[TextPart | OtherPart] | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatBody(BaseModel):
    """What of a chat completion request is used; the rest is for models that generate freely."""

    model_config = ConfigDict(extra="ignore")

    model: str = DEFAULT_MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=1_000)]
    # What is optional in this protocol may be sent as null.
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    source_events: bool | None = Field(
        default=None, description="Send Open WebUI's source events in the stream."
    )

    def as_question(self) -> Question:
        """The last user message, after those before it. Raises Problem."""
        turns = [
            Turn("user" if each.role == "user" else "assistant", each.text)
            for each in self.messages
            if each.role in ("user", "assistant") and each.text.strip()
        ]
        if not turns or turns[-1].role != "user":
            raise Problem(400, "The last message must be the user's question, as text.")
        text = turns[-1].content.strip()
        if len(text) > 2_000:
            raise Problem(400, "A question has at most 2,000 characters.")
        if self.model not in MODELS:
            known = ", ".join(MODELS)
            raise Problem(404, f"There is no model {self.model!r} here. There are: {known}.")
        history = tuple(turns[:-1][-MOST_TURNS:])
        return Question(text, history, answerer=MODELS[self.model])


@router.get("/models", summary="Who answers, as models")
def list_models(service: TheService) -> dict[str, object]:
    available = service.collection().answerers
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 0, "owned_by": "article-qa"}
            for name, answerer in MODELS.items()
            if answerer is None or answerer in available
        ],
    }


@router.post("/chat/completions", summary="Answer the last message of a conversation")
async def complete(
    body: ChatBody, request: Request, service: TheService, asking: Asking, json: InJson
) -> Response:
    question = body.as_question()
    service.check_askable(question)
    if body.stream:
        return EventSourceResponse(
            _stream(body, question, service, request), headers={"Cache-Control": "no-cache"}
        )
    answer = await cancel_on_disconnect(request, service.ask_async(question))
    if answer is None:
        return client_closed_response()
    base = str(request.base_url)
    message = {"role": "assistant", "content": answer.text, "refusal": None}
    return JSONResponse(
        {
            "id": f"chatcmpl-{answer.id}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body.model,
            "choices": [
                {
                    "index": 0,
                    "message": message | {"annotations": annotations(answer, base)},
                    "finish_reason": "stop",
                    "logprobs": None,
                }
            ],
            "usage": _usage(answer),
            **_beyond(answer),
        }
    )


def annotations(answer: Answer, base_url: str) -> list[dict[str, object]]:
    """A `url_citation` for each sentence and each citation of it. Articles without an address of
    their own are given the one they have here."""
    cited = {each.number: each for each in answer.citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": sentence.start,
                "end_index": sentence.end,
                "title": cited[number].title,
                "url": _address(cited[number], base_url),
            },
        }
        for sentence in answer.sentences
        for number in sentence.citations
    ]


async def _stream(
    body: ChatBody, question: Question, service: Service, request: Request
) -> AsyncIterator[bytes]:
    head: dict[str, object] = {
        "id": f"chatcmpl-{request.state.request_id}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body.model,
    }

    def chunk(delta: dict[str, object], finish_reason: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return _data({**head, "choices": [choice], **more})

    try:
        yield chunk({"role": "assistant", "content": ""})
        async for event in service.stream(question):
            if isinstance(event, Token):
                yield chunk({"content": event.text})
            elif isinstance(event, Answer):
                base = str(request.base_url)
                if body.source_events:
                    for source in source_events(event.citations, base):
                        # A chunk as well, so that a client which knows no events reads on.
                        yield _data({**head, "choices": [], **source})
                yield chunk({"annotations": annotations(event, base)}, "stop", **_beyond(event))
                if body.stream_options and body.stream_options.include_usage:
                    yield _data({**head, "choices": [], "usage": _usage(event)})
    except Exception as error:  # noqa: BLE001  # the status is sent: an event must say it
        failed = problem_for(error, request.state.request_id)
        yield _data({"error": {"message": failed["detail"], "type": "server_error"}})
    yield format_sse_event(data_str="[DONE]")


def source_events(citations: Sequence[Citation], base_url: str) -> list[dict[str, object]]:
    """Open WebUI's events that put numbered sources under a message, in the order of numbers."""
    return [
        {
            "event": {
                "type": "source",
                "data": {
                    "source": {"name": each.title, "url": _address(each, base_url)},
                    "document": [each.quote],
                    "metadata": [{"source": _address(each, base_url), "name": each.title}],
                },
            }
        }
        for each in citations
    ]


def _beyond(answer: Answer) -> dict[str, object]:
    return {
        "citations": to_jsonable_python(answer.citations),
        "passages": to_jsonable_python(answer.passages),
    }


def _usage(answer: Answer) -> dict[str, int]:
    usage = answer.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _address(citation: Citation, base_url: str) -> str:
    return citation.url or f"{base_url}articles/{quote(citation.article_id, safe='')}"


def _data(value: dict[str, object]) -> bytes:
    return format_sse_event(data_str=to_json(value).decode())
