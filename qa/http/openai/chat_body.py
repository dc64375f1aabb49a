"""The body of a chat completion request, and the question it asks."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qa.http.openai.front_end_tasks import task_reply
from qa.http.openai.generation_options import (
    Stops,
    TokenLimit,
    notices_of,
    refuse_more_than_one,
    refuse_other_than_text,
    refuse_tools,
)
from qa.http.openai.served_models import MODELS, NamesModel
from qa.http.problems import Problem
from qa.http.request_bodies import HISTORY_CHARACTERS, HISTORY_TURNS, LONGEST_QUESTION, Day
from qa.types import Question, Turn

LONGEST_MESSAGE = HISTORY_CHARACTERS
MOST_MESSAGES = 10_000

Words = Annotated[str, StringConstraints(max_length=LONGEST_MESSAGE)]
AsOf = Annotated[
    Day, Field(description='Answer with what was published by this day, which is "today".')
]
INSTRUCTING = ("system", "developer")


class TextPart(BaseModel):
    type: Literal["text"]
    text: Words


class OtherPart(BaseModel):
    """An image, a sound or a file, which is ignored."""

    type: str


class ChatMessage(BaseModel):
    role: str
    content: Words | list[TextPart | OtherPart] | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatBody(NamesModel):
    """The fields of a chat completion request that are used. `notices` of the response says which
    others were given and had no effect."""

    model_config = ConfigDict(extra="allow")

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)] = Field(
        description=f"The question is the last message. Of those before it, at most "
        f"{HISTORY_TURNS} with {HISTORY_CHARACTERS:,} characters in all are read, the latest."
    )
    # Clients of this protocol may send optional fields as null.
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    source_events: bool | None = Field(
        default=None, description="Send Open WebUI's source events in the stream."
    )
    as_of: AsOf = None
    stop: Stops = None
    max_tokens: TokenLimit = None
    max_completion_tokens: TokenLimit = None
    n: int | None = None
    tool_choice: Any = None
    response_format: Any = None

    @property
    def most_tokens(self) -> int | None:
        given = [each for each in (self.max_tokens, self.max_completion_tokens) if each]
        return min(given, default=None)

    @property
    def notices(self) -> tuple[str, ...]:
        ignored = [name for name, value in (self.model_extra or {}).items() if value is not None]
        instructed = any(each.role in INSTRUCTING for each in self.messages)
        return notices_of(ignored, instructed=instructed)

    def task_reply(self) -> str | None:
        """The reply to a front-end that wants, say, a title for a chat; None if this is a
        question."""
        last = self.messages[-1]
        return task_reply(last.text) if last.role == "user" else None

    def refuse_options(self) -> None:
        """Raises Problem for options that cannot be honoured."""
        refuse_more_than_one(self.n)
        refuse_tools(self.tool_choice)
        refuse_other_than_text(self.response_format, "response_format")

    def as_question(self) -> Question:
        """The last user message, with the conversation before it. Raises Problem."""
        self.refuse_options()
        turns = [
            Turn("user" if each.role == "user" else "assistant", each.text)
            for each in self.messages
            if each.role in ("user", "assistant") and each.text.strip()
        ]
        return question_of(self, turns, self.as_of)


def question_of(body: NamesModel, turns: Sequence[Turn], as_of: Day) -> Question:
    """The question that a conversation ends with. Raises Problem."""
    if not turns or turns[-1].role != "user":
        raise Problem(400, "The last message must be the user's question, as text.")
    *history, asked = turns
    text = asked.content.strip()
    if len(text) > LONGEST_QUESTION:
        raise Problem(400, f"A question has at most {LONGEST_QUESTION:,} characters.")
    if any(len(turn.content) > LONGEST_MESSAGE for turn in history):
        raise Problem(400, f"A message has at most {LONGEST_MESSAGE:,} characters.")
    return Question(text, latest(history), answerer=MODELS[body.model_alone], as_of=as_of)


def latest(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The latest turns that fit the limits of a history, in order: clients of this protocol send
    the whole conversation every time."""
    room = HISTORY_CHARACTERS
    kept: list[Turn] = []
    for turn in reversed(turns[-HISTORY_TURNS:]):
        room -= len(turn.content)
        if room < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))
