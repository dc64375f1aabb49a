"""Chats over the real service: ask, read, check, follow up and come back later."""

import re
from typing import Any

from playwright.sync_api import Request, expect

from tests.browser.chat_page import QUESTION, ChatPage
from tests.browser.conftest import OpenPage
from tests.browser.scripted import ScriptedService

PHONE = {"width": 390, "height": 844}


def body_of(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = request.post_data_json or {}
    return body


def test_before_the_first_question_the_page_says_what_there_is_to_ask(chat: ChatPage) -> None:
    collection = chat.collection()
    about = chat.page.locator("#about")
    expect(about).to_contain_text(f"{collection['articles']:,} articles")
    expect(about).to_contain_text(collection["published_from"][:4])
    expect(about).to_contain_text(collection["published_to"][:4])
    expect(about).to_contain_text(collection["sources"][0]["source"])
    examples = chat.page.locator("#examples button")
    expect(examples.first).to_be_visible()
    assert examples.all_text_contents() == chat.collection()["example_questions"]


def test_examples_that_are_still_being_chosen_appear_later(
    scripted: ScriptedService, open_page: OpenPage
) -> None:
    scripted.choosing = 1
    page = open_page(scripted.address)
    expect(page.page.locator("#about")).to_contain_text("articles")
    expect(page.page.locator("#examples button").first).to_be_visible()
    assert scripted.choosing == 0


def test_an_answer_is_checked_in_one_click(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    expect(chat.chips.first).to_be_visible()
    label = chat.chips.first.get_attribute("aria-label")
    assert label
    assert re.match(r"Citation \d+: ", label)

    words = chat.open_citation()
    expect(chat.source.locator("mark.current").first).to_be_focused()
    article_id = chat.source.locator(".source-text").get_attribute("data-article")
    assert article_id
    text = chat.article(article_id)["text"]
    assert chat.article_text == text
    assert words in text
    assert words in " ".join(chat.turn.locator("blockquote").all_text_contents())
    expect(chat.chips.first).to_have_attribute("aria-current", "true")
    expect(chat.source.locator("mark.current").first).to_be_in_viewport()

    chat.page.keyboard.press("Escape")
    expect(chat.source).to_be_hidden()
    expect(chat.chips.first).to_be_focused()


def test_the_marked_words_are_the_code_points_that_the_citation_names(chat: ChatPage) -> None:
    with chat.page.expect_response("**/ask") as asked:
        chat.ask(QUESTION)
    body = asked.value.body().decode()
    answer = re.findall(r"event: answer\r?\ndata: (.*)", body)
    [found] = [chat.page.evaluate("JSON.parse", each) for each in answer]
    for index, citation in enumerate(found["citations"]):
        words = chat.open_citation(index)
        text = chat.article(citation["article_id"])["text"]
        assert words == citation["quote"] == text[citation["start"] : citation["end"]]


def test_the_card_shows_the_quote_on_hover_and_on_focus_and_escape_puts_it_away(
    chat: ChatPage,
) -> None:
    chat.ask(QUESTION)
    card = chat.page.get_by_role("tooltip")
    chat.chips.first.hover()
    expect(card).to_be_visible()
    quote = card.locator("blockquote").text_content()
    assert quote
    chat.page.mouse.move(5, 5)
    expect(card).to_be_hidden()

    for _ in range(20):
        chat.page.keyboard.press("Shift+Tab")
        if chat.chips.first.evaluate("chip => chip === document.activeElement"):
            break
    expect(card).to_be_visible()
    expect(chat.chips.first).to_have_attribute("aria-describedby", "card")
    chat.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    chat.page.keyboard.press("Enter")
    assert chat.marked == quote


def test_a_follow_up_carries_the_conversation(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    with chat.page.expect_request("**/ask") as asked:
        chat.ask("When was that?")
    history = body_of(asked.value)["history"]
    assert [turn["role"] for turn in history] == ["user", "assistant"]
    assert history[0]["content"] == QUESTION
    assert history[1]["content"]
    expect(chat.turns).to_have_count(2)


def test_a_date_filter_is_a_tag_that_holds_and_can_be_removed(chat: ChatPage) -> None:
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_label("Published from").fill("2001-01-01")
    chat.page.get_by_label("to", exact=True).fill("2001-12-31")
    tag = chat.page.get_by_role("button", name="Remove the filter: Until 31 December 2001")
    expect(tag).to_be_visible()
    with chat.page.expect_request("**/ask") as asked:
        turn = chat.ask(QUESTION)
    assert body_of(asked.value)["filters"] == {
        "published_from": "2001-01-01",
        "published_to": "2001-12-31",
    }
    expect(turn).to_contain_text("The articles do not say")
    expect(turn).to_contain_text("Only 1 January 2001 to 31 December 2001")

    tag.click()
    chat.page.get_by_role("button", name="Remove the filter: From 1 January 2001").click()
    expect(chat.chips).to_have_count(0)
    chat.ask(QUESTION)
    expect(chat.chips.first).to_be_visible()


def test_the_days_a_question_names_are_a_tag_that_can_be_taken_away(chat: ChatPage) -> None:
    turn = chat.ask("What was published before March 2001 about the Blockchain Association?")
    expect(turn).to_contain_text("The articles do not say")
    expect(turn).to_contain_text("only articles up to 28 February 2001")
    with chat.page.expect_request("**/ask") as asked:
        turn.get_by_role("button", name="Search all dates, not just before March 2001").click()
    assert body_of(asked.value)["reads_dates"] is False
    expect(turn.locator(".chip, .nearest").first).to_be_visible()
    expect(turn.get_by_role("button", name="Search all dates")).to_have_count(0)


def test_a_question_is_answered_as_of_a_day(chat: ChatPage) -> None:
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_label("Answer as of").fill("2001-12-31")
    with chat.page.expect_request("**/ask") as asked:
        turn = chat.ask(QUESTION)
    assert body_of(asked.value)["as_of"] == "2001-12-31"
    expect(turn).to_contain_text("As of 31 December 2001")
    chat.page.get_by_role("button", name="Remove the filter: As of 31 December 2001").click()
    chat.ask(QUESTION)
    expect(chat.chips.first).to_be_visible()


def test_answers_come_from_the_sources_chosen(chat: ChatPage) -> None:
    source = chat.collection()["sources"][-1]["source"]
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_role("checkbox", name=source).check()
    with chat.page.expect_request("**/ask") as asked:
        chat.ask(QUESTION)
    assert body_of(asked.value)["filters"] == {"sources": [source]}


def test_a_date_is_typed_digit_by_digit(chat: ChatPage) -> None:
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    field = chat.page.get_by_label("Published from")
    field.evaluate("field => (window.field = field)")
    field.press_sequentially("03042021")
    assert field.evaluate("field => field === window.field")
    assert field.input_value()[:4] == "2021"
    tags = chat.page.locator("#tags button")
    expect(tags).to_have_count(1)
    expect(tags).to_contain_text("2021")


def test_a_day_outside_the_collection_leaves_the_question_askable(chat: ChatPage) -> None:
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_label("Answer as of").fill("2199-01-01")
    chat.page.get_by_label("to", exact=True).fill("2199-01-01")
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    expect(chat.page.locator("#filters input")).to_have_count(0)
    chat.box.fill(QUESTION)
    chat.page.get_by_role("button", name="Ask", exact=True).click()
    chat.wait_for_answer()


def test_dates_in_the_wrong_order_are_said_before_asking_and_the_question_stays(
    chat: ChatPage,
) -> None:
    chat.page.get_by_role("button", name="Filter", exact=True).click()
    chat.page.get_by_label("Published from").fill("2022-02-02")
    chat.page.get_by_label("to", exact=True).fill("2021-01-01")
    chat.send("What happened?")
    expect(chat.page.locator("#composer-hint")).to_contain_text(
        "The start date is after the end date"
    )
    expect(chat.box).to_have_value("What happened?")
    expect(chat.turns).to_have_count(0)


def test_after_a_reload_the_chat_is_there_again(chat: ChatPage) -> None:
    answer = chat.ask(QUESTION).locator(".body").text_content()
    chat.page.reload()
    expect(chat.turn.locator(".body")).to_have_text(answer or "")
    expect(chat.page).to_have_title(re.compile(re.escape(QUESTION[:20])))
    chat.open_citation()


def test_a_chat_is_renamed_exported_deleted_and_brought_back(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    listed = chat.page.locator("#chat-list > li")

    def more(item: str) -> None:
        listed.first.hover()
        listed.first.get_by_role("button").click()
        chat.page.locator("#chat-menu").get_by_role("button", name=item).click()

    more("Rename")
    chat.page.get_by_role("textbox", name="Chat name").fill("My research")
    chat.page.keyboard.press("Enter")
    expect(listed.first).to_contain_text("My research")
    with chat.page.expect_download() as downloaded:
        more("Export as Markdown")
    assert downloaded.value.suggested_filename == "my-research.md"
    exported = downloaded.value.path().read_text("utf-8")
    assert exported.startswith("# My research\n")
    assert "### Sources" in exported

    more("Delete")
    expect(listed.first).to_contain_text("Chats are stored only in this browser.")
    expect(chat.turns).to_have_count(0)
    chat.page.get_by_role("button", name="Undo").click()
    expect(listed.first).to_contain_text("My research")


def test_a_new_chat_begins_empty_and_the_old_one_stays_in_the_list(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.turns).to_have_count(0)
    expect(chat.page.get_by_role("heading", name="What do the articles say?")).to_be_visible()
    chat.page.locator("#chat-list a").first.click()
    expect(chat.turns).to_have_count(1)


def test_a_permalink_asks_the_question_with_its_filters(
    chat: ChatPage, open_page: OpenPage, service: str
) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask(QUESTION)
    chat.turn.get_by_role("button", name="Copy question link").click()
    expect(chat.page.locator("#toast")).to_contain_text("copied")
    link = chat.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{service}/#/ask?q=")

    other = open_page(path=link.removeprefix(service))
    other.wait_for_answer()
    expect(other.turn.get_by_role("heading", level=2)).to_have_text(QUESTION)


def test_copying_an_answer_takes_its_sources_along(chat: ChatPage) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask(QUESTION)
    chat.turn.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.page.locator("#toast")).to_contain_text("copied, with its sources")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert "\n\nSources\n[1] " in copied
    assert "“" in copied


def test_asking_again_replaces_the_answer(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    with chat.page.expect_request("**/ask") as asked:
        chat.turn.get_by_role("button", name="Ask again").click()
    assert body_of(asked.value)["history"] == []
    chat.wait_for_answer()
    expect(chat.turns).to_have_count(1)
    expect(chat.chips.first).to_be_visible()


def test_only_this_article_can_be_asked(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    chat.open_citation()
    article_id = chat.source.locator(".source-text").get_attribute("data-article")
    chat.source.get_by_role("button", name="Ask only this article").click()
    expect(chat.source).to_be_hidden()
    with chat.page.expect_request("**/ask") as asked:
        chat.ask(QUESTION)
    assert body_of(asked.value)["filters"] == {"article_ids": [article_id]}


def test_an_article_of_the_articles_page_can_be_asked_alone(open_page: OpenPage) -> None:
    chat = open_page(path="/#/articles")
    chat.page.locator("#article-list a").first.click()
    text = chat.source.locator(".source-text[data-article]")
    article_id = text.get_attribute("data-article")
    chat.source.get_by_role("button", name="Ask only this article").click()
    expect(chat.source).to_be_hidden()
    expect(chat.page.locator("#tags button")).to_have_count(1)
    with chat.page.expect_request("**/ask") as asked:
        chat.ask(QUESTION)
    assert body_of(asked.value)["filters"] == {"article_ids": [article_id]}


def test_a_browser_that_refuses_storage_still_asks(open_page: OpenPage) -> None:
    chat = open_page()
    chat.page.context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) {
            const get = () => { throw new DOMException("refused", "SecurityError"); };
            Object.defineProperty(window, name, { get });
        }"""
    )
    chat.page.reload()
    chat.ask(QUESTION)
    expect(chat.chips.first).to_be_visible()
    expect(chat.page.locator("#toast")).to_contain_text("this chat will be lost")
    chat.page.get_by_role("button", name="Switch between light and dark").click()
    expect(chat.page.locator("#toast")).to_contain_text("Theme: light.")


def test_the_key_that_confirms_words_of_an_input_method_asks_nothing(chat: ChatPage) -> None:
    chat.box.fill("渡船")
    confirm = """(box) => !box.dispatchEvent(
        new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, cancelable: true}))"""
    assert not chat.box.evaluate(confirm)
    expect(chat.turns).to_have_count(0)
    expect(chat.box).to_have_value("渡船")


def test_shortcuts_lead_to_the_field_of_the_page_that_is_shown(chat: ChatPage) -> None:
    for address, field in (("#/articles", "#article-search"), ("#/timeline", "#timeline-about")):
        chat.goto(f"/{address}")
        shown = chat.page.locator(field)
        expect(shown).to_be_visible()
        for use in (
            lambda: chat.page.keyboard.press("/"),
            lambda: chat.page.locator("#skip").evaluate("skip => skip.click()"),
        ):
            chat.page.evaluate("document.activeElement.blur()")
            use()
            expect(shown).to_be_focused()


def test_two_tabs_keep_each_others_turns_of_a_chat(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    other = ChatPage(chat.page.context.new_page(), chat.address)
    other.page.goto(chat.page.url)
    expect(other.turns).to_have_count(1)
    other.ask("When was that?")
    expect(chat.turns).to_have_count(2)
    chat.wait_for_answer()
    chat.ask("Who joined?")
    expect(other.turns).to_have_count(3)
    chat.page.reload()
    expect(chat.turns).to_have_count(3)
    assert other.errors == []


def test_on_a_phone_the_article_is_a_sheet_over_a_page_out_of_reach(open_page: OpenPage) -> None:
    chat = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    chat.ask(QUESTION)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not chat.page.evaluate(wide)
    chat.chips.first.tap()
    assert chat.marked
    sheet = chat.page.get_by_role("dialog", name="Article")
    box = sheet.bounding_box()
    assert box
    assert box["width"] == PHONE["width"]
    assert box["y"] > 100
    assert chat.page.evaluate("document.getElementById('main').inert")
    expect(chat.source.locator("mark.current").first).to_be_in_viewport()
    chat.page.touchscreen.tap(195, 60)
    expect(chat.source).to_be_hidden()
    assert not chat.page.evaluate("document.getElementById('main').inert")


def test_on_a_small_phone_the_bar_has_room_for_the_button_to_sign_out(open_page: OpenPage) -> None:
    chat = open_page(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    chat.page.evaluate("document.getElementById('sign-out').hidden = false")
    bar = chat.page.locator("#bar")
    assert bar.evaluate("bar => bar.scrollWidth <= document.documentElement.clientWidth")


def test_on_a_phone_the_chats_are_a_drawer(open_page: OpenPage) -> None:
    chat = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    drawer = chat.page.get_by_role("link", name="New chat")
    expect(drawer).to_be_hidden()
    chat.page.get_by_role("button", name="Chats").tap()
    expect(drawer).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_choice_between_light_and_dark_is_kept(open_page: OpenPage) -> None:
    chat = open_page(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = chat.page.evaluate(paper)
    change = chat.page.get_by_role("button", name="Switch between light and dark")
    change.click()
    light = chat.page.evaluate(paper)
    assert light != dark
    chat.page.reload()
    assert chat.page.evaluate(paper) == light
    change.click()
    assert chat.page.evaluate(paper) == dark


def test_nothing_else_than_the_services_own_files_may_run_here(chat: ChatPage) -> None:
    response = chat.page.request.get(chat.address + "/")
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    chat.expected = "Content Security Policy"
    ran = chat.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.head.append(script);
            return window.ran === true;
        }"""
    )
    assert not ran


def test_an_answer_has_a_page_that_says_whether_its_quotes_hold(chat: ChatPage) -> None:
    chat.ask(QUESTION)
    link = chat.turn.get_by_role("link", name="Saved answer")
    expect(link).to_be_visible()
    with chat.page.context.expect_page() as opened:
        link.click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    expect(page.locator(".status").first).to_have_text("exact")
    expect(page.get_by_role("link", name="Markdown")).to_be_visible()
    page.close()
