"""Settings from flags, the environment (QA_*), .env and defaults, read only here."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorstore.embedding import BUNDLED_MODEL
from vectorstore.errors import UserError


class SettingsError(UserError):
    """A setting has an invalid value; the message names it and says what is accepted."""


class Settings(BaseSettings):
    """Every field can be set by an environment variable: `data` by QA_DATA."""

    model_config = SettingsConfigDict(
        env_prefix="QA_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Field(Path("data"), description="the index folder")
    host: str = Field("127.0.0.1", description="the address that `qa serve` listens on")
    port: int = Field(
        8000, ge=0, le=65535, description="the port it listens on; 0 picks a free one"
    )
    model: str | None = Field(None, description="the chat model, such as openai:gpt-5-mini")
    model_base_url: str | None = Field(None, description="a server that speaks OpenAI's protocol")
    model_api_key: SecretStr | None = Field(None, description="the API key of the model's provider")
    model_timeout: float = Field(60.0, gt=0, description="seconds to wait for the model")
    model_concurrency: int = Field(
        4, ge=1, description="the maximum number of concurrent model calls"
    )
    unsupported: Literal["mark", "drop"] = Field(
        "mark", description="whether to mark or drop sentences that no passage supports"
    )
    embedding_model: str = Field(
        BUNDLED_MODEL, description="a folder, or a model name on the Hugging Face Hub"
    )
    keep_all: bool = Field(
        False, description="whether to search promotional and repeated paragraphs too"
    )
    cache: int = Field(
        256, ge=0, description="the number of answers cached in memory; 0 disables the cache"
    )


def read_settings(**flags: object) -> Settings:
    """Read the settings. `flags` override the environment; a flag that is None is ignored.

    Raises SettingsError.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"QA_{str(each['loc'][0]).upper()} is {each['input']!r}: {each['msg']}"
            for each in error.errors()
        )
        raise SettingsError(f"A setting is invalid. {problems}.") from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8. Save it as UTF-8.") from None
