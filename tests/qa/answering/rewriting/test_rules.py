"""Follow-ups made to stand alone."""

import asyncio
from typing import NamedTuple

import pytest

from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.provider import make_chat_model
from qa.answering.query_rewriting import QueryRewriter, rewrite_by_rule, stands_alone
from qa.settings import read_settings
from qa.types import Turn
from tests.openai_server import Deed, Fail, OpenAIServer, Say


def conversation(*texts: str) -> list[Turn]:
    """Turns in order, the first the user's."""
    return [Turn("assistant" if index % 2 else "user", text) for index, text in enumerate(texts)]


ALONE = (
    "When did Binance.US join the Blockchain Association?",
    "Who chairs the SEC?",
    "Why did Binance.US say it would leave the group?",
    "How much did BlockFi pay to settle with the SEC and the states?",
    "What did Gary Gensler say about his agency's rules?",
    "How many users did Coinbase say it had when it went public?",
    "Which states took half of the $100 million?",
    "What happened to bitcoin in September 2021?",
    "Did the Senate pass the infrastructure bill?",
    "Where is Kraken based?",
    "Is XRP a security?",
    "What is staking?",
    "Which banks failed in March 2023?",
    "How do stablecoins keep their price?",
    "Who is Sam Bankman-Fried's lawyer?",
)


class FollowUp(NamedTuple):
    """What was said, the follow-up, what it must have in it to be found, and what it must not."""

    said: list[str]
    question: str
    has: list[str]
    has_not: list[str]


FOLLOW_UPS = (
    FollowUp(
        ["When did Binance.US join the group?", "In 2020."],
        "Why did it leave?",
        has=["Binance.US", "leave"],
        has_not=[" it "],
    ),
    FollowUp(
        ["When did Binance.US join the group?", "In 2020."],
        "What about Coinbase?",
        has=["Coinbase", "join"],
        has_not=["Binance"],
    ),
    FollowUp(
        ["When did Binance.US join the group?", "In 2020."],
        "Why?",
        has=["Binance.US", "why"],
        has_not=[],
    ),
    FollowUp(
        ["Who runs Binance.US?", "Brian Brooks."],
        "When did he resign?",
        has=["Brian Brooks", "resign"],
        has_not=[" he "],
    ),
    FollowUp(
        ["Who runs Binance.US?", "Brian Brooks."],
        "What was his reason?",
        has=["Brian Brooks's", "reason"],
        has_not=["his"],
    ),
    FollowUp(
        ["What did Gary Gensler teach?", "Blockchains."],
        "Where did he work before?",
        has=["Gary Gensler", "work"],
        has_not=[" he "],
    ),
    FollowUp(
        ["How much did BlockFi pay?", "$100 million."],
        "And who got it?",
        has=["BlockFi"],
        has_not=[],
    ),
    FollowUp(
        ["How much did BlockFi pay?", "$100 million."],
        "How many states were there?",
        has=[],
        has_not=[],
    ),
    FollowUp(
        ["What did Kraken pay in 2023?", "$30 million."],
        "And in 2022?",
        has=["Kraken", "2022"],
        has_not=["2023"],
    ),
    FollowUp(
        ["Who sued Ripple Labs?", "The SEC."],
        "How much did the company raise?",
        has=["Ripple Labs", "raise"],
        has_not=["the company"],
    ),
    FollowUp(
        ["Who sued Ripple Labs?", "The SEC."],
        "When was that?",
        has=["Ripple Labs"],
        has_not=[],
    ),
    FollowUp(
        ["Which judge has the FTX case?", "Judge Lewis Kaplan."],
        "What did the judge decide?",
        has=["Lewis Kaplan"],
        has_not=[],
    ),
    FollowUp(
        ["When did Voyager file for bankruptcy?", "In July 2022."],
        "Who bought its assets?",
        has=["Voyager's", "assets"],
        has_not=[" its "],
    ),
    FollowUp(
        ["When did Voyager file for bankruptcy?", "In July 2022."],
        "How about Celsius?",
        has=["Celsius", "bankruptcy"],
        has_not=["Voyager"],
    ),
    FollowUp(
        ["Why did USDC lose its peg?", "Circle had money at Silicon Valley Bank."],
        "When did it recover?",
        has=["USDC", "recover"],
        has_not=[" it "],
    ),
    FollowUp(
        ["What is MiCA?", "A regulation of the European Union."],
        "When does it take effect?",
        has=["MiCA", "effect"],
        has_not=[" it "],
    ),
    FollowUp(
        ["When did El Salvador adopt bitcoin?", "In June 2021."],
        "Did they change the law later?",
        has=["El Salvador", "law"],
        has_not=["they"],
    ),
    FollowUp(
        ["What did Kraken settle?", "Staking.", "How much did it pay?", "$30 million."],
        "Who objected?",
        has=["Kraken"],
        has_not=[],
    ),
    FollowUp(
        ["What did Kraken settle?", "Staking.", "How much did it pay?", "$30 million."],
        "When was that announced?",
        has=["Kraken", "announced"],
        has_not=[],
    ),
    FollowUp(
        ["Who founded FTX?", "Sam Bankman-Fried."],
        "How long is his sentence?",
        has=["Sam Bankman-Fried's", "sentence"],
        has_not=[" his "],
    ),
    FollowUp(
        ["Who founded Terraform Labs?", "Do Kwon."],
        "Where was he arrested?",
        has=["Kwon", "arrested"],
        has_not=[" he "],
    ),
    FollowUp(
        ["Who are the founders of Three Arrows Capital?", "Su Zhu and Kyle Davies."],
        "Where are they?",
        has=["Three Arrows Capital"],
        has_not=[],
    ),
    FollowUp(
        ["Why did Silvergate close?", "Customers withdrew."],
        "And Signature Bank?",
        has=["Signature Bank", "close"],
        has_not=["Silvergate"],
    ),
    FollowUp(
        ["What is the Blockchain Association?", "A trade group."],
        "Who heads it?",
        has=["Blockchain Association", "heads"],
        has_not=[" it?"],
    ),
)


@pytest.mark.parametrize("question", ALONE)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    turns = conversation("Who runs Celsius?", "Alex Mashinsky.")
    assert rewrite_by_rule(question, turns) == question


@pytest.mark.parametrize("follow_up", FOLLOW_UPS, ids=[each.question for each in FOLLOW_UPS])
def test_a_follow_up_gets_what_it_refers_to(follow_up: FollowUp) -> None:
    condensed = rewrite_by_rule(follow_up.question, conversation(*follow_up.said))
    assert all(each.casefold() in condensed.casefold() for each in follow_up.has), condensed
    assert not any(each in f" {condensed}" for each in follow_up.has_not), condensed


def test_without_a_conversation_nothing_changes() -> None:
    assert rewrite_by_rule("Why did it leave?", []) == "Why did it leave?"


def test_an_endless_conversation_makes_no_endless_question() -> None:
    turns = conversation(*["What about " + "Kraken and " * 300 + "Circle?"] * 9)
    assert len(rewrite_by_rule("Why?", turns)) <= 2_000


def test_a_pronoun_after_a_name_of_its_own_question_is_no_reference() -> None:
    assert stands_alone("Did Coinbase say why it left?")
    assert not stands_alone("Did it say why Coinbase left?")


def condense(*deeds: Deed, question: str = "Why did it leave?") -> tuple[str, OpenAIServer]:
    pytest.importorskip("langchain_openai")
    with OpenAIServer(deeds) as server:
        settings = read_settings(model="openai:any", model_base_url=server.url)
        caller = ModelClient(make_chat_model(settings), CallLimits(pause=0.001))
        turns = conversation("When did Binance.US join the group [1]?", "In 2020.")
        return asyncio.run(QueryRewriter(caller)(question, turns)), server


def test_the_model_condenses_where_there_is_one() -> None:
    condensed, server = condense(Say("Why did Binance.US leave the Blockchain Association?"))
    assert condensed == "Why did Binance.US leave the Blockchain Association?"
    prompt = server.requests[0]["messages"][1]["content"]
    assert "join the group (1)?" in prompt


def test_a_question_that_stands_alone_is_not_sent_to_the_model() -> None:
    question = "When did Coinbase leave the Blockchain Association?"
    condensed, server = condense(Say("Something else?"), question=question)
    assert condensed == question
    assert server.requests == []


@pytest.mark.parametrize("deed", [Fail(500), Say(""), Say("x" * 600), Say("a? b? c? d?")])
def test_the_rules_stand_in_for_a_model_that_fails(deed: Deed) -> None:
    assert condense(deed)[0] == "Why did Binance.US leave?"
