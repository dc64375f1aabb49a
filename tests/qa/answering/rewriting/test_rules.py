"""Follow-ups rewritten to stand alone by rules."""

import time
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.rewriting.rules import rewrite_by_rule
from qa.types import Turn


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
        has_not=[],
    ),
    FollowUp(
        ["What did Kraken pay in May 2021?", "$30 million."],
        "And in June?",
        has=["Kraken", "June 2021"],
        has_not=["May"],
    ),
    FollowUp(
        ["What did Kraken pay in June 2021?", "$30 million."],
        "And in May 2022?",
        has=["Kraken", "May 2022"],
        has_not=["2021"],
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
        has_not=[],
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
        has=["Su Zhu and Kyle Davies"],
        has_not=["they"],
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


@pytest.mark.parametrize(
    ("said", "question", "rewritten"),
    [
        (
            # The answer repeats both names; the subject of the question still comes first.
            (
                "When did Binance.US join the Blockchain Association?",
                "Binance.US joined the Blockchain Association in August 2020.",
            ),
            "and when did it leave?",
            "when did Binance.US leave?",
        ),
        (
            ("Who runs Binance.US?", "Brian Brooks."),
            "Is it true that Binance pleaded guilty?",
            "Is it true that Binance pleaded guilty?",
        ),
        (
            ("When did Ripple launch XRP?", "In 2012."),
            "Did the SEC sue them?",
            "Did the SEC sue them, and when did Ripple launch XRP?",
        ),
        (
            ("When was Ripple founded?", "In 2012."),
            "Did the SEC sue them?",
            "Did the SEC sue Ripple?",
        ),
        (
            ("Who founded Tesla?", "Martin Eberhard.", "When did he leave it?", "In 2008."),
            "Why?",
            "Why did Martin Eberhard leave Tesla?",
        ),
        (
            ("How much did BlockFi pay?", "$100 million."),
            "And who got it?",
            "Who got it, and how much did BlockFi pay?",
        ),
        (
            ("What did Google promise Elon Musk?", "Nothing."),
            "Did he say so?",
            "Did he say so, and what did Google promise Elon Musk?",
        ),
        (("Where did Covid-19 start?", "In Wuhan."), "Is it over?", "Is Covid-19 over?"),
        (("Hello!", "Hello, ask me anything."), "Why did it leave?", "Why did it leave?"),
        (
            ("Who runs Binance.US?", "Brian Brooks.", "Thank you", "You are welcome."),
            "When did he leave?",
            "When did Brian Brooks leave?",
        ),
    ],
)  # fmt: skip
def test_a_reference_means_the_most_salient_name_that_fits(
    said: tuple[str, ...], question: str, rewritten: str
) -> None:
    assert rewrite_by_rule(question, conversation(*said)) == rewritten


TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=80)), max_size=6
)
WORDS = st.lists(
    st.sampled_from(
        """it its he her they them that there then who what when why did does is was to of and if
        before Binance.US Coinbase Gary Gensler the The SEC Democrats sued true left 2020 ? , ' ’s
        about company other one How many""".split()
    ),
    max_size=14,
).map(" ".join)


@given(WORDS | st.text(), TURNS | st.lists(st.builds(Turn, st.just("user"), WORDS), max_size=4))
def test_no_text_makes_the_rules_fail(question: str, history: list[Turn]) -> None:
    rewritten = rewrite_by_rule(question, history)
    assert len(rewritten) <= max(2_000, len(question))
    assert bool(rewritten.strip()) == bool(question.strip())


@given(WORDS | st.text())
def test_a_question_without_history_is_never_changed(question: str) -> None:
    assert rewrite_by_rule(question, []) == question


@pytest.mark.parametrize(
    "text", ["it is true that " * 60_000, "Coinbase " * 100_000, "a" * 1_000_000, "it, " * 250_000]
)
def test_long_turns_and_questions_cost_no_more_than_short_ones(text: str) -> None:
    started = time.process_time()
    rewrite_by_rule("Why did it leave?", conversation(*[text] * 101))
    rewrite_by_rule(text[:2_000], conversation("Who runs Coinbase?", text))
    assert time.process_time() - started < 2
