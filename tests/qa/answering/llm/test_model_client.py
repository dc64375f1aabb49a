"""Chat model calls through LangChain, with a scripted server and scripted messages."""

import asyncio
import threading
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
from tests.openai_server import Hang, OpenAIServer, Say

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
        client = client_of(server, concurrent=2, between_chunks=0.3, attempts=1)

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
