"""The body of `POST /v1/responses`, and the question it asks."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.http.openai.chat_body import INSTRUCTING, MOST_MESSAGES, AsOf, OtherPart, Words, question_of
from qa.http.openai.generation_options import (
    TokenLimit,
    notices_of,
    refuse_other_than_text,
    refuse_tools,
)
from qa.http.openai.served_models import NamesModel
from qa.http.problems import Problem
from qa.types import Question, Turn


class WordsPart(BaseModel):
    type: Literal["input_text", "output_text", "text"]
    text: Words


class InputItem(BaseModel):
    """A message; items of other types are ignored."""

    type: str = "message"
    role: str = ""
    content: Words | list[WordsPart | OtherPart] | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if isinstance(part, WordsPart))


class ResponseBody(NamesModel):
    """The fields that are used. A conversation goes on from `previous_response_id`, or is sent as
    `input`."""

    model_config = ConfigDict(extra="allow")

    input: Words | Annotated[list[InputItem], Field(min_length=1, max_length=MOST_MESSAGES)] = (
        Field(description="A question, or a conversation whose last message is the question.")
    )
    stream: bool | None = None
    as_of: AsOf = None
    instructions: Any = None
    max_output_tokens: TokenLimit = None
    tool_choice: Any = None
    text: Any = None
    previous_response_id: str | None = None
    store: bool | None = Field(
        default=None, description="Whether it can be gone on from. Default: true."
    )
    conversation: Any = None
    background: bool | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        ignored = [name for name, value in (self.model_extra or {}).items() if value is not None]
        instructed = bool(self.instructions) or any(
            each.role in INSTRUCTING for each in self._items()
        )
        return notices_of(ignored, instructed=instructed)

    def as_question(self, earlier: Sequence[Turn] = ()) -> Question:
        """The question, after the `earlier` turns of the response it continues. Raises Problem."""
        refuse_tools(self.tool_choice)
        if isinstance(self.text, dict):
            refuse_other_than_text(self.text.get("format"), "text.format")
        if self.conversation:
            raise Problem(
                400,
                "This service has no conversations of its own: leave conversation out, and go on "
                "from a response with previous_response_id.",
            )
        if self.background:
            raise Problem(400, "A response comes at once: leave background out, or use stream.")
        turns = [
            Turn("user" if each.role == "user" else "assistant", each.text)
            for each in self._items()
            if each.type == "message" and each.role in ("user", "assistant") and each.text.strip()
        ]
        return question_of(self, [*earlier, *turns], self.as_of)

    def _items(self) -> list[InputItem]:
        if isinstance(self.input, str):
            return [InputItem(role="user", content=self.input)]
        return self.input
