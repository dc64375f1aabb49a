"""An answer in the shape of a chat completion: whole, or as the chunks of a stream."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic_core import to_jsonable_python

from qa.types import UNANSWERED_TEXT, Answer, Citation, Event, Token

Chunk = dict[str, Any]

NEAREST = 3


def completion(answer: Answer, model: str, base_url: str) -> dict[str, Any]:
    """The body of a response that is not streamed."""
    message = {
        "role": "assistant",
        "content": answer.text + nearest_titles(answer),
        "refusal": None,
        "annotations": annotations(answer, base_url),
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [choice],
        "usage": _usage(answer),
        **_beyond_the_protocol(answer),
    }


class CompletionChunks:
    """The chunks of one streamed completion, which share an id."""

    def __init__(
        self,
        request_id: str,
        model: str,
        base_url: str,
        *,
        source_events: bool = False,
        include_usage: bool = False,
    ) -> None:
        self._head: Chunk = {
            "id": f"chatcmpl-{request_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        self._base_url = base_url
        self._source_events = source_events
        self._include_usage = include_usage

    def first(self) -> Chunk:
        return self._chunk({"role": "assistant", "content": ""})

    def of(self, event: Event) -> Iterator[Chunk]:
        """The chunks for one event of an answer; none for what the protocol has no words for."""
        if isinstance(event, Token):
            yield self._chunk({"content": event.text})
        elif isinstance(event, Answer):
            yield from self._last(event)

    def _last(self, answer: Answer) -> Iterator[Chunk]:
        if self._source_events:
            for source in source_events(answer.citations, self._base_url):
                # In a chunk without choices, which clients that do not know these events skip.
                yield {**self._head, "choices": [], **source}
        if nearest := nearest_titles(answer):
            yield self._chunk({"content": nearest})
        delta = {"annotations": annotations(answer, self._base_url)}
        yield self._chunk(delta, "stop") | _beyond_the_protocol(answer)
        if self._include_usage:
            yield {**self._head, "choices": [], "usage": _usage(answer)}

    def _chunk(self, delta: Mapping[str, object], finish_reason: str | None = None) -> Chunk:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head, "choices": [choice]}


def nearest_titles(answer: Answer) -> str:
    """What to add to an answer that the articles do not give: the titles of the nearest ones."""
    if not answer.text.startswith(UNANSWERED_TEXT) or not answer.passages:
        return ""
    found = {each.article_id: each for each in answer.passages}
    titles = [
        f"“{' '.join(each.title.split()) or each.article_id}”"
        + (f" ({each.published.isoformat()})" if each.published else "")
        for each in found.values()
    ]
    return f" Nearest: {'; '.join(titles[:NEAREST])}."


def annotations(answer: Answer, base_url: str) -> list[dict[str, object]]:
    """A `url_citation` for each citation of each sentence. An article without a URL of its own is
    cited under the one it has here."""
    cited = {each.number: each for each in answer.citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": sentence.start,
                "end_index": sentence.end,
                "title": cited[number].title,
                "url": _url(cited[number], base_url),
            },
        }
        for sentence in answer.sentences
        for number in sentence.citations
    ]


def source_events(citations: Sequence[Citation], base_url: str) -> list[dict[str, object]]:
    """Open WebUI's events that show numbered sources under a message, in the order of numbers."""
    return [
        {
            "event": {
                "type": "source",
                "data": {
                    "source": {"name": each.title, "url": _url(each, base_url)},
                    "document": [each.quote],
                    "metadata": [{"source": _url(each, base_url), "name": each.title}],
                },
            }
        }
        for each in citations
    ]


def _beyond_the_protocol(answer: Answer) -> dict[str, object]:
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


def _url(citation: Citation, base_url: str) -> str:
    return citation.url or f"{base_url}articles/{quote(citation.article_id, safe='')}"
