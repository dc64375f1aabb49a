"""From a file to a cited answer, with the real program and model: shell, HTTP and page."""

import json
from pathlib import Path

import httpx

from tests.qa.http.shapes import assert_answer, events_of
from tests.qa.processes import REAL, run, serving

QUESTION = "When did Binance.US join the Blockchain Association?"
ARTICLE = """ date 2022-04-22 Don't miss Chain Week 2022, where lawmakers meet developers.

The Blockchain Association, which lobbies for the industry in Washington, is one member poorer.

Binance.US became a member of the association in August 2020 and has now handed in its notice, \
according to two people who were told of it. It wants to run a lobbying office of its own.

Neither the company nor the association wished to comment. Another exchange, Coinbase, had walked \
out in the week in which Binance.US walked in.
"""


def test_from_a_file_to_a_cited_answer(tmp_path: Path) -> None:
    path = tmp_path / "articles" / "notice.txt"
    path.parent.mkdir()
    path.write_text(ARTICLE)
    with (
        serving(tmp_path, module=REAL) as (_, url),
        httpx.Client(base_url=url, timeout=120) as http,
    ):
        code, out, err = run(tmp_path, "ingest", "articles", module=REAL)
        assert (code, err) == (0, "")
        assert out.startswith("1 added, 0 replaced, 0 unchanged, 0 skipped")

        code, out, err = run(tmp_path, "ask", QUESTION, module=REAL)
        assert (code, err) == (0, "")
        assert "August 2020" in out
        assert "2022-04-22" in out
        assert "notice.txt, characters " in out
        assert "Chain Week" not in out

        said = json.loads(run(tmp_path, "ask", QUESTION, "--json", module=REAL)[1])
        over_http = http.post("/ask", json={"question": QUESTION}).json()
        stream = {"Accept": "text/event-stream"}
        events = events_of(http.post("/ask", json={"question": QUESTION}, headers=stream))
        streamed = events[-1][1]
        text = http.get("/articles/notice.txt").json()["text"]
        assert text == ARTICLE
        for answer in (said, over_http, streamed):
            assert_answer(answer)
            assert answer["answered"]
            assert "August 2020" in answer["citations"][0]["quote"]
            for each in answer["citations"]:
                assert text[each["start"] : each["end"]] == each["quote"]
        assert "".join(data["text"] for name, data in events if name == "token") == streamed["text"]
