"""The articles page: browse, search, read, add and remove articles."""

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenPage
from tests.vectorstore.fetching.test_web_reader import ICE, THAW, rss
from tests.vectorstore.readers.containers.test_archives import zipped
from tests.vectorstore.readers.documents.pdf_files import drawn_pdf, lines
from tests.website import Reply, send_html, website

STORY = (
    "The zeppelin museum of Quillhaven opens on Friday after nine years of work.\n\n"
    "Its largest room holds a gondola of 1931, which was found in a barn, said Odalys Brandt, "
    "who leads the museum. Entrance costs 11 euros."
)


@pytest.fixture
def library(open_page: OpenPage) -> ChatPage:
    page = open_page(path="/#/articles")
    expect(page.page.locator("#article-list > li").first).to_be_visible()
    return page


def remove_quietly(page: ChatPage, title: str) -> None:
    """Leaves the collection as it was, whatever the test did."""
    found = httpx.get(f"{page.address}/articles", params={"q": title}).json()["articles"]
    for each in found:
        httpx.delete(f"{page.address}/articles/{httpx.URL(path=each['id']).path}")


def test_articles_are_listed_page_by_page(library: ChatPage) -> None:
    total = library.collection()["articles"]
    rows = library.page.locator("#article-list > li")
    expect(library.page.locator("#article-total")).to_have_text(f"{total:,} articles")
    while library.page.get_by_role("button", name="Show more").count():
        before = rows.count()
        library.page.get_by_role("button", name="Show more").click()
        expect(rows.nth(before)).to_be_visible()
    expect(rows).to_have_count(total)
    links = rows.locator("a").evaluate_all("links => links.map((link) => link.href)")
    assert len(set(links)) == total


def test_an_article_is_searched_for_and_read(library: ChatPage) -> None:
    title = library.page.locator("#article-list a").nth(3).text_content()
    assert title
    search = library.page.get_by_role("searchbox", name="Search articles")
    search.fill(title)
    row = library.page.get_by_role("link", name=title, exact=True)
    expect(library.page.locator("#article-total")).to_contain_text("found for")
    row.click()
    expect(library.source.get_by_role("heading", level=2)).to_have_text(title)
    article_id = library.source.locator(".source-text").get_attribute("data-article")
    assert article_id
    assert library.article_text == library.article(article_id)["text"]

    library.page.keyboard.press("Escape")
    expect(library.source).to_be_hidden()
    search.fill("qqzzxxyy")
    expect(library.page.locator("#article-total")).to_have_text("No articles found for “qqzzxxyy”.")


def test_closing_an_article_returns_to_its_place_in_the_list(library: ChatPage) -> None:
    rows = library.page.locator("#article-list > li")
    before = rows.count()
    library.page.get_by_role("button", name="Show more").click()
    expect(rows.nth(before)).to_be_visible()
    shown = rows.count()
    link = rows.nth(before + 1).get_by_role("link")
    title = link.inner_text()
    link.click()
    expect(library.source.get_by_role("heading", level=2)).to_have_text(title)
    library.page.keyboard.press("Escape")
    expect(library.source).to_be_hidden()
    expect(rows).to_have_count(shown)
    expect(link).to_be_focused()


def test_an_article_says_what_of_it_is_not_searched(library: ChatPage) -> None:
    title = "Quillhaven and its letter"
    text = f"{STORY}\n\nSign up for our newsletter."
    try:
        httpx.post(f"{library.address}/articles", json={"title": title, "text": text})
        library.page.get_by_role("searchbox", name="Search articles").fill(title)
        library.page.get_by_role("link", name=title, exact=True).click()
        skipped = library.source.get_by_text("Sign up for our newsletter.")
        note = skipped.evaluate("(words) => getComputedStyle(words, '::after').content")
        assert "not searched: promotional" in note
        assert library.article_text == text
    finally:
        remove_quietly(library, "Quillhaven")


def test_an_article_is_pasted_asked_about_and_removed(library: ChatPage) -> None:
    page = library.page
    before = library.collection()["articles"]
    try:
        page.get_by_role("button", name="Add articles").click()
        dialog = page.get_by_role("dialog", name="Add articles")
        dialog.get_by_label("Title").fill("Zeppelins come to Quillhaven")
        dialog.get_by_label("Published").fill("2023-05-04")
        dialog.get_by_label("Source").fill("Quillhaven Courier")
        dialog.get_by_label("Original URL").fill("https://courier.example/zeppelins")
        dialog.get_by_label("Text", exact=True).fill(STORY)
        dialog.get_by_role("button", name="Add article").click()
        expect(dialog.locator("#add-report")).to_contain_text("Added.")
        expect(dialog.get_by_label("Text", exact=True)).to_have_value("")
        dialog.get_by_role("button", name="Close").click()
        expect(page.locator("#article-total")).to_have_text(f"{before + 1:,} articles")

        page.get_by_role("link", name="Ask", exact=True).click()
        library.ask("What does entrance to the zeppelin museum of Quillhaven cost?")
        assert library.open_citation() in STORY
        original = library.source.get_by_role("link", name="Open the original")
        address = original.get_attribute("href")
        assert address
        assert address.startswith("https://courier.example/zeppelins#:~:text=")
        expect(original).to_have_attribute("rel", "noopener noreferrer")

        page.get_by_role("link", name="Articles", exact=True).click()
        page.get_by_role("searchbox").fill("zeppelin museum of Quillhaven")
        page.get_by_role("button", name="Remove “Zeppelins come to Quillhaven”").click()
        asked = page.get_by_role("dialog", name="Remove this article?")
        asked.get_by_role("button", name="Remove").click()
        expect(page.locator("#toast")).to_contain_text("was removed")
        assert library.collection()["articles"] == before
    finally:
        remove_quietly(library, "Quillhaven")


def test_files_are_added_one_by_one_and_a_bad_one_loses_no_good_one(library: ChatPage) -> None:
    files: list[FilePayload] = [
        {"name": "good.txt", "mimeType": "text/plain", "buffer": STORY.encode()},
        {"name": "bad.txt", "mimeType": "text/plain", "buffer": b""},
        {
            "name": "fine.md",
            "mimeType": "text/markdown",
            "buffer": b"# Quillhaven too\n\nA second story from Quillhaven.",
        },
    ]
    try:
        library.page.get_by_role("button", name="Add articles").click()
        library.page.locator("#add-files").set_input_files(files)
        report = library.page.locator("#add-report > li")
        expect(report).to_have_count(3)
        expect(report.nth(0)).to_contain_text("Added.")
        expect(report.nth(1)).to_have_class("trouble")
        expect(report.nth(2)).to_contain_text("Added.")
        expect(library.page.locator("#add-running")).to_be_hidden()
    finally:
        remove_quietly(library, "Quillhaven")


def test_files_can_be_dropped_on_the_page(library: ChatPage) -> None:
    try:
        library.page.locator("#library").evaluate(
            """(library, text) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([text], "dropped.txt", {type: "text/plain"}));
                const options = {dataTransfer, bubbles: true, cancelable: true};
                library.dispatchEvent(new DragEvent("dragover", options));
                library.dispatchEvent(new DragEvent("drop", options));
            }""",
            STORY,
        )
        report = library.page.locator("#add-report > li")
        expect(report).to_contain_text("dropped.txtAdded.")
    finally:
        remove_quietly(library, "Quillhaven")


def test_a_folder_that_cannot_be_read_is_told_and_costs_nothing_else(library: ChatPage) -> None:
    try:
        library.page.locator("#library").evaluate(
            """(library, text) => {
                const folder = (fullPath, readEntries) => {
                    const createReader = () => ({readEntries});
                    return {isDirectory: true, fullPath, name: fullPath, createReader};
                };
                const shut = folder("/news/shut", (_, reject) => reject(new Error("shut")));
                const story = {
                    isFile: true, fullPath: "/news/story.txt", name: "/news/story.txt",
                    file: (resolve) => resolve(new File([text], "story.txt")),
                };
                const batches = [[], [shut, story]];
                const news = folder("/news", (resolve) => resolve(batches.pop()));
                const items = [{webkitGetAsEntry: () => news}];
                const drop = new Event("drop", {bubbles: true, cancelable: true});
                drop.dataTransfer = {types: ["Files"], items, files: []};
                library.dispatchEvent(drop);
            }""",
            STORY,
        )
        report = library.page.locator("#add-report > li")
        expect(report.first).to_contain_text("news/shutThe browser could not read it.")
        expect(report.last).to_contain_text("news/story.txtAdded.")
    finally:
        remove_quietly(library, "Quillhaven")


def test_what_fails_after_stop_says_its_own_reason(library: ChatPage) -> None:
    library.expected = "Failed to load resource"
    page = library.page
    detail = {"status": 507, "detail": "The disk is full."}
    held: list[Route] = []

    def answer(route: Route) -> None:
        if "multipart" in route.request.headers["content-type"]:
            held.append(route)
        else:
            route.fulfill(status=507, content_type="application/problem+json", json=detail)

    page.route("**/articles?undoable=true", answer)
    page.get_by_role("button", name="Add articles").click()
    payload: FilePayload = {"name": "q.txt", "mimeType": "text/plain", "buffer": STORY.encode()}
    page.locator("#add-files").set_input_files([payload])
    page.get_by_role("button", name="Stop", exact=True).click()
    report = page.locator("#add-report > li")
    expect(report.last).to_contain_text("Stopped.")
    dialog = page.get_by_role("dialog", name="Add articles")
    dialog.get_by_label("Text", exact=True).fill(STORY)
    dialog.get_by_role("button", name="Add article").click()
    expect(report.last).to_contain_text("The disk is full.")


def test_a_finished_file_does_not_scroll_away_what_is_being_typed(library: ChatPage) -> None:
    page = library.page
    page.set_viewport_size({"width": 800, "height": 360})
    page.get_by_role("button", name="Add articles").click()
    text = page.get_by_role("dialog", name="Add articles").get_by_label("Text", exact=True)
    text.fill("Half an artic")
    payload: FilePayload = {"name": "q.txt", "mimeType": "text/plain", "buffer": b""}
    page.locator("#add-files").set_input_files([payload])
    expect(page.locator("#add-report > li")).to_have_class("trouble")
    expect(text).to_be_in_viewport()


def test_an_address_whose_report_breaks_off_is_told_as_that(library: ChatPage) -> None:
    page = library.page
    progress = 'event: progress\ndata: {"done": 1, "total": 2}\n\n'
    page.route(
        "**/addresses",
        lambda route: route.fulfill(content_type="text/event-stream", body=progress),
    )
    page.get_by_role("button", name="Add articles").click()
    dialog = page.get_by_role("dialog", name="Add articles")
    dialog.get_by_label("Article, document, feed or sitemap").fill("https://courier.example/")
    dialog.get_by_role("button", name="Add", exact=True).click()
    report = page.locator("#add-report > li")
    expect(report).to_contain_text("Adding broke off before it was complete. Try again.")


def test_a_folder_is_added_and_its_other_files_are_passed_over(
    library: ChatPage, tmp_path: Path
) -> None:
    folder = tmp_path / "quillhaven"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "story.txt").write_text(STORY)
    (folder / "gondola.pdf").write_bytes(drawn_pdf(lines("Quillhaven shows a gondola.")))
    (folder / "photo.png").write_bytes(b"png")
    (folder / ".hidden.txt").write_text("Quillhaven hides this.")
    try:
        library.page.get_by_role("button", name="Add articles").click()
        library.page.locator("#add-folder").set_input_files(folder)
        report = library.page.locator("#add-report")
        expect(report).to_contain_text("2 files of other formats, or hidden, passed over.")
        expect(report.get_by_text("Added.")).to_have_count(2)
        assert library.article("quillhaven/deep/story.txt")["text"] == STORY
    finally:
        remove_quietly(library, "Quillhaven")


def test_what_was_skipped_in_an_archive_is_listed_with_the_reasons(library: ChatPage) -> None:
    archive = zipped({"a.txt": STORY.encode(), "b.json": b"{", "c.txt": b""})
    payload: FilePayload = {"name": "q.zip", "mimeType": "application/zip", "buffer": archive}
    try:
        library.page.get_by_role("button", name="Add articles").click()
        library.page.locator("#add-files").set_input_files([payload])
        report = library.page.locator("#add-report > li")
        expect(report).to_contain_text("1 added, 2 skipped.")
        report.get_by_text("What was skipped, and why").click()
        expect(report.get_by_text("q.zip/b.json: It is not JSON")).to_be_visible()
        expect(report.get_by_text("q.zip/c.txt: It is empty")).to_be_visible()
    finally:
        remove_quietly(library, "Quillhaven")


def test_an_addition_is_undone(library: ChatPage) -> None:
    before = library.collection()["articles"]
    payload: FilePayload = {"name": "q.txt", "mimeType": "text/plain", "buffer": STORY.encode()}
    library.page.get_by_role("button", name="Add articles").click()
    library.page.locator("#add-files").set_input_files([payload])
    report = library.page.locator("#add-report > li")
    report.get_by_role("button", name="Undo adding q.txt").click()
    expect(report).to_contain_text("Undone: 1 article removed again.")
    assert library.collection()["articles"] == before


def test_an_addition_too_old_to_be_undone_says_only_that(library: ChatPage) -> None:
    library.expected = "Failed to load resource"
    said = "This addition is too long ago to be undone."
    detail = {"status": 404, "detail": said}
    library.page.route(
        "**/undo/*",
        lambda route: route.fulfill(
            status=404, content_type="application/problem+json", json=detail
        ),
    )
    payload: FilePayload = {"name": "q.txt", "mimeType": "text/plain", "buffer": STORY.encode()}
    try:
        library.page.get_by_role("button", name="Add articles").click()
        library.page.locator("#add-files").set_input_files([payload])
        report = library.page.locator("#add-report .add-said")
        report.get_by_role("button", name="Undo adding q.txt").click()
        expect(report).to_have_text(said)
    finally:
        remove_quietly(library, "Quillhaven")


def test_following_a_feed_that_is_empty_so_far_can_be_seen_and_undone(library: ChatPage) -> None:
    page = library.page
    page.get_by_role("button", name="Add articles").click()
    dialog = page.get_by_role("dialog", name="Add articles")
    address = dialog.get_by_label("Article, document, feed or sitemap")
    with website() as site:
        site.put("/feed", rss(site), "text/xml")
        address.fill(site.url("/feed"))
        dialog.get_by_label("Follow it").check()
        dialog.get_by_role("button", name="Add", exact=True).click()
        report = page.locator("#add-report > li").last
        expect(report).to_contain_text("Nothing new.")
        expect(address).to_have_value("")
        expect(page.locator("#followed")).to_be_visible()
        report.get_by_role("button", name="Undo adding").click()
        expect(report).to_contain_text("Undone: no longer followed.")
        expect(page.locator("#followed")).to_be_hidden()


def test_what_is_followed_stays_shown_and_is_read_again_when_it_cannot_be_read(
    library: ChatPage,
) -> None:
    library.expected = "Failed to load resource"
    page = library.page
    followed = {"address": "https://a.example/feed", "kind": "feed", "title": "Courier"}
    counts: list[int | None] = [None]

    def answer(route: Route) -> None:
        if counts[-1] is None:
            route.fulfill(status=500, json={"status": 500, "detail": "It failed."})
        else:
            source = {**followed, "articles": counts[-1], "looked": None, "error": None}
            route.fulfill(json={"followed": [source]})

    def look_again() -> None:
        with page.expect_response("**/followed"):
            page.clock.run_for(5_000)

    page.route("**/followed", answer)
    page.clock.install()
    with page.expect_response("**/followed"):
        page.reload()
    panel = page.locator("#followed")
    expect(panel).to_be_hidden()
    counts.append(1)
    look_again()
    expect(panel).to_contain_text("1 source followed")
    counts.append(None)
    look_again()
    expect(panel).to_contain_text("1 source followed")

    # What arrives leaves alone the list that somebody is in, and nothing is said to be left.
    page.get_by_role("searchbox", name="Search articles").fill("Binance")
    page.clock.run_for(1_000)
    total = page.locator("#article-total")
    expect(total).to_contain_text("found for “Binance”")
    link = page.locator("#article-list a").first
    link.focus()
    counts.append(2)
    with page.expect_response("**/articles?limit=1&*"):
        look_again()
    page.clock.run_for(1_000)
    expect(link).to_be_focused()
    expect(total).to_contain_text("found for “Binance”")
    expect(page.locator("#announcer")).not_to_contain_text("left")


def test_an_address_is_added_and_a_feed_is_followed(library: ChatPage) -> None:
    page = library.page
    page.get_by_role("button", name="Add articles").click()
    dialog = page.get_by_role("dialog", name="Add articles")
    address = dialog.get_by_label("Article, document, feed or sitemap")
    with website() as site:
        site.put_html("/ice", ICE)
        site.put("/feed", rss(site, "/ice"), "text/xml")
        try:
            address.fill(site.url("/none"))
            dialog.get_by_role("button", name="Add", exact=True).click()
            report = page.locator("#add-report > li")
            expect(report.last).to_contain_text("There is no such page (404).")
            told = threading.Event()

            def serve_thaw(request: BaseHTTPRequestHandler) -> None:
                assert told.wait(20)
                send_html(request, THAW)

            site.pages["/thaw"] = serve_thaw
            site.put("/both", rss(site, "/ice", "/thaw"), "text/xml")
            address.fill(site.url("/both"))
            dialog.get_by_role("button", name="Add", exact=True).click()
            expect(report.last).to_contain_text("1 of 2 fetched…", timeout=20_000)
            told.set()
            expect(report.last).to_contain_text("2 added.")
            report.last.get_by_role("button", name="Undo").click()
            expect(report.last).to_contain_text("2 articles removed again")
            address.fill(site.url("/feed"))
            dialog.get_by_label("Follow it").check()
            dialog.get_by_role("button", name="Add", exact=True).click()
            expect(report.last).to_contain_text("Added.")
            dialog.get_by_role("button", name="Close").click()

            followed = page.locator("#followed")
            followed.get_by_text("1 source followed").click()
            expect(followed).to_contain_text("Feed · 1 article · checked")

            # What another look brings is shown without being asked for.
            site.put_html("/thaw", THAW)
            site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
            look = {"address": site.url("/feed")}
            httpx.post(f"{library.address}/followed/look", json=look, timeout=60)
            total = library.collection()["articles"]
            expect(followed).to_contain_text("Feed · 2 articles · checked", timeout=20_000)
            expect(page.locator("#article-total")).to_have_text(f"{total:,} articles")
            site.pages["/feed"] = Reply(status=500)
            followed.get_by_role("button", name="Check Courier now").click()
            expect(followed).to_contain_text("answered with status 500")
            expect(followed).to_contain_text("1 source followed, 1 with an error")
            followed.get_by_role("button", name="Stop following Courier").click()
            expect(followed).to_be_hidden()
        finally:
            httpx.delete(f"{library.address}/followed", params={"address": site.url("/feed")})
            for path in ("/ice", "/thaw"):
                httpx.delete(f"{library.address}/articles/{site.url(path)}")


def test_following_is_undone(library: ChatPage) -> None:
    before = library.collection()["articles"]
    page = library.page
    page.get_by_role("button", name="Add articles").click()
    dialog = page.get_by_role("dialog", name="Add articles")
    with website() as site:
        site.put_html("/ice", ICE)
        site.put("/feed", rss(site, "/ice"), "text/xml")
        dialog.get_by_label("Article, document, feed or sitemap").fill(site.url("/feed"))
        dialog.get_by_label("Follow it").check()
        dialog.get_by_role("button", name="Add", exact=True).click()
        report = page.locator("#add-report > li").last
        expect(report).to_contain_text("Added.")
        expect(page.locator("#followed")).to_be_visible()
        report.get_by_role("button", name="Undo adding").click()
        expect(report).to_contain_text("Undone: 1 article removed again, no longer followed.")
        expect(page.locator("#followed")).to_be_hidden()
    assert library.collection()["articles"] == before


def test_removing_is_asked_first_and_can_be_declined(library: ChatPage) -> None:
    before = library.collection()["articles"]
    library.page.locator("#article-list > li").first.get_by_role("button").click()
    library.page.get_by_role("button", name="Cancel").click()
    expect(library.page.get_by_role("dialog")).to_have_count(0)
    assert library.collection()["articles"] == before


def test_a_failed_removal_says_so_and_the_article_stays(library: ChatPage) -> None:
    library.expected = "Failed to load resource"
    detail: dict[str, Any] = {"status": 503, "detail": "Another process is writing."}
    library.page.route(
        "**/articles/*",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", json=detail
        ),
    )
    library.page.locator("#article-list > li").first.get_by_role("button").click()
    asked = library.page.get_by_role("dialog", name="Remove this article?")
    asked.get_by_role("button", name="Remove").click()
    expect(asked).to_contain_text("Another process is writing.")
