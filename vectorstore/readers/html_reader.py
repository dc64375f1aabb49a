"""Web pages: the main text and its metadata, without the page around it."""

import copy
import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import FileMetadata, clean, web_address
from vectorstore.readers.parsed_article import ParsedArticle, ParseFailure, read_whole
from vectorstore.readers.publication_date import parse_published

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_CHARSET_WITHIN = 4096
# Finding the main text takes seconds per megabyte in a page with very many elements.
_LONGEST_PAGE = 20_000_000
_DATES: dict[str, Any] = {
    "extensive_search": False,
    "original_date": True,
    "min_date": "1900-01-01",
}
_NOT_AN_ARTICLE = (
    "No main text was found in the page. If there is one, save it as text or Markdown."
)

# Where a page states its date, as opposed to the dates that its prose mentions.
_STATES_A_DATE = (
    "//script[@type='application/ld+json'] | //time | //abbr[@title]"
    " | //*[@itemprop='datePublished']"
    " | //*[contains(@class, 'date') or contains(@class, 'publish') or contains(@class, 'posted')"
    " or contains(@class, 'byline') or contains(@class, 'timestamp') or contains(@id, 'date')]"
    "[string-length(.) < 200]"
)


def read_html(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: what trafilatura considers the main text, with a blank line between blocks."""
    max_bytes = min(max_bytes, _LONGEST_PAGE)
    data = read_whole(file, max_bytes)
    charset = _CHARSET.search(data[:_CHARSET_WITHIN])
    page = decode(data, charset[1].decode("ascii", "replace") if charset else None)
    yield _extract(page, max_bytes)


def _extract(page: str, max_bytes: int) -> ParsedArticle | ParseFailure:
    # Imported with the first page: the import takes longer than reading a thousand text files.
    from trafilatura import bare_extraction, load_html
    from trafilatura.settings import Document

    # What it logs is returned here, and reported by the caller.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    try:
        tree = load_html(page, max_size=max_bytes)
        if tree is None:
            return ParseFailure(_NOT_AN_ARTICLE)
        document = bare_extraction(
            tree, include_comments=False, with_metadata=True, date_extraction_params=_DATES
        )
        if not isinstance(document, Document):
            return ParseFailure(_NOT_AN_ARTICLE)
        precise = bare_extraction(tree, include_comments=False, favor_precision=True)
        lines = _lines(document)
        if isinstance(precise, Document) and precise.text:
            lines = _with_headline(_lines(precise), lines, document.title)
        published = _stated_date(tree, document.url)
    except Exception:  # noqa: BLE001  # a malformed page may fail anywhere; only that page is lost
        return ParseFailure(_NOT_AN_ARTICLE)
    url = web_address(document.url)
    return ParsedArticle(
        "\n\n".join(lines),
        FileMetadata(
            title=clean(document.title) or "",
            published=published,
            source=clean(document.sitename),
            author=clean(document.author),
            # Some pages give the address of the site's front page as their own.
            url=url if url and (urlsplit(url).path.strip("/") or urlsplit(url).query) else None,
        ),
    )


def _lines(document: "Document") -> list[str]:
    lines = (line.rstrip() for line in (document.text or "").splitlines())
    return [line for line in lines if line]


def _with_headline(precise: list[str], whole: list[str], title: str | None) -> list[str]:
    """The lines without what surrounds the article, but with its headline, which precise extraction
    drops from some pages."""
    headline = whole[:1] if whole and whole[0].casefold() == (title or "").casefold() else []
    return precise if headline == precise[:1] else headline + precise


def _stated_date(tree: "HtmlElement", url: str | None) -> date | None:
    """The day of publication that the page states, never a date that its prose mentions."""
    from htmldate import find_date
    from lxml.html import Element

    stated = Element("html")
    stated.extend(copy.deepcopy(head) for head in tree.iterfind("head"))
    body = Element("body")
    body.extend(copy.deepcopy(element) for element in tree.xpath(_STATES_A_DATE)[:100])
    stated.append(body)
    return parse_published(find_date(stated, url=url, **_DATES))
