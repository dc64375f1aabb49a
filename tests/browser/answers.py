"""Answers in the JSON of the service, built from the text of real articles."""

from collections.abc import Sequence
from typing import Any

UNANSWERED = "The articles do not say."


def outcome_of(reason: str | None) -> str:
    if reason is None:
        return "supported"
    return "contradicted" if reason.startswith("The articles say") else "not_found"


def written(
    question: str,
    sentences: Sequence[tuple[str, list[int], str | None]],
    citations: list[dict[str, Any]],
    **more: object,
) -> dict[str, Any]:
    """A written answer from (sentence with its separator before it, citations, reason why not)."""
    text = ""
    checked = []
    for said, numbers, reason in sentences:
        start = len(text) + len(said) - len(said.lstrip("\n -"))
        text += said
        checked.append(
            {
                "start": start,
                "end": len(text),
                "text": text[start:],
                "citations": numbers,
                "supported": reason is None,
                "reason": reason,
                "outcome": outcome_of(reason),
                "probability": 0.9 if reason is None else 0.1,
            }
        )
    return {
        "id": "1",
        "question": question,
        "standalone_question": question,
        "answered": True,
        "text": text,
        "short_answer": None,
        "sentences": checked,
        "citations": citations,
        "passages": [],
        "answerer": "llm",
        "model": "openai:scripted",
        "usage": {"input_tokens": 1, "output_tokens": 1},
        "timings_ms": {},
        "notice": None,
        **more,
    }


def citation_of(article: dict[str, Any], start: int, end: int, number: int = 1) -> dict[str, Any]:
    """A citation of the words [start, end) of an article, in code points."""
    return {
        "number": number,
        "article_id": article["id"],
        "passage_id": "1",
        "title": article["title"],
        "source": article["source"],
        "url": article["url"],
        "published": article["published"],
        "start": start,
        "end": end,
        "quote": article["text"][start:end],
    }


def passage_of(article: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    return {
        "id": f"{article['id']} {start}",
        "article_id": article["id"],
        "title": article["title"],
        "source": article["source"],
        "url": article["url"],
        "published": article["published"],
        "start": start,
        "end": end,
        "text": article["text"][start:end],
        "score": 0.5,
    }
