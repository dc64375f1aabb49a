"""Accessibility: axe finds nothing, and everything works with the keyboard."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from qa.verification.markers import with_markers
from tests.browser.answers import citation_of, passage_of, written
from tests.browser.chat_page import QUESTION, ChatPage
from tests.browser.conftest import OpenPage
from tests.browser.scripted import ScriptedService

DESK = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}


def faults(chat: ChatPage) -> list[str]:
    """What axe finds, each as "rule: element"."""
    violations: list[dict[str, Any]] = Axe().run(chat.page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]}"
        for each in violations
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_no_fault_anywhere(
    open_page: OpenPage, scripted: ScriptedService, scheme: str, viewport: dict[str, int]
) -> None:
    chat = open_page(scripted.address, color_scheme=scheme, viewport=viewport)
    chat.expected = "Failed to load resource"
    expect(chat.page.locator("#about")).to_contain_text("articles, from")
    found = {"welcome": faults(chat)}

    [listed] = chat.page.request.get(f"{chat.address}/articles?limit=1").json()["articles"]
    article = chat.article(listed["id"])
    citations = [citation_of(article, 5, 60, 1), citation_of(article, 70, 90, 2)]
    passages = [passage_of(article, 0, 200)]
    doubtful = [
        ("It was so [1].", [1], None), ("\n\n- This [2].", [2], None), ("\n- `That`.", [], "No.")
    ]  # fmt: skip
    scripted.answer(written("One?", doubtful, citations, notice="A notice.", passages=passages))
    chat.ask("One?")
    quoted = [(with_markers(citations[0]["quote"], [1]), [1], None)]
    scripted.answer(
        written(
            "Two?", quoted, citations[:1], answerer="extractive",
            short_answer={"text": citations[0]["quote"][:9], "citation": 1},
        )
    )  # fmt: skip
    chat.ask("Two?")
    scripted.answer(written("Three?", [], [], answered=False, text="No.", passages=passages))
    chat.ask("Three?")
    scripted.refuse(503, "Not yet.")
    chat.send("Four?")
    expect(chat.turn).to_have_attribute("data-state", "failed")
    stream = scripted.stream()
    chat.send("Five?")
    stream.words("It was ")
    expect(chat.turn).to_contain_text("It was")
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_label("Published from").fill("2022-01-01")
    found["answers, streaming, filters"] = faults(chat)
    stream.end()

    chat.turns.first.locator(".chip").first.hover()
    expect(chat.page.get_by_role("tooltip")).to_be_visible()
    found["card"] = faults(chat)
    chat.turns.first.locator(".chip").first.click()
    assert chat.marked
    found["article"] = faults(chat)
    chat.page.keyboard.press("Escape")

    chat.goto("/#/articles")
    expect(chat.page.locator("#article-list > li").first).to_be_visible()
    found["articles"] = faults(chat)
    chat.page.get_by_role("button", name="Add articles").click()
    found["adding"] = faults(chat)
    chat.page.keyboard.press("Escape")
    chat.page.locator("#article-list > li").first.get_by_role("button").click()
    found["removing"] = faults(chat)
    assert {place: each for place, each in found.items() if each} == {}


def test_the_keyboard_alone_asks_checks_the_source_and_comes_back(chat: ChatPage) -> None:
    keys = chat.page.keyboard
    keys.press("/")
    keys.type(QUESTION)
    keys.press("Enter")
    chat.wait_for_answer()
    expect(chat.box).to_be_focused()
    first = chat.turn.locator(".chip").first
    for _ in range(40):
        keys.press("Shift+Tab")
        if first.evaluate("chip => chip === document.activeElement"):
            break
    keys.press("Enter")
    words = chat.marked
    assert words
    # The words themselves have the focus, so a screen reader goes on from there.
    expect(chat.source.locator("mark.current").first).to_be_focused()
    keys.press("Escape")
    expect(chat.source).to_be_hidden()
    expect(first).to_be_focused()
    keys.press("/")
    expect(chat.box).to_be_focused()


def test_motion_is_left_out_for_whoever_wants_none(open_page: OpenPage) -> None:
    chat = open_page(reduced_motion="reduce")
    assert chat.module("dom.js", "({motion}) => motion()") == "auto"
    assert open_page(reduced_motion="no-preference").module("dom.js", "({motion}) => motion()") == (
        "smooth"
    )


def test_the_page_has_landmarks_and_headings_to_go_by(chat: ChatPage) -> None:
    for role, name in (
        ("banner", None),
        ("main", None),
        ("navigation", "Pages"),
        ("navigation", "Chats"),
        ("form", "Ask"),
    ):
        expect(chat.page.get_by_role(role, name=name)).to_have_count(1)  # type: ignore[arg-type]
    heading = chat.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("What do the articles say?")
