"""The body of a chat completion request, and the question that it asks."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qa.http.problems import Problem
from qa.http.request_bodies import HISTORY_CHARACTERS, HISTORY_TURNS, LONGEST_QUESTION, Day
from qa.types import AnswererName, Question, Turn

DEFAULT_MODEL = "article-qa"
MODELS: dict[str, AnswererName | None] = {
    DEFAULT_MODEL: None,
    "article-qa-extractive": "extractive",
    "article-qa-llm": "llm",
}
"""Of the default collection, or of the one that the address leads into. A name after a slash is
that of another: article-qa/news."""
LONGEST_MESSAGE = HISTORY_CHARACTERS
MOST_MESSAGES = 10_000

# The limit also makes pydantic refuse half of a surrogate pair, which cannot be sent or embedded.
Words = Annotated[str, StringConstraints(max_length=LONGEST_MESSAGE)]


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


class ChatBody(BaseModel):
    """The fields of a chat completion request that are used. The others are ignored: they are for
    models that generate freely."""

    model_config = ConfigDict(extra="ignore")

    model: str = DEFAULT_MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)] = Field(
        description=f"The question is the last message. Of those before it, at most "
        f"{HISTORY_TURNS} with {HISTORY_CHARACTERS:,} characters in all are read, the latest."
    )
    # Optional fields of this protocol may be sent as null.
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    source_events: bool | None = Field(
        default=None, description="Send Open WebUI's source events in the stream."
    )
    as_of: Day = Field(
        default=None,
        description='Answer with what was published by this day, which is "today".',
    )

    @property
    def answerer(self) -> str:
        """The model without the collection."""
        return self.model.partition("/")[0]

    @property
    def collection(self) -> str | None:
        """The collection that the model names; None if it names none."""
        _, slash, name = self.model.partition("/")
        return name if slash else None

    def as_question(self) -> Question:
        """The last user message, with the conversation before it. Raises Problem."""
        turns = [
            Turn("user" if each.role == "user" else "assistant", each.text)
            for each in self.messages
            if each.role in ("user", "assistant") and each.text.strip()
        ]
        if not turns or turns[-1].role != "user":
            raise Problem(400, "The last message must be the user's question, as text.")
        *history, asked = turns
        text = asked.content.strip()
        if len(text) > LONGEST_QUESTION:
            raise Problem(400, f"A question has at most {LONGEST_QUESTION:,} characters.")
        if any(len(turn.content) > LONGEST_MESSAGE for turn in history):
            raise Problem(400, f"A message has at most {LONGEST_MESSAGE:,} characters.")
        return Question(text, latest(history), answerer=MODELS[self.answerer], as_of=self.as_of)


def latest(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The latest turns that are within the limits of a history, in their order: clients of this
    protocol send the whole conversation every time."""
    room = HISTORY_CHARACTERS
    kept: list[Turn] = []
    for turn in reversed(turns[-HISTORY_TURNS:]):
        room -= len(turn.content)
        if room < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))
