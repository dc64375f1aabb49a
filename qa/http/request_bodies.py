"""What requests may hold."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from qa.types import AnswererName, Question, Turn
from vectorstore.types import Filters

QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)
]


def _written_as_day(value: object) -> object:
    """Pydantic would take numbers as well, as seconds since 1970."""
    if value is None or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("It is no day. Write it as 2022-04-20")


Day = Annotated[date | None, BeforeValidator(_written_as_day)]


def check_days(published_from: date | None, published_to: date | None) -> None:
    """Raises ValueError, with a sentence, for a range in which no day is."""
    if published_from and published_to and published_from > published_to:
        raise ValueError(
            f"published_from ({published_from}) is after published_to ({published_to}), so that no "
            "article can be meant"
        )


class FiltersBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    published_from: Day = None
    published_to: Day = None
    sources: list[str] = Field(default=[], max_length=1_000)
    article_ids: list[str] = Field(default=[], max_length=10_000)

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        check_days(self.published_from, self.published_to)
        return self

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
