"""Lists of articles: RSS, Atom and JSON feeds, and sitemaps."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

from vectorstore.fetching.decompression import Decompressor, TooLarge
from vectorstore.readers import Unreadable
from vectorstore.readers.metadata import clean, web_address
from vectorstore.readers.publication_date import parse_published

if TYPE_CHECKING:
    from lxml.etree import _Element as XmlElement

MOST_LISTED = 1_000
"""Of a longer list, the newest are kept."""

_MOST_BYTES = 50_000_000
_HEAD = 2_000
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_XML_ROOTS = (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex", b":urlset", b":feed")


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """What a list says about one article. `address` is None for an entry without a link; `html` is
    the text that a feed includes; `key` identifies an entry within its feed."""

    address: str | None
    key: str
    updated: str | None = None
    title: str | None = None
    published: date | None = None
    author: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of articles, the newest first if it has dates; `nested` are further sitemaps."""

    kind: Literal["feed", "sitemap"]
    title: str | None
    entries: tuple[ListingEntry, ...]
    nested: tuple[str, ...] = ()
    left_out: int = 0
    """How many older entries are not in `entries`."""
    unread: tuple[Unreadable, ...] = ()
    """Nested sitemaps whose entries are not in `entries`, and why."""


def read_listing(data: bytes, address: str) -> Listing | None:
    """The feed or sitemap fetched from `address`; None if it is neither.

    Raises ValueError, with a sentence as its message, if it is damaged.
    """
    data = _decompressed(data)
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"{"):
        return _feed(data, address) if b"jsonfeed.org" in head else None
    if not head.startswith(b"<") or not any(root in head for root in _XML_ROOTS):
        return None
    if b"<html" in head or b"<!doctype html" in head:
        return None
    if b"urlset" in head or b"sitemapindex" in head:
        return _sitemap(data, address)
    return _feed(data, address)


def feed_named_in(page: bytes, address: str) -> str | None:
    """The address of the first feed that a web page links to in its head."""
    from lxml import etree
    from lxml.html import document_fromstring

    try:
        links = document_fromstring(page).iterfind(".//link")
    except (etree.ParserError, ValueError):
        return None
    for link in links:
        is_feed = link.get("type", "").lower() in _FEED_TYPES
        if is_feed and "alternate" in link.get("rel", "").split():
            return _absolute(address, link.get("href", ""))
    return None


def _feed(data: bytes, address: str) -> Listing:
    import fastfeedparser

    try:
        # Bytes are always parsed; a string might be an address, which would be fetched.
        feed: Any = fastfeedparser.parse(data)
        entries = [_entry(each, address) for each in feed["entries"]]
        title = clean(feed["feed"].get("title"))
    except Exception as error:  # a damaged feed may fail anywhere in the parser
        raise ValueError("The feed is damaged and cannot be read. Try again later.") from error
    kept, left_out = _newest(each for each in entries if each.address or each.html)
    return Listing("feed", title, kept, left_out=left_out)


def _entry(entry: Any, address: str) -> ListingEntry:
    link = _absolute(address, str(entry["link"])) if entry.get("link") else None
    bodies = [each.get("value") or "" for each in entry.get("content") or ()]
    html = max([*bodies, entry.get("description") or ""], key=len)
    updated = entry.get("updated") or entry.get("published")
    key = entry.get("id") or link or entry.get("title") or html[:200]
    return ListingEntry(
        link,
        str(key),
        updated and str(updated),
        clean(entry.get("title")),
        parse_published(entry.get("published") or entry.get("updated")),
        clean(entry.get("author")),
        html or None,
    )


def _sitemap(data: bytes, address: str) -> Listing:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise ValueError("The sitemap is damaged and cannot be read. Try again later.")
    found: list[ListingEntry] = []
    nested: list[str] = []
    for element in root:
        said = _texts(element)
        location = _absolute(address, said.get("loc", ""))
        if location is None:
            continue
        if said["tag"] == "sitemap":
            nested.append(location)
        else:
            found.append(
                ListingEntry(
                    location,
                    location,
                    said.get("lastmod"),
                    published=parse_published(said.get("publication_date")),
                )
            )
    kept, left_out = _newest(found)
    return Listing("sitemap", None, kept, tuple(nested), left_out)


def _absolute(base: str, link: str) -> str | None:
    """The address that a link leads to; None if it is not a web address."""
    try:
        return web_address(urljoin(base, link.strip()))
    except ValueError:
        return None


def _texts(element: "XmlElement") -> dict[str, str]:
    """The texts of an element's descendants by element name, and its own name as `tag`."""
    said = {
        str(each.tag).rpartition("}")[2]: (each.text or "").strip()
        for each in element.iterdescendants()
    }
    return {**said, "tag": str(element.tag).rpartition("}")[2]}


def _newest(entries: Iterable[ListingEntry]) -> tuple[tuple[ListingEntry, ...], int]:
    """The newest entries, those without a date last, and how many more there are."""
    by_key = {each.key: each for each in entries}
    newest = sorted(by_key.values(), key=lambda each: each.updated or "", reverse=True)
    return tuple(newest[:MOST_LISTED]), max(0, len(newest) - MOST_LISTED)


def _decompressed(data: bytes) -> bytes:
    """Sitemaps are often served as gzip files."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    body = Decompressor("gzip", _MOST_BYTES)
    try:
        body.feed(data)
        return body.finish()
    except (zlib.error, TooLarge):
        return data
