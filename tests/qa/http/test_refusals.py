"""What the service refuses: problem documents with a status and a sentence, on every route."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.qa.http.shapes import Body, assert_problem

ASK = "/ask"
JSON = {"Content-Type": "application/json"}


def test_an_unknown_path_is_refused(http: httpx.Client) -> None:
    assert "/nothing/here" in assert_problem(http.get("/nothing/here"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/ask"), ("GET", "/ask"), ("DELETE", "/search"), ("POST", "/health"),
     ("PATCH", "/articles"), ("PUT", "/articles/x"), ("POST", "/"), ("DELETE", "/collection")],
)  # fmt: skip
def test_an_unsupported_method_is_refused(http: httpx.Client, method: str, path: str) -> None:
    response = http.request(method, path)
    detail = assert_problem(response, 405)
    assert method in detail
    assert response.headers["allow"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"question":', "not JSON"),
        (b"\xff\xfe{", "not UTF-8"),
        (b'{"question": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "missing"),
        (b"null", "JSON object"),
        (b"[]", "JSON object"),
        (b'"When?"', "JSON object"),
    ],
)
def test_a_malformed_question_is_refused(http: httpx.Client, content: bytes, says: str) -> None:
    assert says in assert_problem(http.post(ASK, content=content, headers=JSON), 422)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": None}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n "}, "question"),
        ({"question": "q" * 2_001}, "question"),
        ({"question": 5}, "question"),
        ({"question": "x", "answer": "y"}, "answer"),
        ({"question": "x", "passages": 0}, "passages"),
        ({"question": "x", "passages": 21}, "passages"),
        ({"question": "x", "passages": "many"}, "passages"),
        ({"question": "x", "answerer": "oracle"}, "answerer"),
        ({"question": "x", "history": {}}, "history"),
        ({"question": "x", "history": ["hello"]}, "history.0"),
        ({"question": "x", "history": [{"role": "system", "content": "y"}]}, "history.0.role"),
        ({"question": "x", "history": [{"role": "user"}]}, "history.0.content"),
        ({"question": "x", "history": [{"role": "user", "content": "y"}] * 101}, "history"),
        ({"question": "x", "filters": []}, "filters"),
        ({"question": "x", "filters": {"source": ["y"]}}, "filters.source"),
        ({"question": "x", "filters": {"sources": "y"}}, "filters.sources"),
        ({"question": "x", "filters": {"article_ids": [1]}}, "filters.article_ids.0"),
        ({"question": "x", "filters": {"published_from": "2022-13-01"}}, "filters.published_from"),
        ({"question": "x", "filters": {"published_from": "yesterday"}}, "filters.published_from"),
        ({"question": "x", "filters": {"published_to": 86400}}, "filters.published_to"),
        ({"question": "x", "filters": {"published_to": "2022-04-20T10"}}, "filters.published_to"),
    ],
)  # fmt: skip
def test_an_invalid_field_is_named(http: httpx.Client, body: Body, field: str) -> None:
    response = http.post(ASK, json=body)
    assert field in assert_problem(response, 422)
    assert field in {each["field"] for each in response.json()["errors"]}


def test_half_a_surrogate_pair_is_refused(http: httpx.Client) -> None:
    response = http.post(ASK, content=b'{"question": "\\ud83d"}', headers=JSON)
    assert "surrogate" in assert_problem(response, 422)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/embeddings", r'{"input": ["\ud800"]}', "input.0"),
        ("/v1/responses", r'{"input": "x", "previous_response_id": "resp_\uDFFF"}',
         "previous_response_id"),
        ("/verify", r'{"question": "\ud800"}', "question"),
        ("/ask", r'{"question": "x", "filters": {"article_ids": ["\ud800"]}}',
         "filters.article_ids.0"),
        ("/ask", r'{"question": "x", "\ud800": 1}', ""),
    ],
)  # fmt: skip
def test_half_a_surrogate_pair_is_refused_wherever_it_is(
    http: httpx.Client, path: str, body: str, field: str
) -> None:
    response = http.post(path, content=body, headers=JSON)
    assert "surrogate" in assert_problem(response, 422)
    assert [each["field"] for each in response.json()["errors"]] == [field]


def test_a_character_that_is_written_as_a_surrogate_pair_is_one(http: httpx.Client) -> None:
    response = http.post("/check", content=rb'{"text": "Gulls \ud83d\ude00 fly."}', headers=JSON)
    assert response.json()["text"] == "Gulls \U0001f600 fly."


RANGE = {"published_from": "2022-05-01", "published_to": "2022-04-30"}


def test_a_range_of_days_that_ends_before_it_begins_is_refused(http: httpx.Client) -> None:
    asked = http.post(ASK, json={"question": "x", "filters": RANGE})
    searched = http.get("/search", params={"q": "x", **RANGE})
    for response in (asked, searched):
        detail = assert_problem(response, 422)
        assert "2022-05-01" in detail
        assert "after" in detail
        assert "Value error" not in detail


def test_an_answerer_that_is_not_configured_is_refused(http: httpx.Client) -> None:
    refused = http.post(
        ASK, json={"question": "x", "answerer": "llm"}, headers={"Accept": "text/event-stream"}
    )
    assert "QA_MODEL" in assert_problem(refused, 422), "before the stream, with a status"


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_a_question_of_another_media_type_is_refused(
    http: httpx.Client, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = http.post(ASK, content=b'{"question": "Who?"}', headers=headers)
    assert "application/json" in assert_problem(response, 415)


def test_the_media_type_may_name_a_charset(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    content = json.dumps({"question": "Who?"}).encode()
    assert http.post(ASK, content=content, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"q": ""},
        {"q": "  "},
        {"q": "q" * 2_001},
        {"q": "x", "k": "0"},
        {"q": "x", "k": "101"},
        {"q": "x", "published_from": "20220420"},
        {"q": "x", "published_to": "1650412800"},
    ],
)
def test_an_invalid_search_is_refused(http: httpx.Client, parameters: dict[str, str]) -> None:
    assert_problem(http.get("/search", params=parameters), 422)


@pytest.mark.parametrize("cursor", ["x", "1", "1.2.3", "²", f"{10**40}.0", "-1.-1.", "é" * 3_000])
def test_an_invalid_cursor_is_refused(http: httpx.Client, cursor: str) -> None:
    assert "cursor" in assert_problem(http.get("/articles", params={"cursor": cursor}), 422)


@pytest.mark.parametrize("limit", ["0", "501", "all"])
def test_a_limit_out_of_bounds_is_refused(http: httpx.Client, limit: str) -> None:
    assert "limit" in assert_problem(http.get("/articles", params={"limit": limit}), 422)


# What other websites make a browser send.


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "[", "192.0.2.1", ""])
def test_another_host_name_is_refused(http: httpx.Client, host: str) -> None:
    assert_problem(http.get("/articles", headers={"Host": host}), 403)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80"])
def test_loopback_host_names_are_accepted(http: httpx.Client, host: str) -> None:
    assert http.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://[", "http://127.0.0.1:1", "https://127.0.0.1:PORT", ""],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/ask"), ("DELETE", "/articles/x")])
def test_a_change_from_another_origin_is_refused(
    http: httpx.Client, origin: str, method: str, path: str
) -> None:
    origin = origin.replace("PORT", str(http.base_url.port))
    assert_problem(http.request(method, path, headers={"Origin": origin}), 403)


def test_a_change_from_this_origin_is_accepted(http: httpx.Client) -> None:
    origin = str(http.base_url).rstrip("/")
    response = http.post(ASK, json={"question": "Who?"}, headers={"Origin": origin})
    assert response.status_code == 200


def test_no_other_origin_may_read(http: httpx.Client) -> None:
    response = http.get("/articles", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in response.headers


def test_a_request_that_is_not_http_is_refused(http: httpx.Client) -> None:
    address = urlsplit(str(http.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_every_request_has_its_own_id(http: httpx.Client) -> None:
    first, second = (http.get("/health").headers["x-request-id"] for _ in range(2))
    assert first != second


def _chunks(length: int, size: int = 10_000) -> Iterator[bytes]:
    for _ in range(length // size):
        yield b" " * size


@pytest.mark.parametrize("path", ["/ask", "/articles"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_long_is_refused(
    small_limit: httpx.Client, path: str, announced: bool
) -> None:
    content = b" " * 200_000 if announced else _chunks(200_000)
    refused = small_limit.post(path, content=content, headers=JSON)
    assert "100,000 bytes" in assert_problem(refused, 413)


def test_an_upload_that_is_too_long_is_refused(small_limit: httpx.Client) -> None:
    refused = small_limit.post("/articles", files={"files": ("a.txt", b"word " * 40_000)})
    assert "100,000 bytes" in assert_problem(refused, 413)


def test_a_body_within_the_limit_is_accepted(small_limit: httpx.Client) -> None:
    body = json.dumps({"question": "Who?"}).encode()
    response = small_limit.post(ASK, content=iter([body, b" " * 90_000]), headers=JSON)
    assert response.status_code == 200
