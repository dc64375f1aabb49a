"""The page in a real browser, with the real service over the sample articles."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.browser.modules import SITE, Modules, serve
from tests.browser.scripted import ScriptedService

ROOT = Path(__file__).parents[2]

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first is Chromium without windows, which takes a sixth less of the processor."""

SECONDS_TO_CHOOSE = 120

OpenPage = Callable[..., ChatPage]

expect.set_options(timeout=20_000)  # on a machine that is busy with other tests


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser. Without one the tests are skipped, but where CI is set they fail."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        missing = "The tests of the page need Chromium: install the package chromium."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


# Not for the whole session: as long as it lives, no other test could start an event loop.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root; the only pages it opens here are our own.
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Modules]:
    context = browser.new_context()
    context.route(f"{SITE}/**", serve)
    page = context.new_page()
    page.goto(SITE + "/")
    yield Modules(page)
    context.close()


@pytest.fixture(scope="session")
def service(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service over the articles of seeds/, in a folder of its own.

    Not started where there is no browser to look at it.
    """
    data = tmp_path_factory.mktemp("data")
    seeds = str(ROOT / "seeds" / "articles")
    command = [sys.executable, "-u", "-c", "from qa.cli.commands import main; main()"]
    options = ["serve", "--host", "127.0.0.1", "--port", "0", "--data", str(data), "--seed", seeds]
    with subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, "QA_FETCH_ALLOW": "127.0.0.1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout
        reading = threading.Thread(target=process.stdout.read)
        try:
            address = address_said_by(process)
            reading.start()  # what nobody reads would in the end hold the service up
            until_examples_are_chosen(address)
            yield address
        finally:
            process.terminate()
            if reading.ident:
                reading.join()


def until_examples_are_chosen(address: str) -> None:
    """So that no page asks for them again while its test ends."""
    deadline = time.monotonic() + SECONDS_TO_CHOOSE
    while not httpx.get(f"{address}/collection").json()["example_questions"]:
        assert time.monotonic() < deadline, "no example questions were chosen"


def address_said_by(process: subprocess.Popen[str]) -> str:
    """Reads what the service says until it says where it is."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"Article QA is at (http://\S+)", line):
            return found[1]
    pytest.fail("The service ended before it was there:\n" + "".join(said))


@pytest.fixture
def scripted(service: str) -> Iterator[ScriptedService]:
    """The service, with answers that the test dictates word by word."""
    with ScriptedService(service) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, service: str) -> Iterator[OpenPage]:
    """Opens pages, each in a browser context of its own, and in the end looks at what they did:
    no error in the console, and no request to another host."""
    opened: list[ChatPage] = []

    def open_page(address: str = service, path: str = "/", **options: object) -> ChatPage:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        page = ChatPage(context.new_page(), address)
        opened.append(page)
        page.goto(path)
        return page

    yield open_page
    for page in opened:
        page.page.context.close()
    assert [error for page in opened for error in page.errors] == []
    assert {host for page in opened for host in page.strange_requests} == set()


@pytest.fixture
def chat(open_page: OpenPage) -> ChatPage:
    return open_page()
