"""The keys of the bodies of the HTTP interface, and what every problem document has."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

ANSWER = {
    "id", "question", "standalone_question", "answered", "text", "short_answer", "sentences",
    "citations", "passages", "answerer", "model", "usage", "timings_ms", "notice", "confidence",
    "timeframe", "as_of", "standing", "kept_until",
}  # fmt: skip
SENTENCE = {
    "start", "end", "text", "citations", "supported", "reason", "outcome", "probability",
    "attested", "earlier",
}  # fmt: skip
CITATION = {
    "number", "article_id", "passage_id", "title", "source", "author", "url", "published",
    "start", "end", "quote", "page", "cluster", "copies",
}  # fmt: skip
PASSAGE = {
    "id", "article_id", "title", "published", "source", "author", "url", "start", "end", "text",
    "score", "page", "cluster",
}  # fmt: skip
ARTICLE = {
    "id", "title", "published", "source", "author", "url", "text", "skipped", "skipped_reasons",
    "pages", "cluster", "copies",
}  # fmt: skip
ENTRY = {"id", "title", "published", "source", "author", "url", "passages", "cluster"}

Body = dict[str, Any]


def at(article_id: str) -> str:
    """The path of an article."""
    return f"/articles/{quote(article_id, safe='')}"


def assert_answer(body: Body) -> None:
    """The body has exactly the keys of the contract, all the way down."""
    assert set(body) == ANSWER
    assert set(body["usage"]) == {"input_tokens", "output_tokens", "cost"}
    assert set(body["timings_ms"]) == {"rewrite", "retrieve", "answer"}
    assert body["short_answer"] is None or set(body["short_answer"]) == {"text", "citation"}
    for key, shape in (("sentences", SENTENCE), ("citations", CITATION), ("passages", PASSAGE)):
        assert all(set(each) == shape for each in body[key])
    for sentence in body["sentences"]:
        assert body["text"][sentence["start"] : sentence["end"]] == sentence["text"]
    assert [each["number"] for each in body["citations"]] == list(
        range(1, len(body["citations"]) + 1)
    )


def assert_problem(response: httpx.Response, status: int) -> str:
    """The response is a problem document of this status; its detail, which is a sentence."""
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    body = response.json()
    assert body["type"] == "about:blank"
    assert body["status"] == status
    assert body["title"] == HTTPStatus(status).phrase
    detail: str = body["detail"]
    assert not detail[0].islower()
    assert detail.endswith(".")
    assert "Traceback" not in detail
    assert len(detail) < 500
    return detail


def events_of(response: httpx.Response) -> list[tuple[str, Any]]:
    """The events of a stream, each a name and its data."""
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.split("\n\n"):
        if not block.strip() or block.startswith(":"):
            continue
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert set(fields) == {"event", "data"}
        events.append((fields["event"], json.loads(fields["data"])))
    return events
