"""When something fails, the page says what and what to do next, and keeps what was typed."""

import pytest
from playwright.sync_api import expect

from tests.browser.answers import written
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenPage
from tests.browser.scripted import ScriptedService

QUESTION = "What happened in April?"
GOOD = written(QUESTION, [("This.", [], None)], [])


@pytest.fixture
def chat(open_page: OpenPage, scripted: ScriptedService) -> ChatPage:
    page = open_page(scripted.address)
    page.expected = "Failed to load resource"
    return page


def recovers(chat: ChatPage, scripted: ScriptedService) -> None:
    expect(chat.turn.get_by_role("heading", level=2)).to_have_text(QUESTION)
    scripted.answer(GOOD)
    chat.turn.get_by_role("button", name="Try again").click()
    chat.wait_for_answer()
    expect(chat.turn).to_contain_text("This.")
    expect(chat.turn.locator(".trouble")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "detail", "step"),
    [
        (503, "The index is being rebuilt.", "Wait a moment"),
        (500, "Something failed inside the service.", "Try again"),
        (429, "32 questions are being answered already.", "Try again in 7 seconds."),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(
    chat: ChatPage, scripted: ScriptedService, status: int, detail: str, step: str
) -> None:
    scripted.refuse(status, detail, Retry_After="7") if status == 429 else scripted.refuse(
        status, detail
    )
    chat.send(QUESTION)
    expect(chat.turn).to_have_attribute("data-state", "failed")
    expect(chat.turn.locator(".trouble")).to_contain_text(detail)
    expect(chat.turn.locator(".trouble")).to_contain_text(step)
    expect(chat.page.locator("#announcer")).to_contain_text(detail)
    recovers(chat, scripted)


def test_a_failure_after_the_first_words_keeps_them(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    stream = scripted.stream()
    stream.words("It was ")
    stream.event("error", {"status": 500, "detail": "Something failed inside the service."})
    stream.end()
    chat.send(QUESTION)
    expect(chat.turn.locator(".trouble")).to_contain_text("Something failed inside the service.")
    expect(chat.turn.locator(".body")).to_contain_text("It was")
    recovers(chat, scripted)


def test_an_answer_that_breaks_off_is_not_taken_for_whole(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    stream = scripted.stream()
    stream.words("It was ")
    stream.end()
    chat.send(QUESTION)
    expect(chat.turn.locator(".trouble")).to_contain_text("broke off before it was complete")
    recovers(chat, scripted)


def test_a_service_that_is_down_is_said_to_be_and_the_question_can_be_edited(
    chat: ChatPage,
) -> None:
    chat.page.route("**/ask", lambda route: route.abort("connectionrefused"))
    chat.send(QUESTION)
    trouble = chat.turn.locator(".trouble")
    expect(trouble).to_contain_text("The service cannot be reached.")
    expect(trouble).to_contain_text("qa serve")
    chat.turn.get_by_role("button", name="Edit the question").click()
    expect(chat.box).to_have_value(QUESTION)
    expect(chat.box).to_be_focused()


def test_a_service_that_is_down_from_the_start_is_said_to_be(
    open_page: OpenPage, service: str
) -> None:
    chat = open_page()
    chat.expected = "Failed to load resource"
    chat.page.route("**/collection", lambda route: route.abort("connectionrefused"))
    chat.page.reload()
    expect(chat.page.locator("#about")).to_contain_text("The service cannot be reached.")
    chat.page.unroute("**/collection")
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.page.locator("#about")).to_contain_text("articles, from")


def test_a_question_that_is_too_long_stays_in_the_box_and_says_by_how_much(chat: ChatPage) -> None:
    chat.box.fill("🍜" * 1990)
    expect(chat.page.locator("#composer-hint")).to_have_text("10 characters left")
    chat.box.fill("🍜" * 2003)
    expect(chat.page.locator("#composer-hint")).to_contain_text("3 characters over the limit")
    chat.box.press("Enter")
    expect(chat.turns).to_have_count(0)
    expect(chat.box).to_have_value("🍜" * 2003)


def test_what_is_typed_survives_a_reload(chat: ChatPage) -> None:
    chat.box.fill("Half a quest")
    chat.page.reload()
    expect(chat.box).to_have_value("Half a quest")


def test_shift_enter_breaks_the_line_and_slash_comes_to_the_box(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    scripted.answer(GOOD)
    chat.page.get_by_role("link", name="New chat").focus()
    chat.page.keyboard.press("/")
    expect(chat.box).to_be_focused()
    chat.page.keyboard.type("one")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("two / three")
    expect(chat.box).to_have_value("one\ntwo / three")
    chat.page.keyboard.press("Enter")
    chat.wait_for_answer()
    assert scripted.asked[0]["question"] == "one\ntwo / three"
    expect(chat.box).to_have_value("")


def test_a_chat_of_another_browser_is_missed_politely(open_page: OpenPage) -> None:
    chat = open_page(path="/#/chat/elsewhere")
    expect(chat.page.locator("#toast")).to_contain_text("That chat is not in this browser.")
    expect(chat.page.get_by_role("heading", name="What do the articles say?")).to_be_visible()
