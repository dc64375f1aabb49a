"""URLs of quotes: on an article's original page, and on its page here. Pure."""

import re
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

EDGE = 5
MARK = "quote"
"""The id of the marked words on an article's page."""


class QuotedRange(Protocol):
    """A citation or a kept quote: words of an article, and where they are."""

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
    """A URL at which only this citation can be read: the words on the original page, or marked on
    the article's page here. `base_url` is where the collection is served, with a trailing slash.

    A PDF is linked to its page here, since the original could only be opened at a page, which other
    citations may share.
    """
    if citation.url is not None and citation.page is None:
        return original_address(citation.url, citation.quote)
    return page_address(base_url, citation.article_id, citation.start, citation.end)


def live_address(quoted: QuotedRange) -> str | None:
    """Where the words are on their article's original page, or their page in its PDF; None if the
    article has no web address."""
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
    """The article's own URL, with a text fragment that makes browsers scroll to the quote.

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
    """`text` as a single path segment.

    >>> path_segment(".."), path_segment("a b/c")
    ('%2E%2E', 'a%20b%2Fc')
    """
    # A segment of nothing but dots would be resolved as a relative path.
    segment = quote(text, safe="")
    return segment if segment.strip(".") else segment.replace(".", "%2E")


def _encoded(text: str) -> str:
    # Hyphens and commas are syntax in a text directive, and `quote` leaves hyphens alone.
    return quote(text, safe="").replace("-", "%2D")
