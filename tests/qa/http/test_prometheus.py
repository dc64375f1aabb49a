"""GET /metrics, and the dashboard that shows it."""

import json
import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from qa.http.limits import Limits
from qa.http.middleware import ALWAYS_SERVED
from tests.openai_server import Deed, Fail, Say
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing
from tests.qa.http.shapes import assert_problem
from tests.qa.llm_service import FALSE, QUESTION, TRUE, answering

DASHBOARD = Path(__file__).parents[3] / "deploy" / "grafana" / "article-qa.json"
Samples = dict[tuple[str, ...], float]


def samples(http: httpx.Client) -> Samples:
    """The value of each sample by its name and the values of its labels, without `article_qa_`."""
    response = http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(response.text)
    found = (each for family in families for each in family.samples)
    return {
        (each.name.removeprefix("article_qa_"), *each.labels.values()): each.value for each in found
    }


def test_what_a_chat_model_writes_is_counted(tmp_path: Path) -> None:
    prices = {"openai:scripted": (1.0, 10.0)}
    deeds: list[Deed] = [Say(f"{TRUE} {FALSE}"), Fail(400)]
    with answering(tmp_path, deeds, model_prices=prices, checker="rules") as it:
        for question in (QUESTION, QUESTION, "Who paid?"):
            it.http.post("/ask", json={"question": question})
        found = samples(it.http)
    assert found["answers_total", "llm", "default", "answered"] == 2
    assert found["cache_lookups_total", "default", "hit"] == 1
    assert found["cache_lookups_total", "default", "miss"] == 2
    assert found["fallbacks_total",] == 1
    assert found["tokens_total", "in"] == 900
    assert found["tokens_total", "out"] == 40
    assert found["cost_total",] == pytest.approx(0.0013)
    assert found["sentences_total", "supported"] >= 2
    unsupported = ("contradicted", "not_found")
    assert sum(found.get(("sentences_total", each), 0) for each in unsupported) == 2
    assert found["stage_seconds_count", "retrieve"] == 3
    assert found["requests_total", "POST", "/ask", "200"] == 3
    assert found["articles", "default"] == 2


def test_a_stream_is_counted_too(tmp_path: Path) -> None:
    with answering(tmp_path, [Say(TRUE)], checker="rules") as it:
        stream = {"Accept": "text/event-stream"}
        it.http.post("/ask", json={"question": QUESTION}, headers=stream)
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        it.http.post("/v1/chat/completions", json={**chat, "stream": True})
        it.http.post("/v1/chat/completions", json=chat)
        assert samples(it.http)["answers_total", "llm", "default", "answered"] == 3


def test_a_path_that_is_unknown_makes_no_series_of_its_own(serve: Serve) -> None:
    http = serve(Failing(RuntimeError())).http
    for n in range(5):
        http.get(f"/nothing/{n}")
    assert samples(http)["requests_total", "GET", "unknown", "404"] == 5


def test_methods_that_are_made_up_are_counted_as_one(serve: Serve) -> None:
    http = serve(Failing(RuntimeError())).http
    for n in range(3):
        http.request(f"MADEUP{n}", "/articles")
    told = http.get("/metrics").text
    assert "MADEUP" not in told
    assert samples(http)["requests_total", "other", "/articles", "405"] == 3


def test_the_lag_of_the_event_loop_is_counted(serve: Serve) -> None:
    http = serve(Failing(RuntimeError())).http
    while samples(http)["event_loop_lag_seconds_count",] < 2:
        pass
    assert samples(http)["event_loop_lag_seconds_sum",] >= 0


def test_every_metric_of_the_dashboard_is_there(tmp_path: Path) -> None:
    shown = set(re.findall(r"article_qa_(\w+)", json.dumps(json.loads(DASHBOARD.read_text()))))
    with answering(tmp_path, [Say(f"{TRUE} {FALSE}")], checker="rules") as it:
        it.http.post("/ask", json={"question": QUESTION})
        names = {name for name, *_ in samples(it.http)}
    assert shown
    assert shown <= names


def test_a_saturated_service_says_so_and_still_answers_probes(serve: Serve) -> None:
    http = serve(Failing(RuntimeError()), limits=Limits(requests=0)).http
    refused = http.get("/articles")
    assert "Try again" in assert_problem(refused, 503)
    assert int(refused.headers["retry-after"]) > 0
    for probe in ALWAYS_SERVED:
        assert "being handled" not in http.get(probe).text
