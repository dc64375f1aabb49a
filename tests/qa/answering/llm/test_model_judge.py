"""A chat model judges all sentences of a text in one call; the bundled judge steps in for it."""

import pytest

from qa.answering.llm.model_judge import ModelJudge
from qa.answering.llm.provider import make_chat_model
from qa.settings import read_settings
from qa.verification.checker import check_text
from qa.verification.claim_judge import EntailmentJudge, WordOverlap
from tests.openai_server import Fail, Garbage, OpenAIServer, Say
from tests.qa.passages import given

TEXT = "Coinbase left the group within days. BlockFi will pay $900 million to settle the case."
WORDS = EntailmentJudge(WordOverlap())


def judge_at(server: OpenAIServer) -> ModelJudge:
    pytest.importorskip("langchain_openai")
    settings = read_settings(model="openai:scripted", model_base_url=server.url)
    return ModelJudge(make_chat_model(settings), WORDS)


def test_all_sentences_are_judged_in_one_call() -> None:
    with OpenAIServer([Say('{"verdicts": ["contradicted", "supported"]}')]) as server:
        checked = check_text(TEXT, given(), judge_at(server))
        (request,) = server.requests
    first, second = checked.sentences
    assert (first.outcome, first.supported) == ("contradicted", False)
    assert second.supported
    prompt = request["messages"][-1]["content"]
    assert "Sentence: Coinbase left the group within days." in prompt
    assert "Excerpt: " in prompt


def test_what_the_model_thinks_is_no_verdict() -> None:
    thought = '<think>I reply as {"verdicts": [..]}.</think>'
    reply = Say(thought + '{"verdicts": ["contradicted", "supported"]}')
    with OpenAIServer([reply]) as server:
        first, second = check_text(TEXT, given(), judge_at(server)).sentences
    assert (first.outcome, second.outcome) == ("contradicted", "supported")


@pytest.mark.parametrize(
    "deed",
    [
        Fail(401),
        Garbage(),
        Say("All of it is true."),
        Say('{"verdicts": ["supported"]}'),
        Say('{"verdicts": ["supported", "perhaps"]}'),
        Say('{"verdicts": null}'),
    ],
    ids=["refused", "garbage", "prose", "one too few", "unknown", "null"],
)
def test_a_model_that_fails_is_replaced(
    deed: Say | Fail | Garbage, caplog: pytest.LogCaptureFixture
) -> None:
    with OpenAIServer([deed]) as server:
        checked = check_text(TEXT, given(), judge_at(server))
    alone = check_text(TEXT, given(), WORDS)
    assert [s.supported for s in checked.sentences] == [s.supported for s in alone.sentences]
    assert "As a judge the chat model" in caplog.text


def test_a_long_text_takes_several_calls() -> None:
    deeds = [
        Say('{"verdicts": [' + ", ".join(['"supported"'] * count) + "]}") for count in (40, 10)
    ]
    text = " ".join(f"Coinbase left the group within {n} days." for n in range(2, 52))
    with OpenAIServer(deeds) as server:
        checked = check_text(text, given(), judge_at(server))
        assert len(server.requests) == 2
    assert len(checked.sentences) == 50
