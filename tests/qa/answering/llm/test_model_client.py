"""Chat model calls through LangChain, with a scripted server and scripted messages."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.model_failures import ModelFailed, retry_pause
from qa.answering.llm.prompts import Message
from qa.answering.llm.provider import make_chat_model
from qa.settings import read_settings
from qa.types import Usage
from tests.openai_server import Fail, Hang, OpenAIServer, Say

pytest.importorskip("langchain_openai")

PROMPT = (Message("human", "Who?"),)


def client_of(server: OpenAIServer, **limits: Any) -> ModelClient:
    settings = read_settings(model="openai:any", model_base_url=server.url)
    return ModelClient(make_chat_model(settings), CallLimits(first_pause=0.001, **limits))


def test_the_whole_reply_comes_without_thoughts_and_with_its_tokens() -> None:
    with OpenAIServer([Say("<think>It was Coinbase.</think>Coinbase left.", size=3)]) as server:
        reply = asyncio.run(client_of(server).reply(PROMPT, "1"))
    assert reply == ("Coinbase left.", Usage(900, 40))


def test_a_model_that_breaks_off_in_its_thoughts_is_called_again() -> None:
    with OpenAIServer([Say("<think>It was", cut=True), Say("Coinbase.")]) as server:
        assert asyncio.run(client_of(server).reply(PROMPT, "1"))[0] == "Coinbase."
        assert len(server.requests) == 2


def test_the_limit_holds_for_blocking_callers_in_threads() -> None:
    with OpenAIServer([Hang()]) as server:
        # Long enough for a request to reach the server on a busy machine.
        client = client_of(server, concurrent=2, between_chunks=1.5, attempts=1)

        def call() -> None:
            with pytest.raises(ModelFailed):
                asyncio.run(client.reply(PROMPT, "1"))

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert server.wait_for(2)
        # The others have every chance to call before the first two give up.
        assert not server.wait_for(3, 0.2)
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
        assert len(server.requests) == 4


class Reasoning(BaseChatModel):
    """Streams the content blocks of a provider that sends its reasoning apart from the text."""

    blocks: list[dict[str, Any]]

    @property
    def _llm_type(self) -> str:
        return "reasoning"

    def _generate(self, *args: object, **kwargs: object) -> ChatResult:
        raise NotImplementedError

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for block in self.blocks:
            yield ChatGenerationChunk(message=AIMessageChunk(content=[block]))


@pytest.mark.parametrize(
    "thought",
    [
        {"type": "reasoning", "reasoning": "It was Coinbase."},
        {"type": "thinking", "thinking": "It was Coinbase.", "signature": "x"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "It was Coinbase."}]},
    ],
    ids=["LangChain", "Anthropic", "OpenAI"],
)
def test_reasoning_in_blocks_of_its_own_is_no_text(thought: dict[str, Any]) -> None:
    model = Reasoning(blocks=[thought, {"type": "text", "text": "Coinbase left."}])
    assert asyncio.run(ModelClient(model).reply(PROMPT, "1"))[0] == "Coinbase left."


class Status(Exception):
    def __init__(self, status: int) -> None:
        self.status_code = status


def test_pauses_double_up_to_the_longest() -> None:
    for attempt, most in ((1, 2.0), (2, 4.0), (3, 5.0)):
        pause = retry_pause(Status(500), attempt, first_pause=1.0, longest_pause=5.0)
        assert pause is not None
        assert most / 2 <= pause <= most


def test_what_another_attempt_cannot_mend_is_not_tried_again() -> None:
    assert retry_pause(Status(401), 1, first_pause=1.0, longest_pause=5.0) is None


def test_waiting_for_a_turn_counts_as_time_of_the_call() -> None:
    with OpenAIServer([Hang()]) as server:
        client = client_of(server, concurrent=1, total=0.5, attempts=1)

        async def both() -> list[BaseException | tuple[str, Usage]]:
            calls = (client.reply(PROMPT, each) for each in "12")
            return await asyncio.gather(*calls, return_exceptions=True)

        started = time.monotonic()
        first, second = asyncio.run(both())
        assert time.monotonic() - started < 3
    assert "took too long" in str(first)
    assert "is busy" in str(second) or "took too long" in str(second)


def test_pauses_between_attempts_count_as_time_of_the_call() -> None:
    with OpenAIServer([Fail(429, {"retry-after": "5"}), Say("Coinbase.")]) as server:
        client = client_of(server, total=2)
        started = time.monotonic()
        with pytest.raises(ModelFailed, match="rate limit"):
            asyncio.run(client.reply(PROMPT, "1"))
        assert time.monotonic() - started < 2
        assert len(server.requests) == 1


def test_a_provider_that_is_down_is_not_called_again_for_a_while() -> None:
    with OpenAIServer([Fail(503)]) as server:
        client = client_of(server, attempts=3)
        for _ in range(4):
            with pytest.raises(ModelFailed):
                asyncio.run(client.reply(PROMPT, "1"))
        assert client.is_spared
        assert len(server.requests) == 5
        with pytest.raises(ModelFailed, match="left alone"):
            asyncio.run(client.with_share(0.5).reply(PROMPT, "1"))
        assert len(server.requests) == 5


def test_a_reply_has_its_cost_if_the_prices_are_known() -> None:
    with OpenAIServer([Say("Coinbase.")]) as server:
        model = make_chat_model(read_settings(model="openai:any", model_base_url=server.url))
        _, usage = asyncio.run(ModelClient(model, prices=(0.5, 10.0)).reply(PROMPT, "1"))
        assert usage.cost == pytest.approx((900 * 0.5 + 40 * 10) / 1_000_000)
        assert asyncio.run(ModelClient(model).reply(PROMPT, "1"))[1].cost is None
