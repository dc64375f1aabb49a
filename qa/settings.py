"""Settings from flags, the environment (QA_*), .env and defaults, read only here."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError, from_json
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from qa.default_collection import DEFAULT_COLLECTION
from vectorstore.bundled_model import BUNDLED_MODEL
from vectorstore.errors import UserError

PREFIX = "QA_"
"""Of the environment variables."""


class SettingsError(UserError):
    """A setting has an invalid value; the message names it and says what is accepted."""


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _from_json(value: object) -> object:
    try:
        return from_json(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError("not_json", "Input should be JSON") from None


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Comma-separated."""

Price = Annotated[float, Field(ge=0)]
Prices = tuple[Price, Price]
"""Per million tokens read, and per million written."""
PricesOfModels = Annotated[dict[str, Prices], NoDecode, BeforeValidator(_from_json)]

RATE = r"^(none|[1-9]\d*/(second|minute|hour|day))$"


class Settings(BaseSettings):
    """Every field can be set by an environment variable: `data` by QA_DATA."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Field(Path("data"), description="the index folder")
    database_url: SecretStr | None = Field(
        None, description="the PostgreSQL that keeps articles, instead of the index folder"
    )
    chroma_url: str | None = Field(
        None, description="the Chroma server that keeps vectors; set both or neither"
    )
    collection: str = Field(
        DEFAULT_COLLECTION,
        description="the collection that commands work on; `qa collections` lists them",
    )
    host: str = Field("127.0.0.1", description="the address that `qa serve` listens on")
    port: int = Field(
        8000, ge=0, le=65535, description="the port it listens on; 0 picks a free one"
    )
    hosts: Names = Field(
        (), description="the names it is reached under, such as qa.example.org; needs keys"
    )
    api_keys: SecretStr | None = Field(
        None, description="keys that it accepts, comma-separated; KEY:read may change nothing"
    )
    keys_file: Path | None = Field(
        None, description="the file of `qa keys`; by default keys.json in the index folder"
    )
    key_rate: str = Field(
        "300/minute", pattern=RATE, description="the most requests with one key, or none"
    )
    address_rate: str = Field(
        "600/minute", pattern=RATE, description="the most requests from one address, or none"
    )
    cors_origins: Names = Field(
        (), description="other websites whose pages may use it, such as https://app.example.org"
    )
    trusted_proxies: Names = Field(
        (),
        description="addresses or networks of proxies whose X-Forwarded headers are believed; "
        "needs keys",
    )
    model: str | None = Field(None, description="the chat model, such as openai:gpt-5-mini")
    model_base_url: str | None = Field(None, description="a server that speaks OpenAI's protocol")
    model_api_key: SecretStr | None = Field(None, description="the API key of the model's provider")
    model_timeout: float = Field(
        60.0, gt=0, description="seconds that the model has for a question, retries included"
    )
    model_prices: PricesOfModels = Field(
        {},
        description="prices of a million tokens in and out, as "
        '{"openai:gpt-5-mini": [0.25, 2]}; answers then have a cost',
    )
    model_concurrency: int = Field(
        4, ge=1, description="the maximum number of concurrent model calls"
    )
    prompts: Path | None = Field(
        None, description="a folder of prompts of your own, which are used instead of the bundled"
    )
    answer_language: str | None = Field(
        None,
        max_length=100,
        description="the language that the chat model answers in, such as German; by default that "
        "of the question",
    )
    answer_length: Literal["short", "medium", "long"] = Field(
        "medium", description="the length of its answers: short, medium or long"
    )
    answer_tone: str | None = Field(
        None, max_length=200, description="the tone of its answers, such as warm and plain"
    )
    unsupported: Literal["mark", "drop"] = Field(
        "mark", description="whether to mark or drop sentences that no passage supports"
    )
    checker: str = Field(
        "bundled",
        description="what checks sentences: bundled, rules, llm, or a folder or hub name of a "
        "CrossEncoder for entailment",
    )
    reader: str = Field(
        "bundled",
        description="what reads passages for answers: bundled, none, or a folder or hub name of a "
        "model for extractive question answering",
    )
    reranker: str = Field(
        "reader",
        description="what ranks passages: reader, none, or a folder or hub name of a CrossEncoder "
        "with one output",
    )
    reading_seconds: float = Field(
        1.0,
        ge=0,
        description="seconds to read passages in; others are ranked by search score and position",
    )
    embedding_model: str = Field(
        BUNDLED_MODEL, description="a folder, or a model name on the Hugging Face Hub"
    )
    keep_all: bool = Field(
        False, description="whether to search promotional and repeated paragraphs too"
    )
    fetch_allow: str = Field(
        "",
        description="networks that may be fetched from although they are not public, such as "
        "192.168.1.0/24, separated by commas",
    )
    follow_minutes: float = Field(
        60.0, gt=0, description="minutes between two looks at what is followed"
    )
    log: Literal["text", "json"] = Field(
        "text", description="how `qa serve` logs; json also has a line for every request"
    )
    otel_endpoint: str | None = Field(
        None, description="where traces are sent, by OTLP over HTTP; needs article-qa[otel]"
    )
    trace_questions: bool = Field(False, description="whether questions are recorded in traces")
    cache: int = Field(
        256,
        ge=0,
        description="the number of answers, and of questions read for, kept in memory; 0: none",
    )
    answer_days: float = Field(
        30.0,
        ge=0,
        le=36_500,
        description="days that answers are kept for, to be opened and verified later; 0 keeps none",
    )

    @model_validator(mode="after")
    def _servers_come_together(self) -> Self:
        if (self.database_url is None) != (self.chroma_url is None):
            given, missing = "QA_DATABASE_URL", "QA_CHROMA_URL"
            if self.database_url is None:
                given, missing = missing, given
            raise ValueError(
                f"{given} is set, and {missing} is not: an index is kept on both servers, or in a "
                "folder"
            )
        return self

    @property
    def path_of_keys(self) -> Path:
        return self.keys_file or self.data / "keys.json"


def read_settings(**flags: object) -> Settings:
    """Read the settings. `flags` override the environment; a flag that is None is ignored.

    Raises SettingsError.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"QA_{str(each['loc'][0]).upper()} is {each['input']!r}: {each['msg']}"
            if each["loc"]
            else str(each["ctx"]["error"])
            for each in error.errors()
        )
        raise SettingsError(f"A setting is invalid. {problems}.") from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8. Save it as UTF-8.") from None


def settings_of_another_index(settings: Settings, where: str, chroma_url: str | None) -> Settings:
    """The same settings for an index elsewhere: in a folder, or in PostgreSQL and Chroma.

    Raises SettingsError.
    """
    is_folder = "://" not in where
    if is_folder == (chroma_url is not None):
        raise SettingsError(
            "An index on servers is in PostgreSQL and in Chroma: give both, as "
            "--to postgresql://... --chroma http://HOST:8000; for a folder, --to FOLDER alone."
        )
    changes = (
        {"data": Path(where), "database_url": None, "chroma_url": None}
        if is_folder
        else {"database_url": SecretStr(where), "chroma_url": chroma_url}
    )
    return settings.model_copy(update=changes)


def environment_without_settings() -> dict[str, str]:
    """The environment for a process that has its own settings and not those of this machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
