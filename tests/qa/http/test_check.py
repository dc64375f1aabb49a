"""POST /check: a text's sentences, held against the articles."""

import httpx
import pytest

from tests.qa.http.shapes import CITATION, SENTENCE, Body, assert_problem
from tests.qa.serving import Served

TRUE = "Binance.US was admitted in August 2020."
FALSE = "The association was founded by penguins in 1787."


def test_what_the_articles_bear_out_has_their_words(served: Served) -> None:
    text = f"{TRUE} {FALSE}"
    response = served.http.post("/check", json={"text": text})
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) == {"text", "supported", "sentences", "citations"}
    assert all(set(each) == SENTENCE for each in body["sentences"])
    assert all(set(each) == CITATION for each in body["citations"])
    assert not body["supported"]
    for each in body["sentences"]:
        assert body["text"][each["start"] : each["end"]] == each["text"]
    true, false = body["sentences"]
    assert true["supported"], true
    assert true["citations"]
    assert not false["supported"]
    assert false["reason"]
    for each in body["citations"]:
        article = served.http.get(f"/articles/{each['article_id']}").json()
        assert article["text"][each["start"] : each["end"]] == each["quote"]


def test_only_the_articles_meant_bear_it_out(http: httpx.Client) -> None:
    coinbase = ["2021-04-15-coinbase-lists-on-nasdaq.txt"]
    body = http.post("/check", json={"text": TRUE, "article_ids": coinbase}).json()
    assert not body["supported"]
    assert {each["article_id"] for each in body["citations"]} <= set(coinbase)


@pytest.mark.parametrize("text", ["\x00", "👩‍👩‍👧", "[1] [2]", "“", "קבוצה", "a\r\nb\x85c"])
def test_nasty_texts_are_checked(http: httpx.Client, text: str) -> None:
    body = http.post("/check", json={"text": text}).json()
    for each in body["sentences"]:
        assert body["text"][each["start"] : each["end"]] == each["text"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": " "}, "text"), ({"text": "x" * 20_001}, "text"),
     ({"text": "x", "ids": []}, "ids"), ({"text": "x", "article_ids": "y"}, "article_ids")],
)  # fmt: skip
def test_what_cannot_be_checked(http: httpx.Client, body: Body, field: str) -> None:
    assert field in assert_problem(http.post("/check", json=body), 422)


def test_a_text_that_is_not_said_to_be_json(http: httpx.Client) -> None:
    refused = http.post("/check", content=b'{"text": "x"}', headers={"Content-Type": "text/plain"})
    assert "application/json" in assert_problem(refused, 415)
