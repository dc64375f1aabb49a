"""Hostile article text is shown as text, with exact offsets."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect

from qa.verification.markers import with_markers
from tests.browser.answers import citation_of, passage_of, written
from tests.browser.conftest import OpenPage
from tests.browser.scripted import ScriptedService

EMOJI = {
    "id": "tests/emoji",
    "title": "Noodle soup 🍜 at the cafe\u0301",
    "published": "2023-02-01",
    "source": "Na\u00efve Courier",
    "text": (
        "The cafe\u0301\u2019s new menu 🍜🥟 has no words at all. \u201cCustomers point,\u201d "
        "said Zoe\u0308 👩🏽\u200d🍳 Ferna\u0301ndez, who cooks there.\r\n\r\n"
        "The flag of Wales 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f marks "
        "the leek soup, which cost 6 euros in Kettlewick.\r\n"
        "\u05e9\u05dc\u05d5\u05dd means hello 𝒶𝓃𝒹 goodbye."
    ),
}
HOSTILE = {
    "id": "tests/<img src=x onerror=window.owned=1>?a=b#c%2F..",
    "title": "<script>window.owned=1</script><img src=x onerror=window.owned=1> \u202egnp.exe",
    "published": "2023-02-02",
    "source": "Evil\u202ecruoS</p><script>window.owned=1</script>",
    "author": "<svg/onload=window.owned=1>",
    "url": "javascript:window.owned=1",
    "text": (
        "<script>window.owned=1</script>\n\n"
        "The \u202everdict\u202c of Grimbleton was <b onclick=window.owned=1>guilty</b> on all "
        "counts, said \u2066the clerk\u2069 [1] **loudly** ![x](https://evil.example/i.png).\n\n"
        "<svg/onload=window.owned=1> <a href=javascript:window.owned=1>read on</a>"
    ),
}


@pytest.fixture(scope="module")
def articles(service: str) -> Iterator[dict[str, dict[str, Any]]]:
    added = httpx.post(f"{service}/articles", json=[EMOJI, HOSTILE], timeout=60)
    assert [each["status"] for each in added.json()["articles"]] == ["added"] * 2, added.text
    addresses = {
        each["id"]: f"{service}/articles/{quote(each['id'], safe='')}" for each in (EMOJI, HOSTILE)
    }
    yield {name: httpx.get(address).json() for name, address in addresses.items()}
    for address in addresses.values():
        httpx.delete(address)


def every_range(text: str) -> list[tuple[int, int]]:
    """Ranges that begin and end on each side of every character beyond U+FFFF."""
    wide = [index for index, character in enumerate(text) if ord(character) > 0xFFFF]
    return [(max(0, at - 3), min(len(text), at + 1 + tail)) for at in wide for tail in (0, 9)]


def test_words_among_emoji_and_combining_marks_are_marked_exactly(
    open_page: OpenPage, scripted: ScriptedService, articles: dict[str, dict[str, Any]]
) -> None:
    chat = open_page(scripted.address)
    article = articles["tests/emoji"]
    assert article["text"] == EMOJI["text"]
    ranges = [(start, end) for start, end in every_range(article["text"])]
    citations = [citation_of(article, *span, n) for n, span in enumerate(ranges, 1)]
    numbers = [citation["number"] for citation in citations]
    scripted.answer(written("Soup?", [("Soup.", numbers, None)], citations))
    chat.ask("Soup?")
    assert len(citations) > 10
    for index, citation in enumerate(citations):
        words = chat.open_citation(index)
        expect(chat.source).to_contain_text(f"Quote {index + 1} of {len(citations)}")
        assert words.replace("\r\n", "") == citation["quote"].replace("\r\n", "")
        assert chat.article_text == article["text"]


def test_the_real_answer_about_emoji_is_marked_exactly(
    open_page: OpenPage, articles: dict[str, dict[str, Any]]
) -> None:
    chat = open_page()
    chat.ask("What did the leek soup cost in Kettlewick?")
    words = chat.open_citation()
    assert "6 euros in Kettlewick" in words
    assert words in articles["tests/emoji"]["text"]


def test_an_article_of_script_tags_handlers_and_bidi_tricks_stays_words(
    open_page: OpenPage, scripted: ScriptedService, articles: dict[str, dict[str, Any]]
) -> None:
    chat = open_page(scripted.address)
    article = articles[HOSTILE["id"]]
    whole = (0, len(article["text"]))
    citation = citation_of(article, article["text"].index("The "), whole[1])
    quoted = written(
        "Verdict?",
        [(with_markers(citation["quote"], [1]), [1], None)],
        [citation],
        answerer="extractive",
        short_answer={"text": "<b onclick=window.owned=1>guilty</b>", "citation": 1},
    )
    repeated = written(
        HOSTILE["title"], [(HOSTILE["title"] + " [1]", [1], HOSTILE["title"])], [citation],
        notice=HOSTILE["title"], standalone_question=HOSTILE["source"], model=HOSTILE["author"],
    )  # fmt: skip
    nearest = written(
        "?", [], [], answered=False, text=HOSTILE["text"], passages=[passage_of(article, *whole)]
    )
    for question, answer in (("Verdict?", quoted), (HOSTILE["title"], repeated), ("?", nearest)):
        scripted.answer(answer)
        chat.ask(question)
    chat.turns.first.locator(".chip").first.hover()
    expect(chat.page.get_by_role("tooltip")).to_contain_text("<script>")
    chat.turns.first.locator(".chip").first.click()
    assert chat.marked.replace("\n", "") == citation["quote"].replace("\n", "")
    assert chat.article_text == article["text"]
    expect(chat.source.get_by_role("link", name="Open the original")).to_have_count(0)
    chat.page.reload()
    expect(chat.turns).to_have_count(3)
    chat.goto("/#/articles")
    chat.page.get_by_role("searchbox").fill("Grimbleton")
    row = chat.page.locator("#article-list > li")
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    expect(chat.source.locator(".source-text")).to_have_attribute("data-article", HOSTILE["id"])

    assert chat.page.evaluate("window.owned") is None
    planted = (
        "#turns :is(script, img, b, svg:not(.icon)), #source :is(script, img, b, svg:not(.icon))"
    )
    expect(chat.page.locator(planted)).to_have_count(0)
    links = chat.page.locator("a").evaluate_all("links => links.map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:"}
    # What turns the reading direction is kept, but not laid out.
    title = chat.source.get_by_role("heading", level=2)
    assert title.text_content() == article["title"]
    assert "\u202e" in article["text"]
    assert not set(chat.source.inner_text()) & set("\u202a\u202b\u202d\u202e\u2066\u2069")


def test_a_permalink_cannot_carry_markup(open_page: OpenPage) -> None:
    chat = open_page(
        path="/#/ask?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.owned%3D1%3E&source=%3Cb%3E"
    )
    chat.wait_for_answer()
    expect(chat.turn.get_by_role("heading", level=2)).to_have_text(
        "<img src=x onerror=window.owned=1>"
    )
    assert chat.page.evaluate("window.owned") is None
