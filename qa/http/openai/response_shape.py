"""An answer in the shape of `POST /v1/responses`: whole, or as named events."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from qa.http.event_stream import named_event
from qa.http.openai.generation_options import LimitedText
from qa.http.openai.rendering import (
    Rendering,
    beyond_the_protocol,
    nearest_titles,
    url_citations,
    whole_text,
)
from qa.types import Answer, Event, Token, Usage


class ResponseShape:
    """One response: a single message with a single text. `previous` is the id of the response it
    continues; `is_stored` says whether it can be continued itself."""

    def __init__(
        self,
        response_id: str,
        request_id: str,
        asked: Rendering,
        most_tokens: int | None = None,
        *,
        previous: str | None = None,
        is_stored: bool = False,
    ) -> None:
        self._id = response_id
        self._previous = previous
        self.is_stored = is_stored
        self._message_id = f"msg_{request_id}"
        self._created = int(time.time())
        self._asked = asked
        self._most_tokens = most_tokens
        self._text = LimitedText(asked.limit)
        self._events = 0

    def whole(self, answer: Answer) -> dict[str, Any]:
        text = self._text.add(whole_text(answer)) + self._text.rest()
        return self._completed(answer, text)

    def first(self) -> Iterator[bytes]:
        for name in ("created", "in_progress"):
            yield self._event(f"response.{name}", response=self._response("in_progress", []))
        yield self._event(
            "response.output_item.added",
            output_index=0,
            item=self._message("in_progress", []),
        )
        yield self._in_text("content_part.added", part=_part("", []))

    def of(self, event: Event) -> Iterator[bytes]:
        if isinstance(event, Token):
            yield from self._delta(self._text.add(event.text))
        elif isinstance(event, Answer):
            yield from self._delta(self._text.add(nearest_titles(event)) + self._text.rest())
            yield from self._end(event, whole_text(event)[: self._text.length])

    def failed(self, detail: str) -> Iterator[bytes]:
        error = {"code": "server_error", "message": detail}
        yield self._event("response.failed", response=self._response("failed", [], error=error))

    def last(self) -> Iterator[bytes]:
        yield from ()

    def _delta(self, text: str) -> Iterator[bytes]:
        if text:
            yield self._in_text("output_text.delta", delta=text, logprobs=[])

    def _end(self, answer: Answer, text: str) -> Iterator[bytes]:
        completed = self._completed(answer, text)
        (message,) = completed["output"]
        (part,) = message["content"]
        for index, annotation in enumerate(part["annotations"]):
            yield self._in_text(
                "output_text.annotation.added", annotation_index=index, annotation=annotation
            )
        yield self._in_text("output_text.done", text=text, logprobs=[])
        yield self._in_text("content_part.done", part=part)
        yield self._event("response.output_item.done", output_index=0, item=message)
        yield self._event(f"response.{completed['status']}", response=completed)

    def _completed(self, answer: Answer, text: str) -> dict[str, Any]:
        annotations = [
            {"type": "url_citation", **each}
            for each in url_citations(answer, self._asked, self._text.length)
        ]
        is_cut = self._text.finish_reason == "length"
        status = "incomplete" if is_cut else "completed"
        message = self._message(status, [_part(text, annotations)])
        return self._response(
            status,
            [message],
            incomplete_details={"reason": "max_output_tokens"} if is_cut else None,
            usage=_usage(self._asked.usage(answer, text)),
            **beyond_the_protocol(answer, self._asked),
        )

    def _message(self, status: str, content: list[Mapping[str, object]]) -> dict[str, Any]:
        return {
            "id": self._message_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def _response(
        self, status: str, output: list[Mapping[str, object]], **more: object
    ) -> dict[str, Any]:
        """Fields that the protocol requires but that mean nothing here have their defaults."""
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": self._most_tokens,
            "metadata": {},
            "model": self._asked.model,
            "output": output,
            "parallel_tool_calls": False,
            "previous_response_id": self._previous,
            "store": self.is_stored,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": None,
            **more,
        }

    def _in_text(self, name: str, **more: object) -> bytes:
        """An event about the message's text."""
        return self._event(
            f"response.{name}",
            item_id=self._message_id,
            output_index=0,
            content_index=0,
            **more,
        )

    def _event(self, name: str, **more: object) -> bytes:
        numbered = {"type": name, "sequence_number": self._events, **more}
        self._events += 1
        return named_event(name, numbered)


def _part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _usage(usage: Usage) -> dict[str, object]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
