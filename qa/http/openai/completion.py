"""An answer as a chat completion, or as the older completion of a prompt: whole, or as the chunks
of a stream."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.sse import format_sse_event
from pydantic_core import to_json

from qa.http.openai.generation_options import FinishReason, LimitedText
from qa.http.openai.rendering import (
    Rendering,
    beyond_the_protocol,
    nearest_titles,
    source_events,
    url_citations,
    whole_text,
)
from qa.types import Answer, Event, Token, Usage

Chunk = dict[str, Any]


class ChatShape:
    """One chat completion. With `source_events`, Open WebUI's events replace the annotations in a
    stream: it would show both."""

    def __init__(
        self,
        request_id: str,
        asked: Rendering,
        *,
        source_events: bool = False,
        include_usage: bool = False,
    ) -> None:
        self._asked = asked
        self._id = f"chatcmpl-{request_id}"
        self._created = int(time.time())
        self._text = LimitedText(asked.limit)
        self._source_events = source_events
        self._include_usage = include_usage

    def whole(self, answer: Answer) -> dict[str, Any]:
        text = self._text.add(whole_text(answer)) + self._text.rest()
        message = {
            "role": "assistant",
            "content": text,
            "refusal": None,
            "annotations": self._annotations(answer),
        }
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": self._text.finish_reason,
            "logprobs": None,
        }
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": usage_counts(self._asked.usage(answer, text)),
            **beyond_the_protocol(answer, self._asked),
        }

    def first(self) -> Iterator[bytes]:
        yield self._chunk({"role": "assistant", "content": ""})

    def of(self, event: Event) -> Iterator[bytes]:
        """The chunks for one event of an answer; none if the protocol has no equivalent."""
        if isinstance(event, Token):
            yield from self._pieces(self._text.add(event.text))
        elif isinstance(event, Answer):
            yield from self._pieces(self._text.add(nearest_titles(event)) + self._text.rest())
            yield from self._end(event)

    def failed(self, detail: str) -> Iterator[bytes]:
        yield data({"error": {"message": detail, "type": "server_error"}})

    def last(self) -> Iterator[bytes]:
        yield format_sse_event(data_str="[DONE]")

    def _pieces(self, text: str) -> Iterator[bytes]:
        if text:
            yield self._chunk({"content": text})

    def _end(self, answer: Answer) -> Iterator[bytes]:
        delta = {"annotations": self._annotations(answer)}
        if self._source_events:
            for source in source_events(answer.citations, self._asked.base_url):
                # In a chunk without choices, which clients unaware of these events skip.
                yield data({**self._head(), "choices": [], **source})
            delta = {}
        extra = beyond_the_protocol(answer, self._asked)
        yield self._chunk(delta, self._text.finish_reason, **extra)
        if self._include_usage:
            usage = self._asked.usage(answer, whole_text(answer)[: self._text.length])
            yield data({**self._head(), "choices": [], "usage": usage_counts(usage)})

    def _annotations(self, answer: Answer) -> list[dict[str, object]]:
        return [
            {"type": "url_citation", "url_citation": each}
            for each in url_citations(answer, self._asked, self._text.length)
        ]

    def _chunk(
        self,
        delta: Mapping[str, object],
        finish_reason: FinishReason | None = None,
        **more: object,
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return data({**self._head(), "choices": [choice], **more})

    def _head(self, kind: str = "chat.completion.chunk") -> Chunk:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._asked.model,
        }


class PromptShape:
    """One completion of a prompt. The protocol has no annotations for it."""

    def __init__(self, request_id: str, asked: Rendering, *, include_usage: bool = False) -> None:
        self._asked = asked
        self._head = {
            "id": f"cmpl-{request_id}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": asked.model,
        }
        self._text = LimitedText(asked.limit)
        self._include_usage = include_usage

    def whole(self, answer: Answer) -> dict[str, Any]:
        text = self._text.add(whole_text(answer)) + self._text.rest()
        usage = usage_counts(self._asked.usage(answer, text))
        extra = beyond_the_protocol(answer, self._asked)
        return self._with_choice(text, self._text.finish_reason) | {"usage": usage, **extra}

    def first(self) -> Iterator[bytes]:
        yield from ()

    def of(self, event: Event) -> Iterator[bytes]:
        if isinstance(event, Token):
            yield from self._pieces(self._text.add(event.text))
        elif isinstance(event, Answer):
            yield from self._pieces(self._text.add(nearest_titles(event)) + self._text.rest())
            extra = beyond_the_protocol(event, self._asked)
            yield data(self._with_choice("", self._text.finish_reason) | extra)
            if self._include_usage:
                usage = self._asked.usage(event, whole_text(event)[: self._text.length])
                yield data({**self._head, "choices": [], "usage": usage_counts(usage)})

    def failed(self, detail: str) -> Iterator[bytes]:
        yield data({"error": {"message": detail, "type": "server_error"}})

    def last(self) -> Iterator[bytes]:
        yield format_sse_event(data_str="[DONE]")

    def _pieces(self, text: str) -> Iterator[bytes]:
        if text:
            yield data(self._with_choice(text, None))

    def _with_choice(self, text: str, finish_reason: FinishReason | None) -> dict[str, Any]:
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head, "choices": [choice]}


def task_answer(request_id: str, reply: str) -> Answer:
    """The reply to a front-end's task, which is not an answer from the articles."""
    return Answer(
        id=request_id, question="", standalone_question="", answered=False, text=reply, passages=()
    )


def usage_counts(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def data(value: Mapping[str, object]) -> bytes:
    """An unnamed event."""
    return format_sse_event(data_str=to_json(value).decode())
