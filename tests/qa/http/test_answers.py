"""Answers are kept: to be opened, saved and verified later, within their collection."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from qa.receipts.receipt import hash_of
from tests.qa.http.shapes import Body, assert_problem, at, events_of
from tests.qa.serving import Served
from tests.qa.shelf import PHRASES, Shelf, shelf_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
QUESTION = "When did Binance.US join the Blockchain Association?"
PAY = "How many dollars did harbor pilots earn?"


class Links(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src")]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with shelf_in(tmp_path_factory.mktemp("shelf"), keyed=True) as shelf:
        yield shelf


def test_an_answer_can_be_opened_as_it_was_given(http: httpx.Client) -> None:
    answer = http.post("/ask", json={"question": QUESTION}).json()
    response = http.get(f"/answers/{answer['id']}")
    assert response.status_code == 200
    receipt = response.json()
    for name in ("id", "question", "text", "answered", "kept_until", "notice"):
        assert receipt[name] == answer[name]
    for quote, citation in zip(receipt["quotes"], answer["citations"], strict=True):
        assert quote["quote"] == citation["quote"]
        whole = http.get(at(quote["article_id"])).json()["text"]
        assert whole[quote["start"] : quote["end"]] == quote["quote"]
        assert quote["article_hash"] == hash_of(whole)
    by = receipt["answered_by"]
    assert (by["answerer"], by["model"], by["prompts"]) == ("extractive", None, None)
    assert by["index"] > 0


@pytest.mark.parametrize("door", ["/ask", "/v1/chat/completions", "/v1/responses"])
def test_streamed_answers_are_kept_too(http: httpx.Client, door: str, served: Served) -> None:
    before = served.service.store.records
    if door == "/ask":
        stream = http.post(
            door, json={"question": QUESTION}, headers={"Accept": "text/event-stream"}
        )
        answer = events_of(stream)[-1][1]
        assert answer["kept_until"]
        assert http.get(f"/answers/{answer['id']}").json()["text"] == answer["text"]
        return
    body: Body = {"stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    if door == "/v1/responses":
        body = {"stream": True, "input": QUESTION}
    counted = "SELECT count(*) FROM kept_records"
    earlier = before._database.rows(counted)
    assert http.post(door, json=body).status_code == 200
    assert before._database.rows(counted) > earlier


def test_a_browser_gets_a_page_that_says_what_has_become_of_the_quotes(
    http: httpx.Client,
) -> None:
    answer = http.post("/ask", json={"question": QUESTION}).json()
    response = http.get(f"/answers/{answer['id']}", headers=BROWSER)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    page = Links(response.text)
    assert "script" not in page.tags
    assert response.text.count('<span class="status exact">') == len(answer["citations"])
    for address in page.addresses:
        if address.startswith("/"):
            saved = http.get(address)
            assert saved.status_code == 200, address
            if "format=" in address:
                assert "attachment" in saved.headers["content-disposition"]
    missing = http.get("/answers/nothing", headers=BROWSER)
    assert missing.status_code == 404
    assert "No answer is kept under" in missing.text


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("json", "application/json"),
        ("markdown", "text/markdown"),
        ("html", "text/html"),
        ("jsonld", "application/ld+json"),
    ],
)
def test_an_answer_is_saved_in_each_format(http: httpx.Client, form: str, kind: str) -> None:
    answer = http.post("/ask", json={"question": QUESTION}).json()
    saved = http.get(f"/answers/{answer['id']}", params={"format": form})
    assert saved.headers["content-type"].startswith(kind)
    assert QUESTION.split()[-1].rstrip("?") in saved.text
    if kind.endswith("json"):
        json.loads(saved.text)


def test_what_is_not_kept_is_missing(http: httpx.Client) -> None:
    assert "QA_ANSWER_DAYS" in assert_problem(http.get("/answers/none"), 404)
    assert_problem(http.get("/answers/none?format=pdf"), 422)


def test_verifying_says_exact_moved_changed_and_removed(adding: Served) -> None:
    http = adding.http
    told = "The zeppelin Aurora carried 42 passengers over the lake. "
    article = {"id": "zeppelin", "text": told + "It flew again in May."}

    def add(text: str) -> None:
        http.post("/articles", json={**article, "text": text}).raise_for_status()

    add(str(article["text"]))
    asked = {"question": "How many passengers did the zeppelin Aurora carry?"}
    answer = http.post("/ask", json=asked).json()
    assert [each["article_id"] for each in answer["citations"]] == ["zeppelin"]
    receipt = http.get(f"/answers/{answer['id']}").json()

    def verified() -> Body:
        response = http.post("/verify", json=receipt)
        assert response.status_code == 200, response.text
        body: Body = response.json()
        quote: Body
        (quote,) = body["quotes"]
        assert body["holds"] is (quote["status"] in ("exact", "moved"))
        return quote

    assert verified()["status"] == "exact"
    add("A storm is coming. " + told)
    moved = verified()
    assert moved["status"] == "moved"
    text = http.get(at("zeppelin")).json()["text"]
    assert text[moved["start"] : moved["end"]] == receipt["quotes"][0]["quote"]
    add(told.replace("42", "44"))
    changed = verified()
    assert changed["status"] == "changed"
    assert [each["text"] for each in changed["diff"] if each["kind"] == "inserted"] == ["44"]
    http.delete(at("zeppelin"))
    assert verified()["status"] == "removed"
    page = http.get(f"/answers/{answer['id']}", headers=BROWSER).text
    assert '<span class="status removed">' in page


def test_what_is_no_receipt_is_refused(http: httpx.Client) -> None:
    assert_problem(http.post("/verify", json={"id": "x"}), 422)
    answer = http.post("/ask", json={"question": QUESTION}).json()
    receipt = http.get(f"/answers/{answer['id']}").json()
    assert_problem(http.post("/verify", json=receipt | {"format": "other"}), 422)
    many = [receipt["quotes"][0]] * 201
    assert "200" in assert_problem(http.post("/verify", json=receipt | {"quotes": many}), 422)


def test_no_answer_crosses_between_collections(shelf: Shelf) -> None:
    of_all, of_a = shelf.key("everything"), shelf.key("of a", "a")
    ids = {}
    for name in ("default", "a", "b"):
        asked = shelf.http.post(
            f"/collections/{name}/ask", json={"question": PAY}, headers=of_all
        ).json()
        ids[name] = asked["id"]
    for name in ids:
        for other, answer_id in ids.items():
            path = f"/collections/{name}/answers/{answer_id}"
            found = shelf.http.get(path, headers=of_all)
            assert found.status_code == (200 if name == other else 404)
            if name == other:
                assert PHRASES[name] in found.text
                assert found.json()["collection"] == name
            allowed = shelf.http.get(path, headers=of_a)
            assert allowed.status_code == (200 if name == other == "a" else 404)
            assert shelf.http.get(path).status_code == 401
    receipt = shelf.http.get(f"/collections/b/answers/{ids['b']}", headers=of_all).json()
    elsewhere = shelf.http.post("/collections/a/verify", json=receipt, headers=of_a).json()
    assert [each["status"] for each in elsewhere["quotes"]] == ["removed"]
    assert_problem(shelf.http.post("/collections/b/verify", json=receipt, headers=of_a), 404)
    page = shelf.http.get(f"/collections/a/answers/{ids['a']}", headers=BROWSER)
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")


def test_nothing_is_kept_where_it_is_not_wanted(tmp_path: Path) -> None:
    with shelf_in(tmp_path, infos=(), answer_days=0) as shelf:
        answer = shelf.http.post("/ask", json={"question": PAY}).json()
        assert answer["kept_until"] is None
        assert_problem(shelf.http.get(f"/answers/{answer['id']}"), 404)
        assert not (tmp_path / "answers.sqlite").exists()


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with shelf_in(tmp_path, infos=()) as shelf:
        (tmp_path / "answers.sqlite").write_bytes(b"damaged" * 1_000)
        answer = shelf.http.post("/ask", json={"question": PAY}).json()
        assert PHRASES["default"] in answer["text"]
        assert answer["kept_until"] is None
        assert "was not kept" in caplog.text
