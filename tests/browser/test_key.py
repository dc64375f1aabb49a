"""A service with keys: the page asks for one, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from qa.http.access import COOKIE, AccessControl
from qa.http.app import create_app
from qa.keys import KeyFile, KeyRing
from tests.browser.conftest import OpenPage
from tests.qa.http.scripted import Failing, service_over
from tests.qa.serving import running

KEYS = "keys.json"


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[str]:
    """The address of a service that needs a key."""
    control = AccessControl(KeyRing((), KeyFile(tmp_path / KEYS)), "none", "none")
    service = service_over(tmp_path / "index", Failing(RuntimeError()))
    with running(create_app(service, control=control)) as url:
        yield url
    service.close()


def test_a_key_is_entered_once_and_kept_from_scripts(
    keyed: str, tmp_path: Path, open_page: OpenPage
) -> None:
    secret = KeyFile(tmp_path / KEYS).add("page", "read")
    chat = open_page(keyed)
    chat.expected = "Failed to load resource"
    dialog = chat.page.get_by_role("dialog", name="This service needs a key")
    dialog.get_by_label("Key").fill("wrong")
    chat.errors.clear()  # the refusal that makes the page ask
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not one of this service's keys")
    dialog.get_by_label("Key").fill(secret)
    dialog.get_by_role("button", name="Continue").click()
    expect(chat.page.locator("#about")).to_contain_text("1 article")
    expect(dialog).to_be_hidden()
    chat.page.reload()
    expect(chat.page.locator("#about")).to_contain_text("1 article")
    assert chat.page.evaluate("() => document.cookie") == ""
    (cookie,) = chat.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Strict")
    chat.page.get_by_role("button", name="Sign out").click()
    expect(dialog).to_be_visible()
    assert chat.page.context.cookies() == []
    expect(chat.page.get_by_role("button", name="Sign out", include_hidden=True)).to_be_hidden()
    chat.errors.clear()
