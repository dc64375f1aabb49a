"""The page of one collection among several: a chooser, and chats that stay in their collection."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from qa.schemas import CollectionInfo
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenPage
from tests.browser.modules import Modules
from tests.qa.shelf import PHRASES, Shelf, shelf_in

QUESTION = "How many dollars did harbor pilots earn?"
PHONE = {"width": 390, "height": 844}
INFOS = (CollectionInfo("a", "What pilots say"), CollectionInfo("b"))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with shelf_in(tmp_path, infos=INFOS) as shelf:
        yield shelf


def choose(chat: ChatPage, name: str) -> None:
    """By the keyboard alone."""
    chat.page.locator("#collections summary").focus()
    chat.page.keyboard.press("Enter")
    link = chat.page.get_by_role("list", name="Collections").get_by_role(
        "link", name=re.compile(rf"^{name}\b")
    )
    expect(link).to_be_visible()
    link.focus()
    chat.page.keyboard.press("Enter")


def test_each_collection_has_its_page_its_answers_and_its_chats(
    shelf: Shelf, open_page: OpenPage
) -> None:
    chat = open_page(shelf.url)
    summary = chat.page.locator("#collections summary")
    expect(summary).to_have_text("Collection: Default")
    chat.ask(QUESTION)
    expect(chat.turn).to_contain_text(PHRASES["default"])
    choose(chat, "a")
    expect(summary).to_have_text("Collection: a")
    assert chat.page.url == f"{shelf.url}/collections/a/"
    expect(chat.page.locator("#about")).to_contain_text("What pilots say")
    expect(chat.page.locator("#chat-list [data-chat]")).to_have_count(0)
    chat.ask(QUESTION)
    expect(chat.turn).to_contain_text(PHRASES["a"])
    assert PHRASES["a"] in chat.open_citation()
    expect(chat.page).to_have_title(f"{QUESTION} · a · Article QA")
    asked_in_a = chat.page.url
    chat.page.reload()
    expect(chat.page.locator("#chat-list [data-chat]")).to_have_count(1)
    expect(chat.turn).to_contain_text(PHRASES["a"])
    chat.page.get_by_role("link", name="Articles", exact=True).click()
    expect(chat.page.locator("#article-list li")).to_have_count(1)
    choose(chat, "b")
    expect(chat.page.locator("#article-list")).to_contain_text("Pay in b")
    assert chat.page.url == f"{shelf.url}/collections/b/#/articles"
    chat_id = asked_in_a.rpartition("/")[2]
    chat.page.goto(f"{shelf.url}/#/chat/{chat_id}")
    expect(chat.turn).to_contain_text(PHRASES["a"])
    assert chat.page.url == asked_in_a, "the chat is opened in its own collection"


def test_one_collection_alone_offers_no_choice(tmp_path: Path, open_page: OpenPage) -> None:
    with shelf_in(tmp_path, infos=[]) as shelf:
        chat = open_page(shelf.url)
        expect(chat.page.locator("#about")).to_contain_text("1 article")
        expect(chat.page.locator("#collections")).to_be_hidden()


def test_a_collection_that_is_not_there_says_which_are(shelf: Shelf, open_page: OpenPage) -> None:
    chat = open_page(shelf.url, "/collections/nowhere/")
    chat.expected = "Failed to load resource"
    chat.errors.clear()
    about = chat.page.locator("#about")
    expect(about).to_contain_text("There is no collection 'nowhere'. There are: default, a, b.")
    choose(chat, "b")
    expect(about).to_contain_text("1 article")


def test_a_reader_whose_key_is_for_one_collection_arrives_there(
    tmp_path: Path, open_page: OpenPage
) -> None:
    with shelf_in(tmp_path, infos=INFOS, keyed=True) as shelf:
        secret = shelf.keys.add("of b", "read", ["b"])
        chat = open_page(shelf.url)
        chat.expected = "Failed to load resource"
        chat.errors.clear()
        dialog = chat.page.get_by_role("dialog", name="This service needs a key")
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_role("button", name="Continue").click()
        chat.page.wait_for_url(f"{shelf.url}/collections/b/")
        expect(chat.page.locator("#about")).to_contain_text("1 article")
        expect(chat.page.locator("#collections")).to_be_hidden()
        chat.ask(QUESTION)
        expect(chat.turn).to_contain_text(PHRASES["b"])


def test_the_chooser_is_in_the_drawer_of_a_phone(shelf: Shelf, open_page: OpenPage) -> None:
    chat = open_page(shelf.url, viewport=PHONE)
    chat.page.get_by_role("button", name="Chats").click()
    summary = chat.page.locator("#collections summary")
    summary.click()
    expect(chat.page.get_by_role("list", name="Collections")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("list", name="Collections")).to_be_hidden()
    expect(summary).to_be_focused()
    expect(chat.page.locator("#chats")).to_have_class("chats open")


@pytest.mark.parametrize(
    ("pathname", "collection", "to_default", "to_b"),
    [
        ("/", "default", "./", "./collections/b/"),
        ("/qa/", "default", "./", "./collections/b/"),
        ("/collections/a/", "a", "../../", "../../collections/b/"),
        ("/qa/collections/a%2Fb/", "a/b", "../../", "../../collections/b/"),
        ("/collections/%ff/", "default", "../../", "../../collections/b/"),
    ],
)
def test_the_address_says_which_collection_it_is(
    modules: Modules, pathname: str, collection: str, to_default: str, to_b: str
) -> None:
    script = """(module, path) => [module.collectionIn(path),
        module.collectionAddress("default", path), module.collectionAddress("b", path)]"""
    assert modules.run("routes.js", script, pathname) == [collection, to_default, to_b]
