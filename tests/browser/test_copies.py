"""An answer cites one of several copies, and opens the others."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenPage

STORY = (
    "The port of Aldmere reopened on Monday after a strike of eleven days along the coast. "
    "The union said that its 2,300 members had voted for a rise of 4.5 percent in May. "
    "Mayor Ruth Kessler called it a fair end to a long quarrel that had cost both sides. "
    "Dockers went back to work in the rain, past lorries that reached as far as the motorway."
)
QUESTION = "What rise had the members of the union of Aldmere voted for?"
COPIES = [
    {"id": f"aldmere {day}", "title": f"Aldmere, take {day}", "published": f"2022-04-0{day}"}
    | {"source": source, "text": text}
    for day, source, text in (
        (2, "The Post", STORY),
        (3, "The Times", STORY.replace("had voted", "voted")),
        (4, "The Wire", "Again: " + STORY),
    )
]


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[ChatPage]:
    page = open_page()
    httpx.post(f"{page.address}/articles", json=COPIES, timeout=60).raise_for_status()
    yield page
    for each in COPIES:
        httpx.delete(f"{page.address}/articles/{each['id']}")


def test_a_quotation_names_the_others_and_opens_them(page: ChatPage) -> None:
    turn = page.ask(QUESTION)
    expect(turn.locator("figcaption").first).to_contain_text("Aldmere, take 2")
    also = turn.locator(".also").first
    also.get_by_text("Also in 2 others").click()
    expect(also.get_by_role("button")).to_have_text(
        ["Aldmere, take 3 The Times, 3 April 2022", "Aldmere, take 4 The Wire, 4 April 2022"]
    )
    also.get_by_role("button").last.click()
    expect(page.source.get_by_role("heading", level=2)).to_have_text("Aldmere, take 4")
    expect(page.source.locator("mark.current").first).to_contain_text("a rise of 4.5 percent")
    page.source.get_by_text("The same story in 2 others").click()
    page.source.locator(".also").get_by_role("button").first.click()
    expect(page.source.get_by_role("heading", level=2)).to_have_text("Aldmere, take 2")


def test_a_copy_changed_since_is_not_marked_at_the_wrong_place(page: ChatPage) -> None:
    turn = page.ask(QUESTION)
    changed = {**COPIES[2], "text": "The port of Aldmere is quiet. " + COPIES[2]["text"]}
    httpx.post(f"{page.address}/articles", json=changed, timeout=60).raise_for_status()
    also = turn.locator(".also").first
    also.get_by_text("Also in 2 others").click()
    also.get_by_role("button").last.click()
    expect(page.source).to_contain_text("The article has changed since this answer")
    expect(page.source.locator("mark")).to_have_count(0)


def test_the_list_of_articles_counts_copies(page: ChatPage) -> None:
    page.goto("/#/articles")
    page.page.get_by_role("searchbox", name="Search articles").fill("Aldmere, take 3")
    row = page.page.locator("#article-list > li").filter(has_text="Aldmere, take 3")
    expect(row).to_contain_text("2 copies")
