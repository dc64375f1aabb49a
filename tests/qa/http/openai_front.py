"""The official OpenAI client in front of a service with a scripted chat model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from openai import OpenAI
from openai.types.chat import (
    ChatCompletionChunk,
    ChatCompletionMessageParam,
    ChatCompletionUserMessageParam,
)

from tests.openai_server import OpenAIServer
from tests.qa.llm_service import QUESTION, Answering


def user(text: str) -> ChatCompletionUserMessageParam:
    return {"role": "user", "content": text}


ASKED = user(QUESTION)
Fronting = Callable[..., "Front"]


@dataclass(frozen=True, slots=True)
class Front:
    """The official client, and what it speaks with."""

    client: OpenAI
    answering: Answering

    @property
    def model(self) -> OpenAIServer:
        return self.answering.model

    @property
    def any_client(self) -> Any:
        """The client, without the types of its responses, which are unions of all there can be."""
        return self.client

    @property
    def base_url(self) -> str:
        return f"{self.answering.served.url}/v1"

    def ask(self, *messages: ChatCompletionMessageParam, model: str = "article-qa") -> Any:
        return self.client.chat.completions.create(model=model, messages=messages or [ASKED])

    def stream(self, **more: Any) -> list[ChatCompletionChunk]:
        return list(
            self.client.chat.completions.create(
                model="article-qa", messages=[ASKED], stream=True, **more
            )
        )


def text_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
