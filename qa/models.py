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
    if settings.model is None:
        raise ModelError("No chat model is configured: set QA_MODEL, such as openai:gpt-5-mini.")
    given = {
        "base_url": settings.model_base_url,
        "api_key": settings.model_api_key and settings.model_api_key.get_secret_value(),
        "timeout": settings.model_timeout,
    }
    known: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        model: ChatModel = init_chat_model(settings.model, **known)
    except ImportError as error:
        provider = settings.model.partition(":")[0]
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
    return model
