"""GET /search: ranked passages, filtered, over the real index."""

import httpx
import pytest

from tests.qa.http.shapes import PASSAGE
from tests.qa.serving import Served

COINBASE = "2021-04-15-coinbase-lists-on-nasdaq.txt"


def found(http: httpx.Client, **parameters: object) -> list[str]:
    response = http.get("/search", params=httpx.QueryParams(parameters))  # type: ignore[arg-type]
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) == {"passages"}
    assert all(set(each) == PASSAGE for each in body["passages"])
    scores = [each["score"] for each in body["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    return [each["article_id"] for each in body["passages"]]


def test_the_best_passage_comes_first(http: httpx.Client) -> None:
    assert found(http, q="Coinbase shares on Nasdaq")[0] == COINBASE


def test_passages_are_exact_ranges_of_their_articles(served: Served) -> None:
    for each in served.http.get("/search", params={"q": "senators"}).json()["passages"]:
        text = served.http.get(f"/articles/{each['article_id']}").json()["text"]
        assert text[each["start"] : each["end"]] == each["text"]


def test_as_many_passages_come_as_were_asked_for(http: httpx.Client) -> None:
    assert len(found(http, q="exchange", k=2)) == 2


def test_date_filters_are_inclusive(http: httpx.Client) -> None:
    day = {"published_from": "2021-04-15", "published_to": "2021-04-15"}
    assert set(found(http, q="exchange", **day)) == {COINBASE}
    assert COINBASE not in found(http, q="Coinbase", published_from="2021-04-16")


def test_source_and_article_filters_may_be_repeated(adding: Served) -> None:
    for source in ("north", "south", "west"):
        text = f"The {source} wind blew over the exchange."
        record = {"id": source, "source": f"The {source}", "text": text}
        assert adding.http.post("/articles", json=record).status_code == 201
    both = {"q": "wind", "source": ["The north", "The south"]}
    body = adding.http.get("/search", params=both).json()
    assert {each["article_id"] for each in body["passages"]} == {"north", "south"}
    both = {"q": "wind", "article_id": ["west", COINBASE]}
    body = adding.http.get("/search", params=both).json()
    assert {each["article_id"] for each in body["passages"]} == {"west", COINBASE}


def test_reranked_passages_are_those_that_an_answer_is_given(http: httpx.Client) -> None:
    question = "Where did Coinbase list its shares?"
    answer = http.post("/ask", json={"question": question}).json()
    assert found(http, q=question, rerank="true") == [
        each["article_id"] for each in answer["passages"]
    ]
    assert set(found(http, q=question, k=20)) >= set(found(http, q=question, rerank="true"))


def test_filters_that_exclude_everything_find_nothing(http: httpx.Client) -> None:
    assert found(http, q="exchange", source="nobody") == []


@pytest.mark.parametrize("q", ["\x00", "a\x00b", '"', "AND", "NEAR(", "*", "-", "👍", "e\u0301"])
def test_unusual_queries_are_searched_for(http: httpx.Client, q: str) -> None:
    assert found(http, q=q)
