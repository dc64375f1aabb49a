"""Request bodies, and how long their parts may be."""

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from qa.schemas import CollectionInfo
from qa.types import AnswererName, Question, Turn
from vectorstore.types import Filters

LONGEST_QUESTION = 2_000
LONGEST_TURN = 20_000
HISTORY_TURNS = 100
HISTORY_CHARACTERS = 100_000
LONGEST_TEXT = 20_000
MOST_ARTICLE_IDS = 10_000

QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)
]


def _written_as_day(value: object) -> object:
    """Pydantic would also accept numbers, as seconds since 1970."""
    if value is None or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("It is not a day. Write it as 2022-04-20")


Day = Annotated[date | None, BeforeValidator(_written_as_day)]


def check_days(published_from: date | None, published_to: date | None) -> None:
    """Raises ValueError, with a sentence, for an empty date range."""
    if published_from and published_to and published_from > published_to:
        raise ValueError(
            f"published_from ({published_from}) is after published_to ({published_to}), so no "
            "article can match"
        )


class FiltersBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    published_from: Day = None
    published_to: Day = None
    sources: list[str] = Field(default=[], max_length=1_000)
    article_ids: list[str] = Field(default=[], max_length=MOST_ARTICLE_IDS)

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
    content: str = Field(max_length=LONGEST_TURN)


def _within_the_limit(history: list[TurnBody]) -> list[TurnBody]:
    characters = sum(len(turn.content) for turn in history)
    if characters > HISTORY_CHARACTERS:
        raise ValueError(
            f"The turns have {characters:,} characters in all, and may have "
            f"{HISTORY_CHARACTERS:,}. Leave out the oldest"
        )
    return history


class AskBody(BaseModel):
    """A question, alone or with the conversation before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "When did Binance.US join the Blockchain Association?"}]
        },
    )

    question: QuestionText
    history: Annotated[list[TurnBody], AfterValidator(_within_the_limit)] = Field(
        default=[],
        max_length=HISTORY_TURNS,
        description=f"At most {HISTORY_CHARACTERS:,} characters in all.",
    )
    filters: FiltersBody = FiltersBody()
    passages: int = Field(default=8, ge=1, le=20)
    answerer: AnswererName | None = None
    as_of: Day = Field(
        default=None,
        description='Answer with what was published by this day, which is "today".',
    )
    reads_dates: bool = Field(
        default=True,
        description='Whether "in April 2022" or "last week" in the question narrows the search.',
    )

    def as_question(self) -> Question:
        return Question(
            text=self.question,
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
            filters=self.filters.filters(),
            passages=self.passages,
            answerer=self.answerer,
            as_of=self.as_of,
            reads_dates=self.reads_dates,
        )


Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class AddressBody(BaseModel):
    """An address on the web; to follow, also a folder of the machine that the service runs on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"address": "https://example.org/feed"}]}
    )

    address: Address


class LookBody(BaseModel):
    """What to look at now: one followed address, or all."""

    model_config = ConfigDict(extra="forbid")

    address: Address | None = None


class ReindexBody(BaseModel):
    """The embedding model to search with, as QA_EMBEDDING_MODEL names one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"model": "all-MiniLM-L6-v2"}]}
    )

    model: Address


Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class CollectionBody(BaseModel):
    """A collection to add."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "news", "description": "What the papers say"}]},
    )

    name: str = Field(max_length=64, description="Letters a to z, digits and hyphens.")
    description: Description = ""
    embedding_model: str | None = Field(
        None, max_length=500, description="A folder or a name on the hub; null: QA_EMBEDDING_MODEL."
    )
    chat_model: bool = Field(
        True, description="Whether the chat model may read its articles and questions."
    )

    def as_info(self) -> CollectionInfo:
        return CollectionInfo(self.name, self.description, self.embedding_model, self.chat_model)


class CollectionChangeBody(BaseModel):
    """What to change of a collection; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "papers"}]})

    name: str | None = Field(None, max_length=64)
    description: Description | None = None
    chat_model: bool | None = None

    def applied_to(self, info: CollectionInfo) -> CollectionInfo:
        given = self.model_dump(exclude_none=True)
        return replace(info, **given)


class CheckBody(BaseModel):
    """A text to check."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "Binance.US joined the Blockchain Association in 2019."}]
        },
    )

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
    ]
    article_ids: list[str] = Field(
        default=[],
        max_length=MOST_ARTICLE_IDS,
        description="Check it against these articles only.",
    )
