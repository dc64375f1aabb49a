"""Articles from addresses: pages, documents, feeds and sitemaps of a server on this machine."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from tests.vectorstore.readers.documents.pdf_files import drawn_pdf, lines
from tests.website import Reply, Website, story, website
from vectorstore.fetching.fetcher import Fetcher
from vectorstore.fetching.web_reader import MOST_NESTED_SITEMAPS, read_address
from vectorstore.readers import Unreadable
from vectorstore.types import Article

ICE = story(
    "Ice in the harbor",
    "The harbor of Quillhaven froze on Tuesday, for the first time in eleven years.",
    "The ferry to Skarn stayed at its pier, and its captain played cards with the crew.",
)
THAW = story(
    "The ice is gone",
    "The harbor of Quillhaven is free of ice again, the port authority said on Friday.",
    "The ferry to Skarn sailed at noon, with 180 people and eleven cars on board.",
)
LONG = " ".join(
    f"Sentence number {number} of the letter says that it thaws." for number in range(20)
)


def articles(fetcher: Fetcher, address: str) -> dict[str, Article]:
    return {each.id: each for each in read_address(fetcher, address) if isinstance(each, Article)}


def reasons(fetcher: Fetcher, address: str) -> list[str]:
    found = read_address(fetcher, address)
    return [each.reason for each in found if isinstance(each, Unreadable)]


def rss(site: Website, *paths: str, **more: str) -> str:
    items = "".join(
        f"<item><title>Entry {path}</title><link>{site.url(path)}</link><guid>{path}</guid>"
        f"<pubDate>Thu, 04 May 2023 10:00:00 GMT</pubDate>{more.get(path.strip('/'), '')}</item>"
        for path in paths
    )
    return f'<rss version="2.0"><channel><title>Courier</title>{items}</channel></rss>'


def atom(site: Website, *paths: str) -> str:
    entries = "".join(
        f"<entry><title>Entry {path}</title><id>{path}</id><link href='{path}'/>"
        f"<published>2023-05-04T10:00:00Z</published><updated>2023-05-05T10:00:00Z</updated></entry>"
        for path in paths
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Courier</title>{entries}</feed>"


def json_feed(site: Website, *paths: str) -> str:
    items = [
        {"id": path, "url": site.url(path), "date_published": "2023-05-04T10:00:00Z"}
        for path in paths
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Courier", "items": items})


def sitemap(site: Website, *paths: str) -> str:
    urls = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in paths)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>"


def test_a_page_is_an_article_at_its_address(site: Website, fetcher: Fetcher) -> None:
    site.put_html("/ice", ICE)
    site.redirect("/short", "/ice")
    for path in ("/ice", "/short", "/ice#top"):
        (found,) = articles(fetcher, site.url(path)).values()
        assert found.id == found.info.url == site.url("/ice")
        assert found.info.title == "Ice in the harbor"
        assert "played cards with the crew" in found.text


def test_a_document_is_read_by_its_media_type_or_its_suffix(
    site: Website, fetcher: Fetcher
) -> None:
    pdf = drawn_pdf(lines("The pier is 412 metres long."))
    site.put("/a", pdf, "application/pdf")
    site.put("/b.pdf", pdf, "application/octet-stream")
    docx = (Path(__file__).parents[1] / "readers" / "files" / "story.docx").read_bytes()
    site.put("/c.docx", docx, "application/octet-stream")
    assert "412 metres" in articles(fetcher, site.url("/a"))[site.url("/a")].text
    assert articles(fetcher, site.url("/b.pdf"))[site.url("/b.pdf")].info.pages == (0,)
    assert "412 metres" in articles(fetcher, site.url("/c.docx"))[site.url("/c.docx")].text


@pytest.mark.parametrize(
    ("listing", "media_type"),
    [
        (rss, "application/rss+xml"),
        (rss, "text/xml"),
        (atom, "application/atom+xml"),
        (json_feed, "application/feed+json"),
        (json_feed, "application/json"),
        (sitemap, "application/xml"),
    ],
)
def test_all_that_is_listed_is_read(
    site: Website, fetcher: Fetcher, listing: type, media_type: str
) -> None:
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    site.put("/list", listing(site, "/ice", "/thaw"), media_type)
    found = articles(fetcher, site.url("/list"))
    assert set(found) == {site.url("/ice"), site.url("/thaw")}
    if listing is not sitemap:
        assert found[site.url("/ice")].info.published == date(2023, 5, 4)
        assert found[site.url("/ice")].info.source == "Courier"


def test_sitemaps_in_a_sitemap_are_read_compressed_or_not(site: Website, fetcher: Fetcher) -> None:
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    site.put("/one.xml", sitemap(site, "/ice"), "application/xml")
    site.put("/two.xml.gz", gzip.compress(sitemap(site, "/thaw").encode()), "application/gzip")
    nested = "".join(
        f"<sitemap><loc>{site.url(path)}</loc></sitemap>"
        for path in ("/one.xml", "/two.xml.gz", "/missing.xml")
    )
    site.put("/sitemap.xml", f"<sitemapindex>{nested}</sitemapindex>", "application/xml")
    assert set(articles(fetcher, site.url("/sitemap.xml"))) == {site.url("/ice"), site.url("/thaw")}
    (missing,) = reasons(fetcher, site.url("/sitemap.xml"))
    assert "no such page (404)" in missing


def test_sitemaps_that_are_none_or_too_many_are_told(site: Website, fetcher: Fetcher) -> None:
    def index_of(*paths: str) -> str:
        named = "".join(f"<sitemap><loc>{site.url(path)}</loc></sitemap>" for path in paths)
        return f"<sitemapindex>{named}</sitemapindex>"

    site.put_html("/ice", ICE)
    site.put("/one.xml", sitemap(site, "/ice"), "application/xml")
    site.put("/index.xml", index_of("/deeper.xml"), "application/xml")
    more = [f"/{number}.xml" for number in range(MOST_NESTED_SITEMAPS)]
    for path in more:
        site.put(path, sitemap(site), "application/xml")
    named = index_of("/one.xml", "/ice", "/index.xml", *more)
    site.put("/sitemap.xml", named, "application/xml")
    found = list(read_address(fetcher, site.url("/sitemap.xml")))
    assert [each.id for each in found if isinstance(each, Article)] == [site.url("/ice")]
    page, skipped = (each for each in found if isinstance(each, Unreadable))
    assert page.where == site.url("/ice")
    assert "is none" in page.reason
    assert skipped.where == site.url("/sitemap.xml")
    assert "4 further sitemaps" in skipped.reason


def test_what_is_wrong_with_one_entry_is_said_and_the_rest_is_read(
    site: Website, fetcher: Fetcher
) -> None:
    site.put_html("/ice", ICE)
    site.put("/photo", b"\xff\xd8", "image/jpeg")
    site.put_html("/menu", "<nav></nav>")
    site.put("/feed", rss(site, "/gone", "/photo", "/menu", "/ice"), "application/rss+xml")
    assert set(articles(fetcher, site.url("/feed"))) == {site.url("/ice")}
    gone, photo, menu = reasons(fetcher, site.url("/feed"))
    assert "no such page" in gone
    assert "image/jpeg" in photo
    assert "No main text" in menu


def test_the_text_in_a_feed_stands_in_for_a_page_that_cannot_be_read(
    site: Website, fetcher: Fetcher
) -> None:
    site.pages["/ice"] = Reply(status=403)
    site.put("/feed", rss(site, "/ice", ice=f"<description>{LONG}</description>"), "text/xml")
    found = articles(fetcher, site.url("/feed"))[site.url("/ice")]
    assert found.text == LONG
    assert found.info.title == "Entry /ice"
    assert found.info.published == date(2023, 5, 4)


def test_a_feed_cannot_speak_for_another_site(site: Website, fetcher: Fetcher) -> None:
    with website() as other:
        feed = rss(other, "/ice", ice=f"<description>{LONG}</description>").replace(
            "127.0.0.1", "localhost"
        )
        site.put("/feed", feed, "text/xml")
        assert articles(fetcher, site.url("/feed")) == {}


def test_a_page_that_names_another_sites_address_keeps_its_own(
    site: Website, fetcher: Fetcher
) -> None:
    theirs = '<link rel="canonical" href="https://other.example/ice">'
    ours = f'<link rel="canonical" href="{site.url("/ice")}">'
    site.put_html("/x", ICE.replace("<head>", f"<head>{theirs}"))
    site.put_html("/ice?utm=1", ICE.replace("<head>", f"<head>{ours}"))
    assert set(articles(fetcher, site.url("/x"))) == {site.url("/x")}
    assert set(articles(fetcher, site.url("/ice?utm=1"))) == {site.url("/ice")}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<rss><channel><title>Empty</title></channel></rss>", "lists no articles"),
        ("<rss><chan", "damaged"),
        ('{"version": "https://jsonfeed.org/version/1", "items": [', "damaged"),
        ("<urlset></urlset>", "lists no articles"),
        ("<html><body><nav></nav></body></html>", "No main text"),
    ],
)
def test_a_feed_that_is_none_or_is_damaged_is_named(
    site: Website, fetcher: Fetcher, body: str, said: str
) -> None:
    site.put("/feed", body, "text/html" if "<html" in body else "application/xml")
    assert said in "".join(reasons(fetcher, site.url("/feed")))


def test_entities_of_a_feed_reach_no_file_and_do_not_grow(site: Website, fetcher: Fetcher) -> None:
    laughs = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    entities = f'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY a0 "ha">{laughs}]>'
    item = "<item><title>&f;&a9;</title><description>&f;&a9;</description></item>"
    site.put("/feed", f"{entities}<rss><channel>{item}</channel></rss>", "text/xml")
    for each in read_address(fetcher, site.url("/feed")):
        assert isinstance(each, Unreadable)
        assert "root:" not in each.reason


def test_a_page_without_an_article_is_skipped_with_the_feed_that_it_names(
    site: Website, fetcher: Fetcher
) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.put_html("/", f"<html><head>{feed}</head><body><nav></nav></body></html>")
    (reason,) = reasons(fetcher, site.url("/"))
    assert reason.endswith(f"The page names a feed, though: {site.url('/feed')}")


@pytest.mark.parametrize("listing", [rss, atom, json_feed, sitemap])
def test_a_link_that_is_no_address_loses_no_other_entry(
    site: Website, fetcher: Fetcher, listing: type
) -> None:
    site.put_html("/ice", ICE)
    body = listing(site, "/bad", "/ice")
    link = "href='/bad'" if listing is atom else site.url("/bad")
    broken = "href='http://[bad'" if listing is atom else "http://[bad"
    assert link in body
    site.put("/list", body.replace(link, broken), "application/xml")
    assert set(articles(fetcher, site.url("/list"))) == {site.url("/ice")}
