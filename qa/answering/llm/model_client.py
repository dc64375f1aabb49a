"""Streamed calls of a chat model, with a concurrency limit, timeouts and retries."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from qa.answering.llm.concurrency_limit import ConcurrencyLimit
from qa.answering.llm.model_failures import (
    ModelFailed,
    describe_failure,
    retry_pause,
    status_of,
)
from qa.answering.llm.prompts import Message
from qa.answering.llm.provider_breaker import ProviderBreaker
from qa.answering.llm.thoughts import ThoughtFilter, VisibleText
from qa.tracing import chat_span
from qa.types import Usage

if TYPE_CHECKING:
    from qa.answering.llm.provider import ChatModel

logger = logging.getLogger(__name__)

# Each provider has its own name for the reason why the model stopped.
_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_CUT_SHORT = frozenset({"length", "max_tokens", "content_filter"})


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Timeouts in seconds, retries, and how many calls run at a time.

    `between_chunks` is the longest wait for the next chunk, `total` that for everything: waiting
    for a free slot, all chunks of all attempts, and the pauses between them. There are `attempts`
    tries at a first chunk, with pauses that double from `first_pause`; a server that asks for more
    than `longest_pause`, or than is left of `total`, is not called again.
    """

    between_chunks: float = 60.0
    total: float = 60.0
    attempts: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    concurrent: int = 4


@dataclass(frozen=True, slots=True)
class ModelChunk:
    """A piece of what the model writes, without its thoughts, and the tokens counted with it.

    With `retracts`, all text before it turned out to be thoughts. `finished` is set on the last
    chunk: False if the model was cut off in mid-sentence.
    """

    text: str
    usage: Usage = Usage()
    retracts: bool = False
    finished: bool | None = None


class ModelClient:
    """Calls one model. A client and those made from it by `with_share` share `limits.concurrent`
    and one `breaker`."""

    def __init__(
        self,
        model: "ChatModel",
        limits: CallLimits | None = None,
        *,
        name: str = "",
        prices: tuple[float, float] | None = None,
        breaker: ProviderBreaker | None = None,
        concurrency: ConcurrencyLimit | None = None,
    ) -> None:
        """`name`: provider and model. `prices`: per million tokens read, and written."""
        self._model = model
        self._limits = limits or CallLimits()
        self._name = name
        self._prices = prices
        self._breaker = breaker or ProviderBreaker()
        self._concurrency = concurrency or ConcurrencyLimit(self._limits.concurrent)
        self._starts_inside_thoughts = False

    @property
    def is_spared(self) -> bool:
        """Whether the model is not called for now, because it failed repeatedly."""
        return self._breaker.is_open

    def with_share(self, share: float) -> "ModelClient":
        """The same client for calls that may take only this share of the total time."""
        return ModelClient(
            self._model,
            replace(self._limits, total=self._limits.total * share),
            name=self._name,
            prices=self._prices,
            breaker=self._breaker,
            concurrency=self._concurrency,
        )

    async def stream(self, messages: Sequence[Message], request: str) -> AsyncGenerator[ModelChunk]:
        """The chunks of the reply, the last one with `finished` set.

        `request` is the id under which the log reports failures. Raises ModelFailed; if after the
        first text, the reply broke off. Closing the generator cancels the call.
        """
        time_left = _TimeLeft(self._limits)
        self._breaker.refuse_if_open()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(time_left.seconds):
                    await stack.enter_async_context(self._concurrency.slot())
            except TimeoutError:
                raise ModelFailed("is busy with other questions") from None
            chunks = await stack.enter_async_context(
                aclosing(self._with_retries(messages, request, time_left))
            )
            span, usage = stack.enter_context(chat_span(self._name)), Usage()
            async for chunk in chunks:
                usage += chunk.usage
                yield chunk
            span.set_attribute("gen_ai.usage.input_tokens", usage.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", usage.output_tokens)

    async def reply(self, messages: Sequence[Message], request: str) -> tuple[str, Usage]:
        """The whole reply without thoughts, and its tokens. Raises ModelFailed."""
        text, usage = "", Usage()
        async for chunk in self.stream(messages, request):
            text = chunk.text if chunk.retracts else text + chunk.text
            usage += chunk.usage
        return text, usage

    async def _with_retries(
        self, messages: Sequence[Message], request: str, time_left: "_TimeLeft"
    ) -> AsyncGenerator[ModelChunk]:
        attempt = 1
        while True:
            has_text = False
            try:
                async with aclosing(self._visible(messages, time_left)) as chunks:
                    async for chunk in chunks:
                        has_text = has_text or bool(chunk.text)
                        yield chunk
            except Exception as error:
                self._breaker.note_failure(error)
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
                last = attempt >= self._limits.attempts or self._breaker.is_open
                if has_text or last or pause is None or pause >= time_left.seconds:
                    raise failed from error
                await asyncio.sleep(pause)
                attempt += 1
            else:
                self._breaker.note_success()
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
        """One attempt, as the model writes it; the last chunk, with `finished`, has no text."""
        prompt = [(message.role, message.text) for message in messages]
        finished: bool | None = None
        chunks = self._model.astream(prompt)
        try:
            while True:
                async with time_left.for_next_chunk():
                    message = await anext(chunks, None)
                if message is None:
                    break
                chunk = self._chunk(message)
                finished = chunk.finished if chunk.finished is not None else finished
                yield replace(chunk, finished=None)
        finally:
            # Typed as an iterator, in fact a generator: closing it drops the connection.
            await cast(AsyncGenerator[Any], chunks).aclose()
        yield ModelChunk("", finished=bool(finished))

    def _chunk(self, message: Any) -> ModelChunk:  # a LangChain message chunk of any provider
        counted = message.usage_metadata or {}
        reasons = (message.response_metadata.get(name) for name in _REASONS)
        reason = next((each for each in reasons if each), None)
        return ModelChunk(
            # Without the content blocks in which some providers send the model's reasoning.
            str(message.text),
            priced(
                Usage(counted.get("input_tokens", 0), counted.get("output_tokens", 0)),
                self._prices,
            ),
            finished=None if reason is None else reason not in _CUT_SHORT,
        )


def priced(usage: Usage, prices: tuple[float, float] | None) -> Usage:
    """The usage with its cost, from the prices per million tokens read, and written.

    >>> priced(Usage(1_000, 500), (0.25, 2.0)).cost
    0.00125
    """
    if prices is None:
        return usage
    cost = (usage.input_tokens * prices[0] + usage.output_tokens * prices[1]) / 1_000_000
    return replace(usage, cost=cost)


class _TimeLeft:
    """The seconds left until a whole call must be done, however they are spent."""

    def __init__(self, limits: CallLimits) -> None:
        self._between_chunks = limits.between_chunks
        self._due = time.monotonic() + limits.total

    @property
    def seconds(self) -> float:
        return self._due - time.monotonic()

    @asynccontextmanager
    async def for_next_chunk(self) -> AsyncGenerator[None]:
        """Raises TimeoutError if the block exceeds the time left, or that for one chunk."""
        async with asyncio.timeout(max(0.0, min(self._between_chunks, self.seconds))):
            yield


def _shown(chunk: ModelChunk, visible: VisibleText) -> ModelChunk:
    return replace(chunk, text=visible.text, retracts=visible.retracts)
