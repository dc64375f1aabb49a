"""HTML that is an article as a whole, such as a chapter or a newsletter: all of its text.

For pages with menus and footers around an article, see `html_reader`.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def plain_text(page: bytes | str) -> str:
    """The page's text, with a blank line between paragraphs; empty if none, or if not HTML."""
    from html_text import extract_text
    from html_text.html_text import cleaner

    tree = _tree(page)
    if tree is None:
        return ""
    text = extract_text(cleaner.clean_html(tree), guess_layout=True)
    return _BLANK_LINES.sub("\n\n", text).strip()


def heading_of(page: bytes | str) -> str | None:
    """The text of the first heading of the highest level present."""
    tree = _tree(page)
    if tree is None:
        return None
    for level in ("h1", "h2", "h3"):
        for heading in tree.iter(level):
            if words := " ".join(heading.text_content().split()):
                return words
    return None


def _tree(page: bytes | str) -> "HtmlElement | None":
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if isinstance(page, str):
        # lxml rejects an encoding declaration in decoded text.
        page = _XML_DECLARATION.sub("", page).encode("utf-8", "replace")
    try:
        tree = document_fromstring(page, parser=HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return None
    return tree.find("body")
