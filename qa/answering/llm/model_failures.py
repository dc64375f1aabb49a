"""What went wrong with a chat model call: in words, and whether to retry."""

import secrets
from collections.abc import Mapping

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class ModelFailed(Exception):
    """A call failed or broke off. The message completes "The chat model ..."."""


def describe_failure(error: Exception) -> ModelFailed:
    """The failure for the reader, without the error's own message, which may contain a key."""
    if isinstance(error, ModelFailed):
        return error
    status = status_of(error)
    if status in (401, 403):
        return ModelFailed("did not accept the key it was called with")
    if status == 404:
        return ModelFailed("is not known to its server")
    if status == 429:
        return ModelFailed("is over its rate limit")
    if status is not None and status >= 500:
        return ModelFailed("failed on its server")
    if status is not None:
        return ModelFailed("did not accept the request")
    names = {each.__name__ for each in type(error).__mro__}
    if isinstance(error, TimeoutError) or names & {"APITimeoutError", "TimeoutException"}:
        return ModelFailed("took too long to answer")
    if isinstance(error, ConnectionError) or names & {"APIConnectionError", "TransportError"}:
        return ModelFailed("could not be reached")
    return ModelFailed("sent what cannot be read")


def retry_pause(
    error: Exception, attempt: int, *, first_pause: float, longest_pause: float
) -> float | None:
    """Seconds to wait after failed attempt number `attempt`; None if another would be useless.

    The pause doubles with each attempt, unless the server specifies one; if that exceeds
    `longest_pause`, there is no further attempt.
    """
    status = status_of(error)
    if status is not None and status not in _RETRIED:
        return None
    asked = _retry_after(error)
    if asked is not None:
        return asked if asked <= longest_pause else None
    longest: float = min(first_pause * 2**attempt, longest_pause)
    # Half of it is random, so that calls that failed together are not retried together.
    return longest * (0.5 + secrets.randbelow(1_000) / 2_000)


def is_transient(error: Exception) -> bool:
    """Whether the provider failed, rather than rejected the request itself."""
    status = status_of(error)
    return status is None or status in _RETRIED


def status_of(error: Exception) -> int | None:
    """The HTTP status of the response that a provider's client raised, if there was one."""
    status: object = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status >= 100 else None


def _retry_after(error: Exception) -> float | None:
    response: object = getattr(error, "response", None)
    headers: Mapping[str, str] = getattr(response, "headers", {})
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None
