"""JSON and JSON Lines: one article per object."""

import json
from datetime import date

import pytest

from tests.vectorstore.readers.reading import article, read, reason
from vectorstore.readers import Unreadable, parse_record
from vectorstore.types import Article


def test_an_article_is_a_line_of_json() -> None:
    told = {
        "text": "The harbor froze.",
        "id": 7,
        "title": "Ice\n in Lima",
        "published": "2022-04-20T23:30:00Z",
        "source": "Harbor Note",
        "author": ["Ann Lee", {"name": "Bo"}],
        "url": "https://note.example/ice",
        "mood": {"cold": True},
    }
    found = article("a.jsonl", json.dumps(told) + "\n")
    assert found.text == "The harbor froze."
    assert found.info == type(found.info)(
        id="7",
        title="Ice in Lima",
        published=date(2022, 4, 20),
        source="Harbor Note",
        author="Ann Lee, Bo",
        url="https://note.example/ice",
    )


BAD_LINES = {
    b"{bad": "not JSON at column 2",
    b"[1]": "not a JSON object",
    b'{"title": "Ice"}': "no `text`",
    b'{"text": 7}': "no `text`",
    b'{"text": ""}': "empty",
    b'{"text": "half \\ud83d"}': "U+D83D",
    b'{"text": "caf\xe9"}': "not UTF-8",
    b"[" * 200_000: "nested too deeply",
    b'{"text": "a", "n": ' + b"9" * 5_000 + b"}": "not JSON",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_is_named_and_the_others_go_in(line: bytes) -> None:
    good = b'{"id": "%d", "text": "Ice."}'
    first, bad, last = read("a.jsonl", b"\n".join((good % 1, b"", line, good % 2)))
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert isinstance(bad, Unreadable)
    assert bad.where == "a.jsonl, line 3"
    assert BAD_LINES[line] in bad.reason


def test_a_line_without_id_or_url_is_known_by_its_file_and_line() -> None:
    found = read("wire/a.ndjson", b'\xef\xbb\xbf{"text": "Ice."}\r\n{"text": "Snow."}')
    assert [each.id for each in found if isinstance(each, Article)] == [
        "wire/a.ndjson#1",
        "wire/a.ndjson#2",
    ]


def test_json_lines_in_utf_16_are_read() -> None:
    assert article("a.jsonl", '{"text": "Ice – snow."}\n'.encode("utf-16")).text == "Ice – snow."


def test_json_is_one_article_or_a_list() -> None:
    assert article("a.json", '{"text": "Ice."}').id == "a.json"
    first, second = read("a.json", '[{"text": "Ice."}, 3]')
    assert isinstance(first, Article)
    assert isinstance(second, Unreadable)
    assert (first.id, second.where) == ("a.json#1", "a.json, article 2")
    assert "line 2" in reason("a.json", '{\n"text"}')


def test_a_record_without_an_id_is_known_by_its_text() -> None:
    one, same, other = (
        parse_record({"text": text}, where="article 1") for text in ("Ice.", "Ice.", "Snow.")
    )
    assert isinstance(one, Article)
    assert isinstance(same, Article)
    assert isinstance(other, Article)
    assert one.id == same.id != other.id
