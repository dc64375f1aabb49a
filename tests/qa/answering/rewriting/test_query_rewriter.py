"""Follow-ups are rewritten by the chat model, or by rules if there is none."""

import asyncio

import pytest

from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.provider import make_chat_model
from qa.answering.rewriting.query_rewriter import QueryRewriter, RewrittenQuestion
from qa.settings import read_settings
from qa.types import Turn, Usage
from tests.openai_server import Deed, Fail, OpenAIServer, Say

HISTORY = (
    Turn("user", "When did Binance.US join the group [1]?"),
    Turn("assistant", "In 2020."),
)
FOLLOW_UP = "Why did it leave?"


def rewritten(
    *deeds: Deed, question: str = FOLLOW_UP, history: tuple[Turn, ...] = HISTORY
) -> tuple[RewrittenQuestion, OpenAIServer]:
    pytest.importorskip("langchain_openai")
    with OpenAIServer(deeds) as server:
        settings = read_settings(model="openai:any", model_base_url=server.url)
        client = ModelClient(make_chat_model(settings), CallLimits(first_pause=0.001))
        return asyncio.run(QueryRewriter(client)(question, history)), server


def test_the_model_rewrites_where_there_is_one() -> None:
    question, server = rewritten(Say("Why did Binance.US leave the Blockchain Association?"))
    assert question.text == "Why did Binance.US leave the Blockchain Association?"
    assert question.usage == Usage(900, 40)
    prompt = server.requests[0]["messages"][1]["content"]
    assert "join the group (1)?" in prompt


@pytest.mark.parametrize(
    "question", ["Did the SEC sue them?", "When did Coinbase leave the Blockchain Association?"]
)
def test_the_model_decides_about_every_question_with_a_history(question: str) -> None:
    assert rewritten(Say("Did it rain?"), question=question)[0].text == "Did it rain?"


def test_a_question_without_history_is_not_sent_to_the_model() -> None:
    question, server = rewritten(Say("Something else?"), history=())
    assert question == RewrittenQuestion(FOLLOW_UP)
    assert server.requests == []


@pytest.mark.parametrize("deed", [Fail(500), Say(""), Say("x" * 600), Say("a? b? c? d?")])
def test_the_rules_stand_in_for_a_model_that_fails(deed: Deed) -> None:
    assert rewritten(deed)[0].text == "Why did Binance.US leave?"


def test_tokens_count_even_if_the_reply_is_of_no_use() -> None:
    assert rewritten(Say("a? b? c? d?"))[0].usage == Usage(900, 40)


@pytest.mark.parametrize(
    "reply",
    [
        "<think>It is Binance.US?</think>Why did Binance.US go?",
        "<think> </think>\n\nWhy did Binance.US go?",
        "It is Binance.US?</think>Why did Binance.US go?",
        "Here is the question:\n\n“Why did Binance.US go?”",
    ],
)
def test_only_the_question_of_a_reply_is_asked(reply: str) -> None:
    assert rewritten(Say(reply, size=3))[0].text == "Why did Binance.US go?"


def test_the_model_reads_the_last_turns_and_not_all_of_them() -> None:
    history = tuple(Turn("user", f"Turn {n}? " + "x" * 20_000) for n in range(100))
    _, server = rewritten(Say("Why?"), history=history)
    prompt = server.requests[0]["messages"][1]["content"]
    assert "Turn 99?" in prompt
    assert "Turn 91?" not in prompt
    assert len(prompt) < 10_000


async def _lag_while_rewriting(history: tuple[Turn, ...]) -> float:
    """The longest time, in seconds, for which a question with this history held the event loop."""
    loop = asyncio.get_running_loop()
    rewriting = asyncio.ensure_future(QueryRewriter()("Did they say why it left them?", history))
    longest, last = 0.0, loop.time()
    while not rewriting.done():
        await asyncio.sleep(0)
        now = loop.time()
        longest, last = max(longest, now - last), now
    return longest


def test_a_long_history_does_not_hold_the_event_loop() -> None:
    text = "Binance.US said in May 2020 that Coinbase left the Blockchain Association. " * 250
    history = tuple(Turn("user", text) for _ in range(100))
    assert asyncio.run(_lag_while_rewriting(history)) < 0.5
