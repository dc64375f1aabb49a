"""POST /check: the sentences of a text, checked against the articles."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.http.request_bodies import LONGEST_TEXT
from tests.openai_server import Say
from tests.qa.http.shapes import CITATION, SENTENCE, Body, assert_problem
from tests.qa.llm_service import answering

LOBBY = "2022-04-20-binance-us-leaves-lobby.txt"
NASDAQ = "2021-04-15-coinbase-lists-on-nasdaq.txt"
TRUE = "Binance.US was admitted in August 2020, and Coinbase left within days."
PIECES = (
    TRUE,
    "Coinbase left within weeks.",
    "[1]",
    "[2][3].",
    "Binance.US was admitted in May 1999 [4].",
    "**Bold** claims, <b>tags</b> and ![images](https://elsewhere.example/x.png)!",
    "- a list\n- of things\n",
    "🦊 Ærø\u202e\u0000 ｅｘｃｈａｎｇｅ",
    "\n\n",
    "…",
    "Here is what I found:",
)


def test_a_fraction_in_words_is_read(quick: httpx.Client) -> None:
    body = checked(quick, "One fifth of the members, or two fifths, left within days.")
    assert len(body["sentences"]) == 1


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service whose embedding model costs nothing, for what asks it much."""
    with answering(tmp_path_factory.mktemp("quick"), [Say("")]) as it:
        yield it.http


def checked(http: httpx.Client, text: str, *article_ids: str) -> Body:
    """What is said of the text, after what is always promised of it."""
    response = http.post("/check", json={"text": text, "article_ids": article_ids})
    assert response.status_code == 200, response.text[:300]
    body: Body = response.json()
    assert set(body) == {"text", "supported", "sentences", "citations"}
    numbers = [each["number"] for each in body["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for sentence in body["sentences"]:
        assert set(sentence) == SENTENCE
        assert body["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        assert set(sentence["citations"]) <= set(numbers)
        assert bool(sentence["citations"]) is sentence["supported"]
        assert sentence["supported"] or sentence["reason"]
    for citation in body["citations"]:
        assert set(citation) == CITATION
        article = http.get(f"/articles/{citation['article_id']}").json()
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert body["supported"] is (
        bool(body["sentences"]) and all(each["supported"] for each in body["sentences"])
    )
    return body


def test_a_true_sentence_is_supported_with_its_quote(http: httpx.Client) -> None:
    body = checked(http, TRUE)
    assert body["supported"] is True
    (sentence,) = body["sentences"]
    assert sentence["reason"] is None
    assert body["citations"][0]["article_id"] == LOBBY
    assert "August 2020" in body["citations"][0]["quote"]


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Binance.US was admitted in August 2021.", "2021"),
        ("The exchange Quorex was admitted in August 2020.", "Quorex"),
        ("Binance.US was started in 2017 under local rules.", "2017"),
    ],
)
def test_the_reason_names_a_wrong_number_date_or_name(
    http: httpx.Client, sentence: str, wrong: str
) -> None:
    body = checked(http, sentence)
    assert body["supported"] is False
    assert body["citations"] == []
    assert wrong in body["sentences"][0]["reason"]


def test_an_unsupported_sentence_does_not_affect_the_others(http: httpx.Client) -> None:
    body = checked(http, f"{TRUE} The moon is a harsh mistress to its many tenants.")
    assert [each["supported"] for each in body["sentences"]] == [True, False]
    assert body["supported"] is False


def test_markers_in_a_text_are_ignored(http: httpx.Client) -> None:
    assert checked(http, f"{TRUE[:-1]} [7].") == checked(http, TRUE)


def test_a_text_is_checked_against_the_given_articles_only(http: httpx.Client) -> None:
    assert checked(http, TRUE, LOBBY)["supported"] is True
    assert checked(http, TRUE, LOBBY, NASDAQ)["supported"] is True
    assert checked(http, TRUE, NASDAQ)["supported"] is False
    assert checked(http, TRUE, "no-such-article")["supported"] is False


@pytest.mark.parametrize("text", ["[1]", "!!!", "Here is what I found:"])
def test_a_text_without_claims_is_not_supported(http: httpx.Client, text: str) -> None:
    assert checked(http, text)["supported"] is False


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map(" ".join))
def test_ranges_and_quotes_are_exact_for_any_text(quick: httpx.Client, text: str) -> None:
    if text.strip():
        checked(quick, text)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n\t"},
        {"text": None},
        {"text": 7},
        {"text": ["a"]},
        {"text": "a" * (LONGEST_TEXT + 1)},
        {"text": "\ud800"},
        {"text": "a", "article_ids": "one"},
        {"text": "a", "article_ids": [1]},
        {"text": "a", "article_ids": ["a"] * 10_001},
        {"text": "a", "articles": []},
        [],
    ],
)
def test_an_invalid_body_is_refused_in_a_sentence(http: httpx.Client, body: object) -> None:
    # As ASCII: httpx would not send half of a surrogate pair.
    headers = {"Content-Type": "application/json"}
    assert_problem(http.post("/check", content=json.dumps(body), headers=headers), 422)


def test_the_longest_text_is_checked(quick: httpx.Client) -> None:
    sentences = [f"In {year} Coinbase left the group within {year} days." for year in range(60)]
    text = "\n".join(sentences).ljust(LONGEST_TEXT - 2, "x") + " ."
    assert len(checked(quick, text)["sentences"]) >= len(sentences)
