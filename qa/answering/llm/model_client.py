"""Streamed calls of a chat model, with a concurrency limit, timeouts and retries."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from qa.answering.llm.concurrency_limit import ConcurrencyLimit
from qa.answering.llm.model_failures import describe_failure, retry_pause, status_of
from qa.answering.llm.prompts import Message
from qa.answering.llm.provider import ChatModel
from qa.answering.llm.thoughts import ThoughtFilter, VisibleText
from qa.types import Usage

logger = logging.getLogger(__name__)

# Every provider names why the model stopped in its own way.
_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_CUT_SHORT = frozenset({"length", "max_tokens", "content_filter"})


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Timeouts, in seconds, retries, and how many calls run at a time.

    `between_chunks` is the longest wait for the next chunk, `total` that for all chunks of all
    attempts. There are `attempts` to get a first chunk, with pauses that double from
    `first_pause`; a server that asks for more than `longest_pause` is not called again.
    """

    between_chunks: float = 60.0
    total: float = 180.0
    attempts: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    concurrent: int = 4


@dataclass(frozen=True, slots=True)
class ModelChunk:
    """A stretch of what the model writes, without its thoughts, and the tokens counted with it.

    With `retracts`, all text before it turned out to be thought. `finished` is set on the last
    chunk: False if the model was stopped in the middle of a sentence.
    """

    text: str
    usage: Usage = Usage()
    retracts: bool = False
    finished: bool | None = None


class ModelClient:
    """Calls one model. Share it: all calls together keep to `limits.concurrent`."""

    def __init__(self, model: ChatModel, limits: CallLimits | None = None) -> None:
        self._model = model
        self._limits = limits or CallLimits()
        self._concurrency = ConcurrencyLimit(self._limits.concurrent)
        self._starts_inside_thoughts = False

    async def stream(self, messages: Sequence[Message], request: str) -> AsyncGenerator[ModelChunk]:
        """The chunks of the reply, the last of them with `finished` set.

        `request` is the id under which the log reports failures. Raises ModelFailed; if that is
        after the first text, the reply broke off. Closing the generator cancels the call.
        """
        async with (
            self._concurrency.slot(),
            aclosing(self._with_retries(messages, request)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    async def reply(self, messages: Sequence[Message], request: str) -> tuple[str, Usage]:
        """The whole reply without thoughts, and its tokens. Raises ModelFailed."""
        text, usage = "", Usage()
        async for chunk in self.stream(messages, request):
            text = chunk.text if chunk.retracts else text + chunk.text
            usage += chunk.usage
        return text, usage

    async def _with_retries(
        self, messages: Sequence[Message], request: str
    ) -> AsyncGenerator[ModelChunk]:
        attempt, time_left = 1, _TimeLeft(self._limits)
        while True:
            has_text = False
            try:
                async with aclosing(self._visible(messages, time_left)) as chunks:
                    async for chunk in chunks:
                        has_text = has_text or bool(chunk.text)
                        yield chunk
            except Exception as error:
                failed = describe_failure(error)
                logger.warning(
                    "Request %s, attempt %d: the chat model %s (%s, status %s).",
                    request,
                    attempt,
                    failed,
                    type(error).__name__,
                    status_of(error),
                )
                pause = retry_pause(
                    error,
                    attempt,
                    first_pause=self._limits.first_pause,
                    longest_pause=self._limits.longest_pause,
                )
                last = attempt >= self._limits.attempts or time_left.is_spent
                if has_text or last or pause is None:
                    raise failed from error
                await asyncio.sleep(pause)
                attempt += 1
            else:
                return

    async def _visible(
        self, messages: Sequence[Message], time_left: "_TimeLeft"
    ) -> AsyncGenerator[ModelChunk]:
        """One attempt, without the model's thoughts."""
        thoughts = ThoughtFilter(starts_inside=self._starts_inside_thoughts)
        async with aclosing(self._attempt(messages, time_left)) as chunks:
            async for chunk in chunks:
                if chunk.finished is None:
                    yield _shown(chunk, thoughts.feed(chunk.text))
                else:
                    self._starts_inside_thoughts = thoughts.started_inside
                    yield _shown(chunk, thoughts.finish())

    async def _attempt(
        self, messages: Sequence[Message], time_left: "_TimeLeft"
    ) -> AsyncGenerator[ModelChunk]:
        """One attempt, as the model writes; the last chunk, with `finished`, has no text."""
        prompt = [(message.role, message.text) for message in messages]
        finished: bool | None = None
        chunks = self._model.astream(prompt)
        try:
            while True:
                async with time_left.for_next_chunk():
                    message = await anext(chunks, None)
                if message is None:
                    break
                chunk = _chunk(message)
                finished = chunk.finished if chunk.finished is not None else finished
                yield replace(chunk, finished=None)
        finally:
            # Typed as an iterator, in fact a generator: closing it hangs up on the server.
            await cast(AsyncGenerator[Any], chunks).aclose()
        yield ModelChunk("", finished=bool(finished))


class _TimeLeft:
    """Counts the seconds spent waiting for the model, over all attempts."""

    def __init__(self, limits: CallLimits) -> None:
        self._between_chunks = limits.between_chunks
        self._seconds = limits.total

    @property
    def is_spent(self) -> bool:
        return self._seconds <= 0

    @asynccontextmanager
    async def for_next_chunk(self) -> AsyncGenerator[None]:
        """Raises TimeoutError if the block takes longer than is left."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(self._between_chunks, self._seconds))):
                yield
        finally:
            self._seconds -= time.monotonic() - started


def _shown(chunk: ModelChunk, visible: VisibleText) -> ModelChunk:
    return replace(chunk, text=visible.text, retracts=visible.retracts)


def _chunk(message: Any) -> ModelChunk:  # a LangChain message chunk of any provider
    counted = message.usage_metadata or {}
    reason = next(
        (
            message.response_metadata[name]
            for name in _REASONS
            if message.response_metadata.get(name)
        ),
        None,
    )
    return ModelChunk(
        # Without the content blocks in which some providers send the model's reasoning.
        str(message.text),
        Usage(counted.get("input_tokens", 0), counted.get("output_tokens", 0)),
        finished=None if reason is None else reason not in _CUT_SHORT,
    )
