"""What requests may hold."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qa.types import AnswererName, Question, Turn
from vectorstore.types import Filters

QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)
]


class FiltersBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    published_from: date | None = None
    published_to: date | None = None
    sources: list[str] = Field(default=[], max_length=1_000)
    article_ids: list[str] = Field(default=[], max_length=10_000)

    def filters(self) -> Filters:
        return Filters(
            self.published_from, self.published_to, tuple(self.sources), tuple(self.article_ids)
        )


class TurnBody(BaseModel):
    role: Literal["user", "assistant"]
    content: str = Field(max_length=20_000)


class AskBody(BaseModel):
    """A question: alone, or with the conversation that it follows."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "When did Binance.US join the Blockchain Association?"}]
        },
    )

    question: QuestionText
    history: list[TurnBody] = Field(default=[], max_length=100)
    filters: FiltersBody = FiltersBody()
    passages: int = Field(default=8, ge=1, le=20)
    answerer: AnswererName | None = None

    def as_question(self) -> Question:
        return Question(
            text=self.question,
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
            filters=self.filters.filters(),
            passages=self.passages,
            answerer=self.answerer,
        )
