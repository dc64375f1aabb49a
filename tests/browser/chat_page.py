"""A page object for the chat page: what a reader does on it."""

import re
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

QUESTION = "When did Binance.US join the Blockchain Association?"
"""One that the sample articles answer."""


class ChatPage:
    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.strange_requests: list[str] = []
        self.expected = ""
        """A pattern of console errors that the test brings about."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if not (self.expected and re.search(self.expected, message.text)):
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("blob", "data") and url.netloc != urlsplit(self.address).netloc:
            self.strange_requests.append(request.url)

    def goto(self, path: str) -> None:
        self.page.goto(self.address + path)
        # Attached from the start; modules have run when the button has its icon.
        expect(self.page.locator("#send svg")).to_be_attached()

    # Asking

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your question")

    @property
    def turns(self) -> Locator:
        return self.page.locator(".turn")

    @property
    def turn(self) -> Locator:
        return self.turns.last

    def send(self, question: str) -> None:
        self.box.fill(question)
        self.box.press("Enter")

    def ask(self, question: str) -> Locator:
        """Asks, waits for the answer to be whole, and gives its turn."""
        before = self.turns.count()
        self.send(question)
        expect(self.turns).to_have_count(before + 1)
        self.wait_for_answer()
        return self.turn

    def wait_for_answer(self) -> None:
        expect(self.turn).to_have_attribute("data-state", "done")

    @property
    def chips(self) -> Locator:
        return self.turn.locator(".body .chip")

    # Reading

    @property
    def source(self) -> Locator:
        return self.page.locator("#source")

    @property
    def marked(self) -> str:
        """The words under the strong highlight, as one text."""
        marks = self.source.locator("mark.current")
        expect(marks.first).to_be_attached()
        return "".join(marks.all_text_contents())

    @property
    def article_text(self) -> str:
        text = self.source.locator(".source-text").text_content()
        assert text is not None
        return text

    def open_citation(self, index: int = 0) -> str:
        """Opens a citation of the latest answer; the words marked in the article."""
        self.chips.nth(index).click()
        expect(self.source.locator(".steps")).to_contain_text(f"Quote {index + 1} of")
        return self.marked

    # The service behind the page

    def article(self, article_id: str) -> dict[str, Any]:
        response = httpx.get(f"{self.address}/articles/{quote(article_id, safe='')}")
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    def collection(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.address}/collection").json()
        return found

    def module(self, name: str, script: str, argument: object = None) -> Any:
        """Runs `script`, a function of (module, argument), on one of the page's own modules."""
        return self.page.evaluate(
            f"async (argument) => ({script})(await import('/web/{name}'), argument)", argument
        )
