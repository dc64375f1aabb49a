"""Web pages: their main text and metadata."""

from datetime import date

import pytest

from tests.vectorstore.readers.reading import article, reason
from tests.website import story

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


def test_the_headline_is_part_of_the_text_once() -> None:
    page = story("Ice in the harbor", *(f"The harbor froze in the year {n}." for n in range(9)))
    outside = page.replace("<article><h1>", "<header><h1>")
    for html in (page, outside.replace("</h1>", "</h1></header><article>")):
        text = article("a.html", html).text
        assert text.count("Ice in the harbor") <= 1
        assert text.count("The harbor froze") == 9
