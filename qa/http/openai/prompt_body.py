"""The body of a prompt completion request, whose prompt is taken as a question."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from qa.http.openai.chat_body import AsOf, StreamOptions, Words, question_of
from qa.http.openai.generation_options import (
    Stops,
    TokenLimit,
    notices_of,
    refuse_more_than_one,
)
from qa.http.openai.served_models import NamesModel
from qa.http.problems import Problem
from qa.types import Question, Turn


class PromptBody(NamesModel):
    """The fields of a completion request that are used."""

    model_config = ConfigDict(extra="allow")

    prompt: Words | Annotated[list[Any], Field(max_length=1_000)] = Field(
        description="A question, or a list of one."
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    as_of: AsOf = None
    stop: Stops = None
    max_tokens: TokenLimit = None
    n: int | None = None
    best_of: int | None = None
    echo: bool | None = None
    suffix: str | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        extra = self.model_extra or {}
        return notices_of([name for name, value in extra.items() if value is not None])

    def as_question(self) -> Question:
        """Raises Problem."""
        refuse_more_than_one(self.n)
        refuse_more_than_one(self.best_of, "best_of")
        if self.echo or self.suffix:
            raise Problem(400, "A prompt is answered, not continued: leave echo and suffix out.")
        prompts = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        if len(prompts) != 1 or not isinstance(prompts[0], str):
            raise Problem(400, "Send one prompt at a time, as text.")
        turns = [Turn("user", prompts[0])] if prompts[0].strip() else []
        return question_of(self, turns, self.as_of)
