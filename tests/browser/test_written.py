"""Answers from a chat model: streamed, checked, flagged, stopped."""

from typing import Any

import pytest
from playwright.sync_api import expect

from qa.verification.markers import with_markers
from tests.browser.answers import UNANSWERED, citation_of, passage_of, written
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenPage
from tests.browser.scripted import ScriptedService, Stream

QUESTION = "What happened?"


@pytest.fixture
def chat(open_page: OpenPage, scripted: ScriptedService) -> ChatPage:
    return open_page(scripted.address)


@pytest.fixture
def article(chat: ChatPage) -> dict[str, Any]:
    """An article with enough in it to cite."""
    listed = chat.page.request.get(f"{chat.address}/articles?limit=3").json()["articles"]
    articles = [chat.article(each["id"]) for each in listed]
    return max(articles, key=lambda each: len(each["text"]))


def begun(chat: ChatPage, scripted: ScriptedService, words: str) -> Stream:
    """An answer to `QUESTION` of which these words are shown."""
    stream = scripted.stream()
    chat.send(QUESTION)
    stream.words(words)
    expect(chat.turn).to_contain_text(words.strip())
    return stream


def test_words_appear_as_they_are_written_and_count_once_they_are_checked(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = citation_of(article, 10, 60)
    answer = written(
        QUESTION, [("It was so [1].", [1], None), (" And more.", [1], None)], [citation]
    )
    stream = scripted.stream()
    chat.send(QUESTION)
    expect(chat.turn).to_contain_text("Searching the articles")
    passages = [passage_of(article, 0, 200)]
    stream.event("passages", {"standalone_question": QUESTION, "passages": passages})
    expect(chat.turn).to_contain_text("Reading 1 passage from 1 article")
    stream.words("It was so [")
    expect(chat.turn.locator(".unchecked")).to_have_text("It was so")
    stream.words("1].")
    stream.event("sentence", {"sentence": answer["sentences"][0], "citations": [citation]})
    expect(chat.turn.locator(".sentence")).to_have_text("It was so.\u20601")
    expect(chat.turn.locator(".unchecked")).to_have_count(0)
    expect(chat.turn.locator(".body")).to_have_attribute("aria-busy", "true")

    # A citation opens, and a pointed-at chip stays the same element, while the rest is written.
    chat.chips.first.evaluate("chip => (window.chip = chip)")
    stream.words(" And mo")
    expect(chat.turn.locator(".unchecked")).to_contain_text("And mo")
    assert chat.chips.first.evaluate("chip => chip === window.chip")
    assert "".join(chat.open_citation().split()) == "".join(citation["quote"].split())

    stream.answer(answer)
    chat.wait_for_answer()
    expect(chat.turn.locator(".sentence")).to_have_count(2)
    expect(chat.turn.locator(".label")).to_contain_text("Written by openai:scripted from 1 article")
    expect(chat.turn.locator(".sources blockquote")).to_have_text(citation["quote"])
    expect(chat.page.locator("#announcer")).to_contain_text("The answer is ready: 2 sentences")


def test_the_stream_is_no_live_region(chat: ChatPage, scripted: ScriptedService) -> None:
    stream = begun(chat, scripted, "It was ")
    live = chat.turn.locator(
        "xpath=ancestor-or-self::*[@aria-live or @role='status' or @role='log']"
    )
    expect(live).to_have_count(0)
    expect(chat.turn.locator("[aria-live], [role=status], [role=log]")).to_have_count(0)
    stream.answer(written(QUESTION, [("It was so.", [], None)], []))
    chat.wait_for_answer()


@pytest.mark.parametrize("by", ["Escape", "button"])
def test_an_answer_can_be_stopped_and_what_was_written_stays(
    chat: ChatPage, scripted: ScriptedService, by: str
) -> None:
    stream = begun(chat, scripted, "It was the ")
    if by == "Escape":
        chat.page.keyboard.press("Escape")
    else:
        chat.page.get_by_role("button", name="Stop the answer").click()
    expect(chat.turn).to_have_attribute("data-state", "stopped")
    expect(chat.turn).to_contain_text("It was the")
    expect(chat.turn).to_contain_text("Stopped before it was complete.")
    # The service is told, so that it can stop the model.
    while not stream.dropped.wait(0.01):
        stream.words("more ")
    expect(chat.turn.locator(".body")).to_have_text("It was the ")

    chat.page.reload()
    expect(chat.turn).to_contain_text("Stopped before it was complete.")
    scripted.answer(written(QUESTION, [("All of it.", [], None)], []))
    chat.turn.get_by_role("button", name="Ask again").click()
    chat.wait_for_answer()
    expect(chat.turn.locator(".body")).to_have_text("All of it.")
    expect(chat.turn).not_to_contain_text("Stopped")


def test_escape_puts_away_what_lies_over_an_answer_before_it_stops_it(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = citation_of(article, 10, 60)
    answer = written(QUESTION, [("It was so [1].", [1], None)], [citation])
    stream = scripted.stream()
    chat.send(QUESTION)
    stream.words("It was so [1].")
    stream.event("sentence", {"sentence": answer["sentences"][0], "citations": [citation]})
    expect(chat.chips).to_have_count(1)

    chat.page.locator("#chat-list > li").hover()
    chat.page.locator("#chat-list > li").get_by_role("button").click()
    menu = chat.page.locator("#chat-menu")
    expect(menu).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()

    chat.open_citation()
    card = chat.page.get_by_role("tooltip")
    chat.chips.first.hover()
    expect(card).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(chat.source).to_be_visible()

    chat.page.keyboard.press("Escape")
    expect(chat.source).to_be_hidden()
    expect(chat.turn).to_have_attribute("data-state", "asking")
    chat.box.focus()
    chat.page.keyboard.press("Escape")
    expect(chat.turn).to_have_attribute("data-state", "stopped")


def test_an_answer_goes_on_while_the_articles_are_looked_at(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    stream = begun(chat, scripted, "It was ")
    chat.page.get_by_role("link", name="Articles", exact=True).click()
    expect(chat.page.locator("#article-search")).to_be_visible()
    chat.page.keyboard.press("Escape")
    chat.page.get_by_role("link", name="Ask", exact=True).click()
    expect(chat.turn).to_have_attribute("data-state", "asking")
    stream.answer(written(QUESTION, [("It was so.", [], None)], []))
    chat.wait_for_answer()


def test_a_chat_deleted_while_its_answer_is_written_stays_deleted_until_it_is_brought_back(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    begun(chat, scripted, "It was ")
    listed = chat.page.locator("#chat-list > li")
    listed.hover()
    listed.get_by_role("button").click()
    chat.page.locator("#chat-menu").get_by_role("button", name="Delete").click()
    expect(chat.turns).to_have_count(0)
    expect(chat.page.locator("#announcer")).to_have_text("The answer was stopped.")
    expect(listed).to_contain_text("Chats are stored only in this browser.")

    chat.page.get_by_role("button", name="Undo").click()
    listed.get_by_role("link").click()
    scripted.answer(written(QUESTION, [("All of it.", [], None)], []))
    chat.turn.get_by_role("button", name="Ask again").click()
    chat.wait_for_answer()
    chat.page.reload()
    expect(chat.turn.locator(".body")).to_have_text("All of it.")


def test_a_question_typed_during_an_answer_waits_in_the_box(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    stream = begun(chat, scripted, "It ")
    chat.send("And then?")
    expect(chat.box).to_have_value("And then?")
    expect(chat.page.locator("#composer-hint")).to_contain_text("still being written")
    expect(chat.page.locator("#announcer")).to_contain_text("still being written")
    stream.answer(written(QUESTION, [("It was.", [], None)], []))
    chat.wait_for_answer()
    expect(chat.box).to_have_value("And then?")


def test_a_sentence_without_support_looks_different_and_says_why(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    scripted.answer(
        written(
            QUESTION,
            [
                ("It was so [1].", [1], None),
                (" It cost 7 euros [1].", [1], "The number 7 is not in the cited words."),
                (" It sank.", [], "The articles say otherwise: “It floats.”"),
            ],
            [citation_of(article, 10, 60)],
        )
    )
    chat.ask(QUESTION)
    doubted = chat.turn.locator(".unsupported")
    expect(doubted).to_have_count(2)
    missing, contradicted = doubted.nth(0), doubted.nth(1)
    expect(missing).to_contain_text("It cost 7 euros.")
    expect(missing).to_contain_text("Not found. The number 7 is not in the cited words.")
    expect(contradicted).to_contain_text("Contradicted. The articles say otherwise: “It floats.”")
    label = "1 of 3 sentences contradicted, 1 not found"
    expect(chat.turn.locator(".label")).to_contain_text(label)
    line = missing.locator(".words").evaluate("node => getComputedStyle(node).textDecorationStyle")
    assert line == "wavy"


def test_markdown_becomes_nodes_and_neither_images_nor_strange_links(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = citation_of(article, 10, 60)
    citation["url"] = "https://known.example/story"
    scripted.answer(
        written(
            QUESTION,
            [
                ("**Two** things [1]:", [1], None),
                ("\n\n- one, [here](https://known.example/story);", [], None),
                (
                    "\n- two, [there](https://evil.example/) ![i](https://evil.example/i.png).",
                    [],
                    None,
                ),
                ("\n\n<img src=x onerror=alert(1)> `<b>`", [], None),
            ],
            [citation],
        )
    )
    turn = chat.ask(QUESTION)
    body = turn.locator(".body")
    expect(body.locator("strong")).to_have_text("Two")
    expect(body.locator("li")).to_have_count(2)
    expect(body.locator("code")).to_have_text("<b>")
    expect(body.locator("img, script, b")).to_have_count(0)
    assert body.locator("a").evaluate_all("links => links.map((link) => link.href)") == [
        "https://known.example/story"
    ]
    expect(body).to_contain_text("<img src=x onerror=alert(1)>")
    expect(body).to_contain_text("two, there i.")


def test_a_quotation_says_that_it_is_one_and_marks_the_words_that_answer(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = citation_of(article, 10, 60)
    short = citation["quote"][5:12]
    answer = written(
        QUESTION,
        [(with_markers(citation["quote"], [1]), [1], None)],
        [citation],
        answerer="extractive",
        model=None,
        short_answer={"text": short, "citation": 1},
        notice="The chat model could not be reached, so the articles are quoted instead.",
    )
    scripted.answer(answer)
    turn = chat.ask(QUESTION)
    expect(turn.locator(".label")).to_have_text("Quoted word for word from 1 article")
    expect(turn.locator(".label-warning")).to_have_count(0)
    expect(turn.locator(".notice")).to_contain_text("The chat model could not be reached")
    assert turn.locator(".body q").text_content() == citation["quote"].strip()
    assert turn.locator(".short-here").first.text_content() == short
    expect(turn.locator(".short")).to_contain_text(short.strip())
    expect(turn.locator("figcaption")).to_contain_text(article["title"])


def test_a_quotation_that_may_not_answer_says_so(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = citation_of(article, 10, 60)
    said = [(with_markers(citation["quote"], [1]), [1], None)]
    scripted.answer(written(QUESTION, said, [citation], answerer="extractive", confidence=0.52))
    turn = chat.ask(QUESTION)
    expect(turn.locator(".label-warning")).to_have_text("may not answer the question")


def test_an_unanswered_question_has_a_look_of_its_own_and_offers_the_nearest_passages(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    nearest = passage_of(article, 20, 300)
    scripted.answer(written(QUESTION, [], [], answered=False, text=UNANSWERED, passages=[nearest]))
    turn = chat.ask(QUESTION)
    expect(turn.locator(".unanswered-head")).to_have_text("The articles do not say")
    expect(turn.locator(".chip")).to_have_count(0)
    expect(chat.page.locator("#announcer")).to_contain_text("The articles do not say.")
    turn.get_by_role("button").filter(has_text=article["title"]).click()
    assert "".join(chat.marked.split()) == "".join(nearest["text"].split())

    # The passage is still there to read after a reload.
    chat.page.reload()
    expect(chat.turn.locator(".nearest-text")).to_be_visible()


def test_what_a_follow_up_was_taken_to_mean_is_shown(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    scripted.answer(
        written("And when?", [("So.", [], None)], [], standalone_question="When did it happen?")
    )
    expect(chat.ask("And when?")).to_contain_text("Understood as: When did it happen?")


def test_the_quotes_are_stepped_through_over_several_articles(
    chat: ChatPage, scripted: ScriptedService
) -> None:
    listed = chat.page.request.get(f"{chat.address}/articles?limit=2").json()["articles"]
    articles = [chat.article(each["id"]) for each in listed]
    citations = [citation_of(each, 5, 40, number) for number, each in enumerate(articles, 1)]
    scripted.answer(written(QUESTION, [("It was so [1][2].", [1, 2], None)], citations))
    chat.ask(QUESTION)
    chat.open_citation()
    following = chat.source.get_by_role("button", name="Next quote")
    following.click()
    expect(chat.source).to_contain_text("Quote 2 of 2")
    expect(chat.source.locator(".source-text")).to_have_attribute("data-article", articles[1]["id"])
    assert "".join(chat.marked.split()) == "".join(citations[1]["quote"].split())
    expect(chat.chips.nth(1)).to_have_attribute("aria-current", "true")
    expect(following).to_be_disabled()
    chat.source.get_by_role("button", name="Previous quote").click()
    expect(chat.source).to_contain_text("Quote 1 of 2")


def test_an_article_that_has_changed_since_is_not_marked_at_the_wrong_place(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    citation = {**citation_of(article, 10, 60), "quote": "Words of an earlier version."}
    scripted.answer(written(QUESTION, [("It was so [1].", [1], None)], [citation]))
    chat.ask(QUESTION)
    chat.chips.first.click()
    expect(chat.source).to_contain_text("The article has changed since this answer")
    expect(chat.source).to_contain_text("Words of an earlier version.")
    expect(chat.source.locator("mark")).to_have_count(0)


def test_only_what_an_article_still_says_is_marked(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    kept = citation_of(article, 10, 60)
    stale = {**citation_of(article, 70, 90, 2), "quote": "Words of an earlier version."}
    passages = [
        passage_of(article, 0, 5),
        {**passage_of(article, 100, 120), "text": "A passage of an earlier version."},
    ]
    answer = written(QUESTION, [("So [1][2].", [1, 2], None)], [kept, stale], passages=passages)
    scripted.answer(answer)
    chat.ask(QUESTION)
    assert "".join(chat.open_citation().split()) == "".join(kept["quote"].split())
    expect(chat.source.locator("mark.cited")).to_have_count(0)
    shown = chat.source.locator(".passage").all_text_contents()
    assert "".join(shown) == passages[0]["text"]


def test_a_nearest_passage_of_an_article_changed_since_is_not_marked(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    stale = {**passage_of(article, 10, 60), "text": "A passage of an earlier version."}
    scripted.answer(
        written(QUESTION, [], [], answered=False, text="The articles do not say.", passages=[stale])
    )
    turn = chat.ask(QUESTION)
    turn.get_by_role("button").filter(has_text=article["title"]).click()
    expect(chat.source).to_contain_text("The article has changed since this answer")
    expect(chat.source.locator("mark, .passage")).to_have_count(0)


def test_an_article_removed_since_leaves_its_quote(
    chat: ChatPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    chat.expected = "404"
    citation = {**citation_of(article, 10, 60), "article_id": "long gone"}
    scripted.answer(written(QUESTION, [("It was so [1].", [1], None)], [citation]))
    chat.ask(QUESTION)
    chat.chips.first.click()
    expect(chat.source).to_contain_text("The quote was: ")
    expect(chat.source.locator("q")).to_have_text(citation["quote"])


def test_a_long_name_of_a_source_does_not_scroll_a_phone_sideways(
    open_page: OpenPage, scripted: ScriptedService, article: dict[str, Any]
) -> None:
    chat = open_page(scripted.address, viewport={"width": 390, "height": 844})
    long = citation_of({**article, "source": "The Courier of Quillhaven and " + "x" * 80}, 10, 60)
    sentence = (long["quote"] + " [1]", [1], None)
    scripted.answer(written(QUESTION, [sentence], [long], answerer="extractive", notice="y" * 80))
    chat.ask(QUESTION)
    expect(chat.turn.locator("figcaption")).to_contain_text("The Courier of Quillhaven")
    boxes = (
        "turn => [...turn.querySelectorAll('*')].map((each) => each.getBoundingClientRect().right)"
    )
    assert max(chat.turn.evaluate(boxes)) <= 390
