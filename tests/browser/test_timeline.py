"""The page of timelines: quotes in order, each opening its source."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage


def test_quotes_are_in_order_and_open_their_articles(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/#/timeline")
    page.page.get_by_role("searchbox", name="What the timeline is about").fill("Binance.US")
    page.page.get_by_role("button", name="Show", exact=True).click()
    rows = page.page.locator("#timeline-list > li")
    expect(rows.first).to_contain_text("August 2020")
    expect(page.page.locator("#timeline-total")).to_contain_text("Save as Markdown or JSON")
    opener = rows.first.get_by_role("button")
    title = opener.inner_text()
    opener.click()
    expect(page.source.get_by_role("heading", level=2)).to_have_text(title)
    expect(page.source.locator("mark.current").first).to_contain_text("August 2020")


def test_a_timeline_as_of_a_day_has_an_address(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/#/timeline?q=Binance.US&as_of=2021-12-31")
    rows = page.page.locator("#timeline-list > li")
    expect(rows.filter(has_text="2021").first).to_be_visible()
    expect(rows.filter(has_text="2022")).to_have_count(0)
