"""Rules that apply to every format."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vectorstore.readers.reading import read, reason
from vectorstore.readers import SUFFIXES, Unreadable, parse_record, parse_upload
from vectorstore.types import Article


def test_an_unknown_format_is_refused_with_those_known() -> None:
    assert ".jsonl" in reason("a.png", b"PNG")


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


@settings(deadline=None)  # the first web page imports the library that reads them
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


PROMOTED = {
    "a.txt": "date 2022-04-20\nThe harbor froze.\n\nSign up for our newsletter.",
    "a.md": "---\ndate: 2022-04-20\n---\nThe harbor froze.\n\n[Next](b.md) | [Home](/)\n",
    "a.json": '{"text": "The harbor froze.\\n\\nSign up for our newsletter."}',
}


@pytest.mark.parametrize("name", PROMOTED)
def test_with_everything_kept_only_metadata_is_skipped(name: str) -> None:
    data = PROMOTED[name].encode()
    (without,), (kept,) = (list(parse_upload(name, data, keep_all=each)) for each in (False, True))
    assert isinstance(without, Article)
    assert isinstance(kept, Article)
    assert not without.keep_all
    assert kept.keep_all
    assert kept.info == without.info
    assert [span.reason for span in without.skipped][-1] == "promotional"
    assert kept.skipped == tuple(span for span in without.skipped if span.reason == "metadata")


def test_an_article_of_promotion_alone_is_one_where_everything_is_kept() -> None:
    data = b"Sign up for our newsletter."
    assert isinstance(next(parse_upload("a.txt", data)), Unreadable)
    kept = next(parse_upload("a.txt", data, keep_all=True))
    assert isinstance(kept, Article)
    assert kept.info.title == "Sign up for our newsletter."
