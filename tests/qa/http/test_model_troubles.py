"""A model that hangs, stalls or is down costs the reader no more than its time."""

import time
from pathlib import Path

import pytest

from tests.openai_server import Deed, Fail, Hang, Say
from tests.qa.llm_service import QUESTION, TRUE, answering

MODEL_SECONDS = 2.0
A_FEW_SECONDS = 3.0
FOLLOW_UP = {
    "question": "When was it admitted there?",
    "history": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": TRUE}],
}


@pytest.mark.parametrize(
    "deed",
    [Hang(), Hang("Binance.US was "), Fail(429, {"retry-after": "1"}), Fail(503)],
    ids=["hangs", "stalls", "rate limit", "down"],
)
@pytest.mark.parametrize("checker", ["rules", "llm"])
def test_the_extractive_answer_comes_when_the_models_time_is_over(
    tmp_path: Path, deed: Deed, checker: str
) -> None:
    with answering(tmp_path, [deed], model_timeout=MODEL_SECONDS, checker=checker) as it:
        it.http.post("/ask", json={"question": QUESTION, "answerer": "extractive"})  # loads models
        started = time.monotonic()
        answer = it.http.post("/ask", json=FOLLOW_UP).json()
        assert time.monotonic() - started < MODEL_SECONDS + A_FEW_SECONDS
    assert answer["answerer"] == "extractive"
    assert answer["notice"].startswith("The chat model ")


def test_an_answer_has_its_cost(tmp_path: Path) -> None:
    prices = {"openai:scripted": (1.0, 10.0)}
    with answering(tmp_path, [Say(TRUE)], model_prices=prices) as it:
        usage = it.http.post("/ask", json={"question": QUESTION}).json()["usage"]
        again = it.http.post("/ask", json={"question": QUESTION}).json()["usage"]
    assert usage["cost"] == pytest.approx((900 * 1 + 40 * 10) / 1_000_000)
    assert again == {"input_tokens": 0, "output_tokens": 0, "cost": None}, "from the cache"
