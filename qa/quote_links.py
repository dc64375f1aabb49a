"""Addresses of quotes: on the original page of an article, and on its page here. Pure."""

import re
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

EDGE = 5
MARK = "quote"
"""The id of the marked words on an article's page."""


class QuotedRange(Protocol):
    """A citation, or a quote that is kept: words of an article, and where they are."""

    @property
    def article_id(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def quote(self) -> str: ...
    @property
    def page(self) -> int | None: ...
    @property
    def url(self) -> str | None: ...


def cited_address(citation: QuotedRange, base_url: str) -> str:
    """Where a citation can be read, an address of its own: the words on the original page, or
    marked on the article's page here. `base_url` is where the collection is served, with a slash.

    A PDF is linked to here, since the original could be opened at the page only, which other
    citations may share.
    """
    if citation.url is not None and citation.page is None:
        return original_address(citation.url, citation.quote)
    return page_address(base_url, citation.article_id, citation.start, citation.end)


def live_address(quoted: QuotedRange) -> str | None:
    """Where the words are on the original page of their article, or on the page of its PDF; None if
    the article has no address on the web."""
    if quoted.url is None or urlsplit(quoted.url).scheme not in ("http", "https"):
        return None
    if quoted.page is None:
        return original_address(quoted.url, quoted.quote)
    return urlunsplit(urlsplit(quoted.url)._replace(fragment=f"page={quoted.page}"))


def page_address(base_url: str, article_id: str, start: int, end: int) -> str:
    """The page of an article here, with the range [start, end) marked.

    >>> page_address("http://localhost/", "a/b.txt", 8, 15)
    'http://localhost/articles/a%2Fb.txt?start=8&end=15#quote'
    """
    return f"{base_url}articles/{path_segment(article_id)}?start={start}&end={end}#{MARK}"


def original_address(url: str, quoted: str) -> str:
    """The article's own URL, with a text fragment for the quote, by which browsers scroll to it.

    https://wicg.github.io/scroll-to-text-fragment/

    >>> original_address("https://example.org/a#top", "Dry cellar.")
    'https://example.org/a#top:~:text=Dry%20cellar.'
    """
    parts = urlsplit(url)
    fragment = f"{parts.fragment}:~:text={text_fragment(quoted)}"
    return urlunsplit(parts._replace(fragment=fragment))


def text_fragment(quoted: str) -> str:
    """A quote as a text directive: all of it if it is short, else its first and last words.

    >>> text_fragment("a well-kept, dry cellar")
    'a%20well%2Dkept%2C%20dry%20cellar'
    >>> text_fragment("one two three four five six seven eight nine ten eleven")
    'one%20two%20three%20four%20five,seven%20eight%20nine%20ten%20eleven'
    """
    words = quoted.split()
    if len(words) <= 2 * EDGE and not re.search(r"[\r\n]", quoted.strip()):
        return _encoded(" ".join(words))
    return f"{_encoded(' '.join(words[:EDGE]))},{_encoded(' '.join(words[-EDGE:]))}"


def path_segment(text: str) -> str:
    """`text` as one segment of a path.

    >>> path_segment(".."), path_segment("a b/c")
    ('%2E%2E', 'a%20b%2Fc')
    """
    # A segment made of dots would be resolved as a relative path.
    segment = quote(text, safe="")
    return segment if segment.strip(".") else segment.replace(".", "%2E")


def _encoded(text: str) -> str:
    # Hyphens and commas are syntax in a text directive, and `quote` leaves hyphens alone.
    return quote(text, safe="").replace("-", "%2D")
