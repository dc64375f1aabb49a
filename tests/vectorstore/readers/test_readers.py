"""What each format says of an article."""

import json
import time
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vectorstore.readers import (
    SUFFIXES,
    Unreadable,
    parse_published,
    parse_record,
    parse_upload,
)
from vectorstore.types import Article

WIRE = """\
 date 2022-04-20 Don't miss Ledger Forum, three days of panels in Columbus, Ohio.

The harbor of Lima froze on Monday. Ships waited outside.

Nobody was hurt.
"""


def read(name: str, content: str | bytes) -> list[Article | Unreadable]:
    return list(parse_upload(name, content.encode() if isinstance(content, str) else content))


def article(name: str, content: str | bytes) -> Article:
    (only,) = read(name, content)
    assert isinstance(only, Article), only
    return only


def reason(name: str, content: str | bytes) -> str:
    (only,) = read(name, content)
    assert isinstance(only, Unreadable), only
    return only.reason


def skipped(found: Article) -> list[str]:
    return [span.of(found.text) for span in found.skipped]


# Text


def test_text_is_kept_whole_with_its_date_and_promotion_skipped() -> None:
    wire = article("wire.txt", WIRE)
    assert wire.text == WIRE
    assert wire.info.published == date(2022, 4, 20)
    assert wire.info.title == "The harbor of Lima froze on Monday."
    assert skipped(wire) == [
        " date 2022-04-20",
        "Don't miss Ledger Forum, three days of panels in Columbus, Ohio.",
    ]


def test_a_date_on_a_line_of_its_own_is_metadata_too() -> None:
    found = article("a.txt", "date 2022-04-20\nThe harbor froze.")
    assert found.info.published == date(2022, 4, 20)
    assert skipped(found) == ["date 2022-04-20"]


def test_an_event_is_promotion_only_right_after_a_date() -> None:
    line = "Don't miss Ice Forum, three weeks of it."
    front = "---\ndate: 2022-04-20\n---\n"
    prose = "\n\nThe harbor froze."
    assert line in skipped(article("a.txt", f"date 2022-04-20 {line}{prose}"))
    assert line in skipped(article("a.txt", f"date 2022-04-20\n\n{line}{prose}"))
    assert line not in skipped(article("a.txt", f"date 2022-04-20{prose}\n\n{line}"))
    assert line not in skipped(article("a.md", f"{front}{line}{prose}"))


@pytest.mark.parametrize(
    "text", ["The date 2022-04-20 was kept.", "date2022-04-20 It was kept.", "dates 2022-04-20 ok"]
)
def test_a_date_within_prose_is_prose(text: str) -> None:
    found = article("a.txt", text)
    assert found.info.published is None
    assert found.skipped == ()


def test_a_date_that_no_calendar_has_is_skipped_and_says_nothing() -> None:
    found = article("a.txt", "date 2022-02-30 The harbor froze.")
    assert found.info.published is None
    assert skipped(found) == ["date 2022-02-30"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The harbor froze\n\nShips waited outside.", "The harbor froze"),
        ("date 2022-04-20\n\nIs it ice\n\nYes.", "Is it ice"),
        ("The harbor froze.\n\nShips waited.", "The harbor froze."),
        ("Subscribe to our newsletter\n\nIce in the bay\n\nShips waited.", "Ice in the bay"),
        (
            "LIMA, Peru (Reuters) - The harbor froze on Monday. Ships.",
            "The harbor froze on Monday.",
        ),
        ("Mr. Lee of Binance.US and the U.S. Senate met. They ate.", None),
        ("only a fragment without an end", "only a fragment without an end"),
    ],
)
def test_the_title_is_the_heading_or_the_first_sentence(text: str, title: str | None) -> None:
    expected = title or "Mr. Lee of Binance.US and the U.S. Senate met."
    assert article("a.txt", text).info.title == expected


def test_a_long_first_sentence_is_cut_after_a_word() -> None:
    title = article("a.txt", "harbor " * 100).info.title
    assert len(title) <= 200
    assert title.endswith("harbor…")


@pytest.mark.parametrize("content", ["", " \r\n\t", "...", "date 2022-04-20", "Advertisement\n"])
def test_an_article_without_prose_is_empty(content: str) -> None:
    assert "empty" in reason("a.txt", content)


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_unicode_is_read_with_its_mark_dropped(encoding: str) -> None:
    text = "The harbor froze\r\n\r\non Monday, the mayor said."
    assert article("a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "The café’s owner said “we were naïve” — and paid £5."),
        ("cp1252", "café"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy v Praze, řekl mluvčí."),
        ("cp1251", "Банк открыл офис в Москве в понедельник, сообщила компания."),
        ("cp932", "銀行は月曜日に東京で新しい支店を開いたと発表した。これは初めての支店です。"),
        ("gb18030", "银行星期一在北京开设了一个新的办事处，公司表示这是第一次。"),
    ],
)
def test_other_encodings_are_told_from_the_bytes(encoding: str, text: str) -> None:
    assert article("a.txt", text.encode(encoding)).text == text


def test_one_broken_character_does_not_change_how_the_others_are_read() -> None:
    text = "Die Brücke über die Spree wäre für Fußgänger schön, größer, höher; früher ärmer. " * 2
    broken = text.encode() + b"\xff"
    assert article("a.txt", broken).text == text + "\ufffd"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 4,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\xf4\0\0\x01\xf4\x08\x06"
        + bytes(range(128, 256)) * 9,
        b"\xff\xfea",
    ],
)
def test_what_is_no_text_is_said_to_be_none(data: bytes) -> None:
    assert "Save it as UTF-8." in reason("a.txt", data)


# Markdown

NOTE = """\
---
title: "Ice: a history"
date: 2022-04-20 10:00:00 +0000
author: [Ann Lee, Bo Sand]
source: {name: Harbor Note}
canonical: https://note.example/ice
---
# Another *heading*

![A ship](ship.png)

[Home](/) | [World](/world)

The harbor [froze](/why) on Monday.

<!-- a note to the editor -->
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_markdown_says_its_metadata_in_front(end: str) -> None:
    content = NOTE.replace("\n", end)
    note = article("note.md", content)
    assert note.text == content
    assert note.id == note.info.url == "https://note.example/ice"
    assert note.info.title == "Ice: a history"
    assert note.info.published == date(2022, 4, 20)
    assert note.info.author == "Ann Lee, Bo Sand"
    assert note.info.source == "Harbor Note"
    assert [words.strip() for words in skipped(note)] == [
        content[: content.index("# Another")].strip(),
        "![A ship](ship.png)",
        "[Home](/) | [World](/world)",
        "<!-- a note to the editor -->",
    ]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Ships.\n\n# Ice in *Lima*\n\nProse.", "Ice in Lima"),
        ("Ice\n===\n\nProse.", "Ice"),
        ("```sh\n# no heading\n```\n\n## Ice\n\nProse.", "Ice"),
        ("The harbor froze. Ships waited.", "The harbor froze."),
    ],
)
def test_a_heading_is_the_title_of_markdown(content: str, title: str) -> None:
    if title == "The harbor froze.":
        content = content.replace("harbor", "harbor of Lima, in Peru,")
        title = title.replace("harbor", "harbor of Lima, in Peru,")
    assert article("a.md", content).info.title == title


def test_front_matter_that_is_not_yaml_says_nothing_and_is_no_prose() -> None:
    found = article("a.md", "---\ntitle: [Ice\nauthor: Ann\n---\n# The bay\n\nIt froze.\n")
    assert found.info.title == "The bay"
    assert skipped(found) == ["---\ntitle: [Ice\nauthor: Ann\n---\n"]


def test_prose_between_two_rules_is_prose() -> None:
    content = "---\nIt was a dark and stormy night.\n---\nThe wind howled.\n"
    assert article("a.md", content).skipped == ()


def test_front_matter_with_surprising_values_is_read_as_it_is_written() -> None:
    found = article("a.md", "---\ntitle: Yes\ndate: 2022-02-30\nid: 007\n---\nIt froze.\n")
    assert (found.id, found.info.title, found.info.published) == ("007", "Yes", None)


def test_an_address_that_is_not_on_the_web_is_no_url() -> None:
    found = article("a.md", "---\nurl: javascript:alert(1)\nlink: /ice\n---\nIt froze.\n")
    assert (found.id, found.info.url) == ("a.md", None)


# Web pages

PROSE = "The harbor of Lima froze on Monday, and ships waited outside, the mayor said. " * 8


LINKED_DATA = '{"@type": "NewsArticle", "datePublished": "2022-04-20"}'


def page(head: str = "", body: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>Ice | Harbor Note</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a> <a href='/world'>World</a></nav><article><h1>Ice</h1>{body}"
        f"<p>{PROSE}</p><p>It will open again by 2019-03-01.</p></article>"
        "<footer>Copyright 2021 Harbor Note</footer></body></html>"
    )


def test_a_page_is_its_main_text_with_a_blank_line_between_blocks() -> None:
    found = article("ice.html", page())
    assert found.text == f"Ice\n\n{PROSE.strip()}\n\nIt will open again by 2019-03-01."
    assert found.info.title.startswith("Ice")
    assert found.id == "ice.html"


def test_a_page_says_its_metadata_in_its_head() -> None:
    found = article(
        "ice.htm",
        page(
            "<meta property='og:site_name' content='Harbor Note'>"
            "<meta property='article:published_time' content='2022-04-20T23:30:00-05:00'>"
            "<meta name='author' content='Ann Lee'>"
            "<link rel='canonical' href='https://note.example/ice'>"
        ),
    )
    assert found.id == found.info.url == "https://note.example/ice"
    assert found.info.published == date(2022, 4, 20)
    assert (found.info.source, found.info.author) == ("Harbor Note", "Ann Lee")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f'<script type="application/ld+json">{LINKED_DATA}</script>', ""),
        ("", "<time datetime='2022-04-20'>Wednesday</time>"),
        ("", "<span class='post-date'>April 20, 2022</span>"),
        ("<link rel='canonical' href='https://note.example/2022/04/20/ice'>", ""),
    ],
)
def test_the_date_is_the_one_that_the_page_states(head: str, body: str) -> None:
    assert article("ice.html", page(head, body)).info.published == date(2022, 4, 20)


def test_a_date_in_the_prose_of_a_page_is_not_its_date() -> None:
    assert article("ice.html", page()).info.published is None


def test_the_address_of_the_front_page_is_no_article_s() -> None:
    head = "<link rel='canonical' href='https://note.example/'>"
    assert article("ice.html", page(head)).id == "ice.html"


def test_a_page_is_read_in_the_encoding_that_it_declares() -> None:
    declared = page("<meta charset='windows-1251'>", "<p>Банк</p>").encode("cp1251")
    assert "Банк" in article("ice.html", declared).text


@pytest.mark.parametrize(
    "content",
    ["", "<html></html>", "<p></p>", "<div>" * 50_000, "<html><body><nav></nav></body></html>"],
)
def test_a_page_without_main_text_is_said_to_have_none(content: str) -> None:
    assert "No main text" in reason("a.html", content)


# JSON


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


# Everything


def test_an_unknown_format_is_refused_with_those_known() -> None:
    assert ".jsonl" in reason("a.pdf", b"%PDF")


@pytest.mark.parametrize(
    "name", ["../../a.txt", "/a.txt", "C:\\..\\a.txt", "./\0a.txt", ".txt", ""]
)
def test_the_name_of_an_upload_cannot_lead_elsewhere(name: str) -> None:
    for found in read(name, "Ice."):
        assert ".." not in (found.id if isinstance(found, Article) else found.where)


NASTY = st.text() | st.text(
    st.sampled_from('a. \n\r\t\0\ufeff\ufffd\u2028é😀e\u0301אبdate 2022-04-20Sign up!#-[]()*`"{}:')
)


@given(NASTY)
@example("date 2022-04-20")
@example("---\n---\n")
@example("---\na: &a [*a]\n---\nIce.")
@example("\ufeff\ufeffIce.")
def test_text_and_markdown_are_their_bytes_decoded_whatever_they_hold(text: str) -> None:
    data = b"\xef\xbb\xbf" + text.encode("utf-8")
    for name in ("a.txt", "a.md"):
        for found in read(name, data):
            if isinstance(found, Article):
                assert found.text == text
                check(found)


@given(st.binary() | NASTY.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xff\xfe")
@example(b"<p>\0</p>")
@example(b"<html><body><p>" + b"&#xD800; &#0; ice " * 30)
def test_no_bytes_break_any_reader(data: bytes) -> None:
    for suffix in sorted(SUFFIXES):
        for found in read(f"a{suffix}", data):
            if isinstance(found, Article):
                check(found)


@given(
    st.dictionaries(st.sampled_from(["text", "id", "title", "url", "date"]), st.text(), min_size=1)
)
@example({"text": "Ice.", "title": "\ud800", "id": "\udfff"})
def test_the_text_of_a_record_is_never_altered(told: dict[str, str]) -> None:
    found = parse_record(told, where="article 1")
    if isinstance(found, Article):
        assert found.text == told["text"]
        check(found)


def check(found: Article) -> None:
    """It can be stored; its title says something; what is skipped lies in it, in order, apart."""
    (found.text + found.info.title + found.id).encode("utf-8")
    assert found.id.strip()
    assert found.info.title.strip()
    end = 0
    for span in found.skipped:
        assert end <= span.start < span.end <= len(found.text)
        end = span.end


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2022-04-20", date(2022, 4, 20)),
        ("2022-04-20T23:30:00-05:00", date(2022, 4, 20)),
        ("2022-04-20 10:00:00 +0000", date(2022, 4, 20)),
        ("2022/4/20", date(2022, 4, 20)),
        ("20220420", date(2022, 4, 20)),
        (20220420, date(2022, 4, 20)),
        ("April 20, 2022", date(2022, 4, 20)),
        ("Wednesday, April 20th, 2022, 10 a.m.", date(2022, 4, 20)),
        ("20 Sept. 2022", date(2022, 9, 20)),
        ("Wed, 20 Apr 2022 10:00:00 GMT", date(2022, 4, 20)),
        (date(2022, 4, 20), date(2022, 4, 20)),
        ("04/05/2022", None),
        ("2022-02-30", None),
        ("2022", None),
        ("20220420123", None),
        (1650412800, None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (["2022-04-20"], None),
    ],
)
def test_a_day_is_read_as_people_and_programs_write_it(value: object, day: date | None) -> None:
    assert parse_published(value) == day


@given(st.text() | st.integers() | st.none())
def test_anything_is_a_day_or_none(value: object) -> None:
    assert parse_published(value) is None or isinstance(parse_published(value), date)


@pytest.mark.parametrize("unit", ["<!--", "<script>", "<!-- a\n", "- a\n", "# a\n\n", "[a](", "\n"])
def test_hostile_markdown_is_read_in_linear_time(unit: str) -> None:
    text = (unit * (400_000 // len(unit)))[:400_000]
    began = time.perf_counter()
    list(parse_upload("a.md", text.encode()))
    assert time.perf_counter() - began < 30  # 4 seconds at most; it was minutes


def test_an_unclosed_comment_in_markdown_hides_nothing() -> None:
    assert skipped(article("a.md", "<!-- begins here\n\nThe harbor froze.\n")) == []
