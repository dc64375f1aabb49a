"""Settings to a LangChain chat model, of any provider that LangChain knows."""

from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel

from qa.settings import Settings
from vectorstore.errors import UserError

ChatModel = BaseChatModel
"""For the modules that take one and leave LangChain behind this door."""

EXTRAS = ("openai", "anthropic", "ollama")


class ModelError(UserError):
    """The chat model cannot be made of the settings."""


def make_chat_model(settings: Settings) -> ChatModel:
    """The model named by QA_MODEL. Reaches nothing yet.

    Raises ModelError without a name, for one that no provider goes by, and for a provider whose
    package is not installed.
    """
    if not settings.model:
        raise ModelError("No chat model is configured: set QA_MODEL, such as openai:gpt-5-mini.")
    given = {
        "base_url": settings.model_base_url,
        "api_key": settings.model_api_key and settings.model_api_key.get_secret_value(),
        "timeout": settings.model_timeout,
    }
    known: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    known |= _own_settings(settings)
    provider, _, name = settings.model.partition(":")
    if not provider or not name:
        raise ModelError(
            f"QA_MODEL is {settings.model!r}; write it as provider:model, "
            "such as openai:gpt-5-mini."
        )
    try:
        model: ChatModel = init_chat_model(settings.model, **known)
    except ImportError as error:
        extra = f"article-qa[{provider}]" if provider in EXTRAS else f"langchain-{provider}"
        raise ModelError(
            f"The chat model {settings.model} needs a package that is not installed: "
            f"pip install '{extra}'."
        ) from error
    except ValueError as error:
        raise ModelError(
            f"QA_MODEL is {settings.model!r}, which names no provider that is known; "
            "write it as provider:model, such as openai:gpt-5-mini."
        ) from error
    except Exception as error:
        # Each provider has errors of its own for a key that is missing or a setting it refuses.
        raise ModelError(
            f"The chat model {settings.model} cannot be set up ({type(error).__name__}). "
            "Does it need QA_MODEL_API_KEY, or QA_MODEL_BASE_URL?"
        ) from error
    return model


def _own_settings(settings: Settings) -> dict[str, Any]:
    """Settings that only some providers take: `model_client` retries, and tokens are counted."""
    provider = (settings.model or "").partition(":")[0]
    if provider == "openai":
        # Servers that speak OpenAI's protocol ask for a key, any key, even if they need none.
        key = (
            {} if settings.model_api_key or settings.model_base_url is None else {"api_key": "none"}
        )
        return {"max_retries": 0, "stream_usage": True, **key}
    if provider == "anthropic":
        return {"max_retries": 0}
    if provider == "ollama":
        return {"client_kwargs": {"timeout": settings.model_timeout}}
    return {}
