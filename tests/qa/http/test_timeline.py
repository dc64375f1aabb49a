"""GET /timeline: dated quotes in order, as JSON and as Markdown."""

import httpx

from tests.qa.http.shapes import CITATION, assert_problem
from tests.qa.serving import Served


def test_entries_are_in_order_and_exact(served: Served) -> None:
    body = served.http.get("/timeline", params={"q": "Binance.US"}).json()
    assert set(body) == {"about", "entries", "as_of"}
    days = [each["day"] for each in body["entries"]]
    assert len(days) >= 2
    assert days == sorted(days)
    for each in body["entries"]:
        assert set(each) == {"day", "dated_by", "citation"}
        cited = each["citation"]
        assert set(cited) == CITATION
        text = served.http.get(f"/articles/{cited['article_id']}").json()["text"]
        assert text[cited["start"] : cited["end"]] == cited["quote"]


def test_nothing_is_told_that_was_published_later(http: httpx.Client) -> None:
    parameters = {"q": "Binance.US", "as_of": "2022-01-01"}
    body = http.get("/timeline", params=parameters).json()
    assert body["entries"]
    assert all(each["citation"]["published"] <= "2022-01-01" for each in body["entries"])


def test_markdown(http: httpx.Client) -> None:
    response = http.get("/timeline", params={"q": "Binance.US", "format": "markdown"})
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("# Binance.US\n\n- **")


def test_a_range_of_days_that_ends_before_it_begins_is_refused(http: httpx.Client) -> None:
    days = {"published_from": "2022-02-01", "published_to": "2022-01-01"}
    assert_problem(http.get("/timeline", params={"q": "Binance", **days}), 422)
