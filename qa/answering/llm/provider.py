"""Creates the LangChain chat model that the settings name, from any provider LangChain knows."""

from typing import TYPE_CHECKING, Any

from qa.settings import Settings
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    ChatModel = BaseChatModel

EXTRAS = ("openai", "anthropic", "ollama")


class ModelError(UserError):
    """No chat model can be created from the settings."""


def make_chat_model(settings: Settings, *, timeout: float | None = None) -> "ChatModel":
    """The model named by QA_MODEL. Nothing is sent to it yet. `timeout`: the most seconds to wait
    for a chunk of its reply; QA_MODEL_TIMEOUT by default.

    Raises ModelError if there is no name, if the provider is unknown, or if its package is not
    installed.
    """
    if not settings.model:
        raise ModelError("No chat model is configured: set QA_MODEL, such as openai:gpt-5-mini.")
    seconds = timeout or settings.model_timeout
    given = {
        "base_url": settings.model_base_url,
        "api_key": settings.model_api_key and settings.model_api_key.get_secret_value(),
        "timeout": seconds,
    }
    known: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    known |= _provider_settings(settings, seconds)
    provider, _, name = settings.model.partition(":")
    if not provider or not name:
        raise ModelError(
            f"QA_MODEL is {settings.model!r}; write it as provider:model, "
            "such as openai:gpt-5-mini."
        )
    from langchain.chat_models import init_chat_model  # takes seconds to import

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
            f"QA_MODEL is {settings.model!r}, which names no known provider; "
            "write it as provider:model, such as openai:gpt-5-mini."
        ) from error
    except Exception as error:
        # Each provider has its own errors for a missing key or a setting that it rejects.
        raise ModelError(
            f"The chat model {settings.model} cannot be set up ({type(error).__name__}). "
            "Does it need QA_MODEL_API_KEY, or QA_MODEL_BASE_URL?"
        ) from error
    return model


def _provider_settings(settings: Settings, timeout: float) -> dict[str, Any]:
    """Settings that only some providers take: no retries besides ours, and token counts."""
    provider = (settings.model or "").partition(":")[0]
    if provider == "openai":
        # The client insists on a key, though many servers that speak this protocol need none.
        key = (
            {} if settings.model_api_key or settings.model_base_url is None else {"api_key": "none"}
        )
        return {"max_retries": 0, "stream_usage": True, **key}
    if provider == "anthropic":
        return {"max_retries": 0}
    if provider == "ollama":
        return {"client_kwargs": {"timeout": timeout}}
    return {}
