"""Any service that speaks OpenAI's protocol, as a `System`.

It is asked for chat completions only: there is no search to measure, and there are quotes only if
it returns `citations` as this project's service does.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from qa.answering.dated_quotes import TimelineEntry
from qa.evaluation.question_file import Case
from qa.evaluation.system import AskError, CannotSearch
from qa.types import UNANSWERED_TEXT, Answer, Citation, PassageResult, Question, Sentence, Usage
from vectorstore.errors import UserError
from vectorstore.types import Filters

SECONDS = 300.0
CITATIONS = TypeAdapter(tuple[Citation, ...])


class ServiceRefused(UserError):
    """The service cannot be asked at all; the message says why."""


@dataclass(frozen=True, slots=True)
class ChatService:
    """Where it is, which model to ask, and the words with which that says it has no answer."""

    url: str
    model: str
    declines: tuple[str, ...] = (UNANSWERED_TEXT,)


class OpenAISystem:
    """Asks a service. `article_text` returns the texts that the questions are about."""

    def __init__(
        self, service: ChatService, http: httpx.Client, article_text: Callable[[str], str]
    ) -> None:
        self._service = service
        self._http = http
        self.article_text = article_text

    def ask(self, question: Question) -> Answer:
        messages = [{"role": each.role, "content": each.content} for each in question.history]
        messages.append({"role": "user", "content": question.text})
        asked: dict[str, Any] = {"model": self._service.model, "messages": messages}
        if question.as_of is not None:
            asked["as_of"] = question.as_of.isoformat()
        body = _json(self._http, "POST", "chat/completions", asked)
        try:
            text = body["choices"][0]["message"]["content"] or ""
            counted = body.get("usage") or {}
            usage = Usage(
                int(counted.get("prompt_tokens") or 0), int(counted.get("completion_tokens") or 0)
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise AskError(f"The service's completion cannot be read ({error!r}).") from error
        answered = not declines(text, self._service.declines)
        citations = _citations(body) if answered else ()
        numbers = tuple(each.number for each in citations)
        return Answer(
            id=uuid.uuid4().hex,
            question=question.text,
            standalone_question=question.text,
            answered=answered,
            text=text,
            sentences=(Sentence(0, len(text), text, numbers, supported=True),),
            citations=citations,
            passages=(),
            answerer="llm",
            model=self._service.model,
            usage=usage,
        )

    def search(self, query: str, k: int, filters: Filters) -> tuple[PassageResult, ...]:
        raise CannotSearch("OpenAI's protocol has no search.")

    def timeline(self, about: str) -> tuple[TimelineEntry, ...]:
        raise AskError("OpenAI's protocol has no timelines.")

    def copies_of(self, article_id: str) -> frozenset[str]:
        return frozenset()


def is_of_openai(url: str) -> bool:
    """Whether a URL is an endpoint of this protocol.

    >>> is_of_openai("http://127.0.0.1:1234/v1/"), is_of_openai("http://127.0.0.1:8000")
    (True, False)
    """
    return url.rstrip("/").endswith("/v1")


def chat_service(
    http: httpx.Client, url: str, model: str | None, phrases: Sequence[str] = ()
) -> ChatService:
    """The service at `url`, with its first model if none is named. Raises ServiceRefused."""
    if model is None:
        try:
            listed = _json(http, "GET", "models")
            model = str(listed["data"][0]["id"])
        except (AskError, KeyError, IndexError, TypeError) as error:
            raise ServiceRefused(
                f"The service at {url} lists no models ({error}). Name one with --model."
            ) from error
    return ChatService(url, model, tuple(phrases) or (UNANSWERED_TEXT,))


def can_be_asked(case: Case) -> bool:
    """Whether a case can be asked in a chat: the protocol has no filters."""
    return not case.filters


def declines(text: str, phrases: Sequence[str]) -> bool:
    """Whether a text says that there is no answer, in one of these phrases.

    >>> declines("Sorry, the articles do not say.", ["The articles do not say."])
    True
    """
    words = " ".join(text.split()).casefold()
    return not words or any(" ".join(each.split()).casefold() in words for each in phrases)


def _citations(body: dict[str, Any]) -> tuple[Citation, ...]:
    """Those that this project's service adds to the protocol."""
    try:
        return CITATIONS.validate_python(body.get("citations") or ())
    except ValidationError:
        return ()


def _json(
    http: httpx.Client, method: str, path: str, content: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Raises AskError."""
    try:
        response = http.request(method, path, json=content)
        response.raise_for_status()
        body = response.json()
    except httpx.HTTPStatusError as error:
        said = " ".join(error.response.text.split())[:300]
        raise AskError(f"The service returned {error.response.status_code}: {said}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise AskError(
            f"The service does not answer as expected ({str(error) or type(error).__name__})."
        ) from error
    if not isinstance(body, dict):
        raise AskError("The service's response is no JSON object.")
    return body
