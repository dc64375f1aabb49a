"""/articles: adding, listing, reading and removing articles, whatever their ids."""

import json

import httpx
import pytest

from tests.qa.http.shapes import ARTICLE, ENTRY, Body, assert_problem, at
from tests.qa.serving import Served

TEXT = "The cat sat on the mat. It was content there, and stayed until the evening."
JSON = {"Content-Type": "application/json"}


def add(http: httpx.Client, records: object) -> list[Body]:
    """What became of each of the articles sent."""
    response = http.post("/articles", json=records)
    body = response.json()
    is_new = any(each["status"] == "added" for each in body["articles"])
    assert response.status_code == (201 if is_new else 200), response.text
    assert set(body) == {"articles", "passages", "undo"}
    assert all(set(each) == {"id", "status", "reason"} for each in body["articles"])
    outcomes: list[Body] = body["articles"]
    return outcomes


def test_an_added_article_reads_back_unchanged(adding: Served) -> None:
    record = {
        "id": "cats/1",
        "title": "Cats",
        "published": "2022-02-02",
        "source": "The Mat",
        "author": "A. Cat",
        "url": "https://example.org/cats?n=1#mat",
        "text": TEXT,
    }
    assert add(adding.http, record) == [{"id": "cats/1", "status": "added", "reason": None}]
    body = adding.http.get(at("cats/1")).json()
    assert set(body) == ARTICLE
    assert body == {
        **record,
        "skipped": [],
        "skipped_reasons": [],
        "pages": [],
        "cluster": None,
        "copies": [],
    }
    passages = adding.http.get("/search", params={"q": TEXT, "article_id": "cats/1"}).json()
    assert [each["article_id"] for each in passages["passages"]] == ["cats/1"]


def test_an_article_sent_again_is_unchanged_or_replaces_the_old_one(adding: Served) -> None:
    record = {"id": "cat", "text": TEXT}
    statuses = [
        add(adding.http, each)[0]["status"]
        for each in (record, record, {**record, "text": f"{TEXT} Then it left."}, record)
    ]
    assert statuses == ["added", "unchanged", "replaced", "replaced"]


def test_an_article_as_read_can_be_sent_back(adding: Served) -> None:
    for entry in adding.http.get("/articles").json()["articles"]:
        article = adding.http.get(at(entry["id"])).json()
        assert add(adding.http, article)[0]["status"] == "unchanged"


def test_unreadable_articles_of_a_list_do_not_keep_out_the_others(adding: Served) -> None:
    records = [{"id": "good", "text": TEXT}, 5, {"id": "empty", "text": " "}, {"title": "no text"}]
    good, *bad = add(adding.http, records)
    assert good == {"id": "good", "status": "added", "reason": None}
    assert [each["status"] for each in bad] == ["skipped"] * 3
    assert [each["id"] for each in bad] == ["article 2", "article 3", "article 4"]
    assert all(each["reason"].endswith(".") for each in bad)
    assert adding.http.get(at("good")).status_code == 200


def test_articles_of_one_request_do_not_replace_each_other(adding: Served) -> None:
    records = [{"id": "a", "text": TEXT}, {"id": "a", "text": "Dogs."}, {"id": "a", "text": TEXT}]
    first, second = add(adding.http, records)
    assert first == {"id": "a", "status": "added", "reason": None}
    assert second["status"] == "skipped"
    assert "same id" in second["reason"]
    assert adding.http.get(at("a")).json()["text"] == TEXT


def test_an_article_without_an_id_gets_the_same_one_every_time(adding: Served) -> None:
    (first,) = add(adding.http, {"text": TEXT})
    (second,) = add(adding.http, {"text": TEXT})
    assert first["id"] == second["id"]
    assert second["status"] == "unchanged"


@pytest.mark.parametrize(
    "article_id",
    [
        "a/b/c.txt", "/leading", "trailing/", "a//b", "https://example.org/x?y=1&z=2#part", "a?b",
        "a#b", "a%2Fb", "100%", "a b", "a+b", "ünï/çødé", "🐈/🐕", "..", ".", "../../x", "a/../b",
        "a\\b", "a:b;c,d", '"quoted"', "<b>", "x" * 1_500,
    ],
)  # fmt: skip
def test_any_id_can_be_used_in_a_path(adding: Served, article_id: str) -> None:
    assert add(adding.http, {"id": article_id, "text": TEXT})[0]["id"] == article_id
    path = at(article_id) if article_id.strip(".") else f"/articles/{'%2E' * len(article_id)}"
    assert adding.http.get(path).json()["id"] == article_id
    found = adding.http.get("/search", params={"q": "cat", "article_id": article_id}).json()
    assert {each["article_id"] for each in found["passages"]} == {article_id}
    assert adding.http.delete(path).status_code == 204
    assert_problem(adding.http.get(path), 404)


def test_slashes_need_not_be_escaped(adding: Served) -> None:
    add(adding.http, {"id": "a/b/c.txt", "text": TEXT})
    assert adding.http.get("/articles/a/b/c.txt").json()["id"] == "a/b/c.txt"


def test_a_removed_article_leaves_nothing_behind(adding: Served) -> None:
    before = adding.http.get("/ready").json()
    add(adding.http, {"id": "gone", "text": TEXT})
    removed = adding.http.delete(at("gone"))
    assert removed.status_code == 204
    assert removed.content == b""
    assert "gone" in assert_problem(adding.http.delete(at("gone")), 404)
    assert adding.http.get("/ready").json() == before
    found = adding.http.get("/search", params={"q": TEXT}).json()["passages"]
    assert "gone" not in {each["article_id"] for each in found}


def test_the_list_is_newest_first_page_by_page(http: httpx.Client) -> None:
    whole = http.get("/articles").json()
    assert set(whole) == {"articles", "total", "next_cursor"}
    assert all(set(each) == ENTRY for each in whole["articles"])
    days = [each["published"] for each in whole["articles"]]
    assert days == sorted(days, reverse=True)
    assert whole["next_cursor"] is None
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = http.get("/articles", params=parameters).json()
        assert page["total"] == whole["total"]
        assert len(page["articles"]) <= 2
        seen += page["articles"]
        cursor, pages = page["next_cursor"], pages + 1
    assert seen == whole["articles"]
    assert pages == 3


@pytest.mark.parametrize(("q", "total"), [("nasdaq", 1), ("binance.us", 2), ("%", 0), ("_", 0)])
def test_the_list_can_be_filtered_by_title(adding: Served, q: str, total: int) -> None:
    found = adding.http.get("/articles", params={"q": q}).json()
    if q in "%_":  # taken literally, not as a pattern
        assert found["total"] < 5
    else:
        assert found["total"] == total


PROMOTED = "The cat sat on the mat.\n\nSign up for our newsletter.\n\nIt was content."


def post_kept(http: httpx.Client, form: str, parameters: Body) -> list[str]:
    """The reasons why something of an article is skipped that is sent as JSON or as a file."""
    if form == "json":
        sent = http.post("/articles", json={"id": "cat", "text": PROMOTED}, params=parameters)
    else:
        files = [("files", ("cat.txt", PROMOTED.encode()))]
        sent = http.post("/articles", files=files, params=parameters)
    (outcome,) = sent.json()["articles"]
    reasons: list[str] = http.get(at(outcome["id"])).json()["skipped_reasons"]
    return reasons


@pytest.mark.parametrize("form", ["json", "file"])
def test_an_article_is_kept_whole_if_the_request_says_so(adding: Served, form: str) -> None:
    assert post_kept(adding.http, form, {}) == ["promotional"]
    assert post_kept(adding.http, form, {"keep_all": "true"}) == []
    found = adding.http.get("/search", params={"q": "newsletter", "k": 1}).json()["passages"]
    assert "Sign up for our newsletter." in found[0]["text"]
    assert post_kept(adding.http, form, {"keep_all": "false"}) == ["promotional"]


@pytest.mark.parametrize("form", ["json", "file"])
def test_an_article_is_kept_whole_if_the_setting_says_so(
    adding: Served, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(adding.service, "keep_all", True)
    assert post_kept(adding.http, form, {}) == []
    assert post_kept(adding.http, form, {"keep_all": "false"}) == ["promotional"]


def test_every_skipped_range_has_one_reason(adding: Served) -> None:
    article = {**WHOLE, "skipped": [[0, 3]], "skipped_reasons": ["repeated", "metadata"]}
    (outcome,) = add(adding.http, article)
    assert "`skipped_reasons`" in outcome["reason"]
    (outcome,) = add(adding.http, {**article, "skipped_reasons": ["dull"]})
    assert "`skipped_reasons`" in outcome["reason"]
    add(adding.http, {**article, "skipped_reasons": ["repeated"]})
    assert adding.http.get(at("w")).json()["skipped_reasons"] == ["repeated"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_not_json_is_refused(http: httpx.Client, content: bytes, says: str) -> None:
    assert says in assert_problem(http.post("/articles", content=content, headers=JSON), 422)


def test_other_media_types_are_refused(http: httpx.Client) -> None:
    headers = {"Content-Type": "text/plain"}
    refused = http.post("/articles", content=TEXT.encode(), headers=headers)
    assert "application/json" in assert_problem(refused, 415)


WHOLE: Body = {
    "id": "w", "title": "W", "published": None, "source": None, "author": None, "url": None,
    "text": TEXT, "skipped": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"skipped": [[5, 2]]}, "skipped"),
        ({"skipped": [[0, 10_000]]}, "skipped"),
        ({"skipped": [[0, 5], [3, 8]]}, "skipped"),
        ({"skipped": [[-3, 5]]}, "skipped"),
        ({"skipped": "all"}, "skipped"),
        ({"published": "soon"}, "published"),
        ({"title": None}, "title"),
        ({"id": ""}, "id"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"text": "half \ud83d"}, "text"),
    ],
)
def test_an_article_with_skipped_ranges_is_validated(
    adding: Served, change: Body, says: str
) -> None:
    content = json.dumps({**WHOLE, **change})
    response = adding.http.post("/articles", content=content, headers=JSON)
    (outcome,) = response.json()["articles"]
    assert outcome["status"] == "skipped"
    assert f"`{says}`" in outcome["reason"]
    assert "\n" not in outcome["reason"]
    assert "pydantic" not in outcome["reason"]


def test_a_javascript_url_is_not_kept(adding: Served) -> None:
    add(adding.http, {"id": "evil", "url": "javascript:alert(1)", "text": TEXT})
    assert adding.http.get(at("evil")).json()["url"] is None


def test_a_large_article_reads_back_unchanged(adding: Served) -> None:
    # The first paragraph is prose; the rest is skipped, so that nothing of it is embedded.
    text = TEXT + "\n\n" + "0123456789 " * 100_000
    article = {**WHOLE, "text": text, "skipped": [[len(TEXT), len(text)]]}
    assert add(adding.http, article)[0]["status"] == "added"
    assert adding.http.get(at("w")).json()["text"] == text
