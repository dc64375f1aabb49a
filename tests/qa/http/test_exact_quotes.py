"""The invariant, end to end: a quote is the exact words of its range of the article."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.qa.http.shapes import assert_answer, events_of
from tests.qa.serving import Served
from tests.vectorstore.nasty import texts

PROSE = "The heron 🪶 stood by the “old” weir at 5 o’clock,\r\nsaid Dr. No\u0308el\x00 of קבוצה. "
nasty_articles = st.builds("{}{}{}{}".format, texts, st.just(PROSE), texts, texts)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=nasty_articles)
def test_every_quote_is_exact(adding: Served, text: str) -> None:
    http = adding.http
    (outcome,) = http.post("/articles", json={"id": "nasty", "text": text}).json()["articles"]
    assert outcome["status"] in ("added", "replaced", "unchanged"), outcome
    only = {"article_ids": ["nasty"]}
    stored = http.get(f"/articles/{quote('nasty')}").json()["text"]
    assert stored == text
    question = {"question": "Where did the heron stand?", "filters": only, "passages": 20}
    answer = http.post("/ask", json=question).json()
    assert_answer(answer)
    streamed = http.post("/ask", json=question, headers={"Accept": "text/event-stream"})
    again = events_of(streamed)[-1][1]
    assert again["citations"] == answer["citations"]
    for each in answer["citations"]:
        assert stored[each["start"] : each["end"]] == each["quote"] != ""
    found = http.get("/search", params={"q": "heron", "k": 100, "article_id": "nasty"}).json()
    assert found["passages"]
    for each in (*found["passages"], *answer["passages"]):
        assert stored[each["start"] : each["end"]] == each["text"] != ""
