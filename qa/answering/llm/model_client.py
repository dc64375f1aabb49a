"""One streamed call of a chat model: a limit on calls at one time, patience, and second tries."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from qa.answering.llm.prompts import Message
from qa.answering.llm.provider import ChatModel
from qa.types import Usage

logger = logging.getLogger(__name__)

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
# Every provider names why the model stopped in its own way.
_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_CUT_SHORT = frozenset({"length", "max_tokens", "content_filter"})


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Patience with a chat model, in seconds.

    `silence` between two parts of its answer, `whole` for all of it, `attempts` to get a first
    part, with pauses that double from `pause`. A server that asks for more than `longest_pause`
    is not asked again.
    """

    silence: float = 60.0
    whole: float = 180.0
    attempts: int = 3
    pause: float = 0.5
    longest_pause: float = 20.0
    concurrent: int = 4


class ModelFailed(Exception):
    """A call came to nothing or broke off. The message completes "The chat model ..."."""


@dataclass(frozen=True, slots=True)
class ModelChunk:
    """A stretch of what the model writes, and the tokens counted with it.

    `finished` is on the last part: False if the model was stopped in the middle of it.
    """

    text: str
    usage: Usage = Usage()
    finished: bool | None = None


class ModelClient:
    """Calls one model. At most `limits.concurrent` calls run at one time in an event loop."""

    def __init__(self, model: ChatModel, limits: CallLimits | None = None) -> None:
        self._model = model
        self.limits = limits or CallLimits()
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )

    async def stream(self, messages: Sequence[Message], request: str) -> AsyncGenerator[ModelChunk]:
        """The parts of the answer, the last of them with `finished` set.

        `request` is the id under which the log tells of trouble. Raises ModelFailed; if that is
        after the first part, the answer broke off. To stop iterating cancels the call.
        """
        gate = self._gates.setdefault(
            asyncio.get_running_loop(), asyncio.Semaphore(self.limits.concurrent)
        )
        async with gate, aclosing(self._persistent(messages, request)) as parts:
            async for part in parts:
                yield part

    async def text(self, messages: Sequence[Message], request: str) -> str:
        """The whole answer. Raises ModelFailed."""
        return "".join([part.text async for part in self.stream(messages, request)])

    async def _persistent(
        self, messages: Sequence[Message], request: str
    ) -> AsyncGenerator[ModelChunk]:
        attempt, patience = 1, _Patience(self.limits)
        while True:
            begun = False
            try:
                async with aclosing(self._once(messages, patience)) as parts:
                    async for part in parts:
                        begun = True
                        yield part
            except (asyncio.CancelledError, GeneratorExit):
                raise
            except Exception as error:
                failed, pause = failure(error), self._pause(error, attempt)
                logger.warning(
                    "Request %s, attempt %d: the chat model %s (%s, status %s).",
                    request,
                    attempt,
                    failed,
                    type(error).__name__,
                    _status(error),
                )
                if begun or pause is None or patience.exhausted:
                    raise failed from error
                await asyncio.sleep(pause)
                attempt += 1
            else:
                return

    async def _once(
        self, messages: Sequence[Message], patience: "_Patience"
    ) -> AsyncGenerator[ModelChunk]:
        prompt = [(message.role, message.text) for message in messages]
        finished: bool | None = None
        chunks = self._model.astream(prompt)
        try:
            while True:
                async with patience.wait():
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                part = _part(chunk)
                finished = part.finished if part.finished is not None else finished
                yield ModelChunk(part.text, part.usage)
        finally:
            # An iterator to its type, a generator in fact: to close it hangs up on the server.
            await cast(AsyncGenerator[Any], chunks).aclose()
        yield ModelChunk("", finished=bool(finished))

    def _pause(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next attempt, or None if there is to be none."""
        status = _status(error)
        if attempt >= self.limits.attempts or (status is not None and status not in _RETRIED):
            return None
        asked = _retry_after(error)
        if asked is not None:
            return asked if asked <= self.limits.longest_pause else None
        # Up to twice the pause, by chance: those who failed together should not return together.
        longest: float = min(self.limits.pause * 2**attempt, self.limits.longest_pause)
        return longest * (0.5 + secrets.randbelow(1_000) / 2_000)


class _Patience:
    """Counts the seconds waited for the model alone, over all attempts."""

    def __init__(self, limits: CallLimits) -> None:
        self._silence = limits.silence
        self._left = limits.whole

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    @asynccontextmanager
    async def wait(self) -> AsyncGenerator[None]:
        """Raises TimeoutError if what is waited for takes longer than there is patience."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(self._silence, self._left))):
                yield
        finally:
            self._left -= time.monotonic() - started


def failure(error: Exception) -> ModelFailed:
    """What went wrong, for the reader: no word of the error itself, which may hold a key."""
    if isinstance(error, ModelFailed):
        return error
    status = _status(error)
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


def _status(error: Exception) -> int | None:
    status: object = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status >= 100 else None


def _retry_after(error: Exception) -> float | None:
    response: object = getattr(error, "response", None)
    headers: Mapping[str, str] = getattr(response, "headers", {})
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _part(chunk: Any) -> ModelChunk:  # a LangChain message chunk of any provider
    counted = chunk.usage_metadata or {}
    reason = next(
        (chunk.response_metadata[name] for name in _REASONS if chunk.response_metadata.get(name)),
        None,
    )
    return ModelChunk(
        str(chunk.text),
        Usage(counted.get("input_tokens", 0), counted.get("output_tokens", 0)),
        finished=None if reason is None else reason not in _CUT_SHORT,
    )
