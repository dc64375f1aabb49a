"""POST /ask as one JSON body, and as an event stream, over the real index."""

import httpx
import pytest

from tests.qa.http.shapes import assert_answer, events_of
from tests.qa.serving import Served

QUESTION = "When did Binance.US join the Blockchain Association?"
STREAM = {"Accept": "text/event-stream"}


def test_an_answer_has_exactly_the_keys_of_the_contract(http: httpx.Client) -> None:
    response = http.post("/ask", json={"question": QUESTION})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert_answer(body)
    assert body["question"] == body["standalone_question"] == QUESTION
    assert body["answerer"] == "extractive"
    assert body["model"] is None


def test_an_answer_quotes_the_words_of_the_article(served: Served) -> None:
    body = served.http.post("/ask", json={"question": QUESTION}).json()
    assert body["answered"]
    assert any("August 2020" in each["quote"] for each in body["citations"])
    for each in body["citations"]:
        article = served.http.get(f"/articles/{each['article_id']}").json()
        assert article["text"][each["start"] : each["end"]] == each["quote"]
        assert each["passage_id"] in {passage["id"] for passage in body["passages"]}


def test_what_the_articles_do_not_say_is_not_cited(http: httpx.Client) -> None:
    body = http.post("/ask", json={"question": "Which glaze suits a stoneware teapot?"}).json()
    assert_answer(body)
    assert not body["answered"]
    assert body["citations"] == []
    assert body["passages"], "the nearest passages are given all the same"
    assert body["text"]


def test_what_was_published_later_is_not_there_as_of_a_day(http: httpx.Client) -> None:
    early = http.post("/ask", json={"question": QUESTION, "as_of": "2001-01-01"}).json()
    assert_answer(early)
    assert not early["answered"]
    assert early["passages"] == []
    assert early["as_of"] == "2001-01-01"
    assert early["notice"] == "As of 1 January 2001: articles published later were left out."
    late = http.post("/ask", json={"question": QUESTION, "as_of": "2030-01-01"}).json()
    assert late["answered"]
    assert {each["published"] for each in late["citations"]} - {None}


def test_the_days_that_a_question_names_are_searched_unless_it_says_not_to(
    http: httpx.Client,
) -> None:
    question = {
        "question": "What was published before March 2001 about the Blockchain Association?"
    }
    read = http.post("/ask", json=question).json()
    assert read["timeframe"] == {
        "text": "before March 2001",
        "first": None,
        "last": "2001-02-28",
        "speaks_of": "reported",
    }
    assert read["passages"] == []
    assert "only articles published to 28 February 2001 were searched" in read["notice"]
    unread = http.post("/ask", json=question | {"reads_dates": False}).json()
    assert unread["timeframe"] is None
    assert unread["passages"]


def test_events_come_in_order_and_end_with_the_same_answer(http: httpx.Client) -> None:
    whole = http.post("/ask", json={"question": QUESTION}).json()
    streamed = http.post("/ask", json={"question": QUESTION}, headers=STREAM)
    assert streamed.headers["cache-control"] == "no-cache"
    events = events_of(streamed)
    names = [name for name, _ in events]
    assert names[0] == "passages"
    assert names[-1] == "answer"
    assert set(names[1:-1]) == {"token", "sentence"}
    answer = events[-1][1]
    assert_answer(answer)
    ours = {"id", "timings_ms", "kept_until"}
    assert {k: v for k, v in answer.items() if k not in ours} == {
        k: v for k, v in whole.items() if k not in ours
    }
    assert events[0][1] == {"standalone_question": QUESTION, "passages": answer["passages"]}
    assert "".join(data["text"] for name, data in events if name == "token") == answer["text"]
    sentences = [data for name, data in events if name == "sentence"]
    assert [each["sentence"] for each in sentences] == answer["sentences"]
    assert [cited for each in sentences for cited in each["citations"]] == answer["citations"]


def test_a_stream_without_an_answer_has_tokens_but_no_sentences(http: httpx.Client) -> None:
    question = {"question": "Which glaze suits a stoneware teapot?"}
    events = events_of(http.post("/ask", json=question, headers=STREAM))
    answer = events[-1][1]
    assert not answer["answered"]
    assert "".join(data["text"] for name, data in events if name == "token") == answer["text"]
    assert "sentence" not in {name for name, _ in events}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
def test_other_accept_headers_get_json(http: httpx.Client, accept: str) -> None:
    response = http.post("/ask", json={"question": QUESTION}, headers={"Accept": accept})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("accept", ["text/event-stream, */*", "Text/Event-Stream"])
def test_the_accept_header_is_read_in_any_case(http: httpx.Client, accept: str) -> None:
    response = http.post("/ask", json={"question": QUESTION}, headers={"Accept": accept})
    assert events_of(response)


def test_filters_restrict_the_passages(http: httpx.Client) -> None:
    def asked(**filters: object) -> set[str]:
        body = http.post("/ask", json={"question": QUESTION, "filters": filters}).json()
        return {each["article_id"] for each in body["passages"]}

    coinbase = "2021-04-15-coinbase-lists-on-nasdaq.txt"
    assert asked(published_from="2022-04-20", published_to="2022-04-20") == {
        "2022-04-20-binance-us-leaves-lobby.txt"
    }
    assert asked(published_to="2021-04-30") == {coinbase}
    assert asked(article_ids=[coinbase]) == {coinbase}
    assert asked(sources=["nobody"]) == set()
    assert asked(published_from=None, published_to=None, sources=[], article_ids=[]) > {coinbase}


def test_as_many_passages_come_as_were_asked_for(http: httpx.Client) -> None:
    body = http.post("/ask", json={"question": QUESTION, "passages": 1}).json()
    assert len(body["passages"]) == 1


def test_a_question_may_follow_a_conversation(http: httpx.Client) -> None:
    history = [
        {"role": "user", "content": "Who is Brian Brooks?"},
        {"role": "assistant", "content": "He led Binance.US."},
    ]
    response = http.post("/ask", json={"question": "When did he quit?", "history": history})
    assert response.status_code == 200
    assert_answer(response.json())
    assert response.json()["question"] == "When did he quit?"


@pytest.mark.parametrize(
    "question",
    [
        "\x00",
        "NUL \x00 in it",
        "👩‍👩‍👧‍👦 🇺🇸?",
        "e\u0301 \u202eלאמש",
        "???",
        '"AND" OR (NOT *)',
        "line\u2028separated\u0085here",
        "q" * 2_000,
    ],
)
def test_unusual_questions_are_answered(http: httpx.Client, question: str) -> None:
    whole = http.post("/ask", json={"question": question})
    assert whole.status_code == 200, whole.text
    assert_answer(whole.json())
    assert whole.json()["question"] == question
    streamed = http.post("/ask", json={"question": question}, headers=STREAM)
    assert events_of(streamed)[-1][0] == "answer"


def test_white_space_around_a_question_is_stripped(http: httpx.Client) -> None:
    assert http.post("/ask", json={"question": " \n Who? \t"}).json()["question"] == "Who?"
