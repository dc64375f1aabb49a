"""Turns model output into plain text without links, images, markup or hidden characters."""

import re
import unicodedata
from collections.abc import Collection

_TARGET = r"\(((?:[^()\n]|\([^()\n]*\))*)\)"
_LINK = re.compile(rf"!?\[([^\]\n]*)\]{_TARGET}")
_IMAGE = re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)?|\[[^\]\n]*\])?")
_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])[^<>]*>?")
_ADDRESS = re.compile(
    r"\b(?:(?:[a-z][a-z0-9+.-]{1,20}:/+|www\.)[^\s<>\"”’]*"
    r"|(?:javascript|data|vbscript|mailto|tel|blob|file):[^\s<>\"”’]+)",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_KEPT_MARKS = {"\u200c", "\u200d"}
"""Joiners, which some scripts and emoji need."""


def plain_text(text: str, addresses: Collection[str] = ()) -> str:
    """`text` with links replaced by their labels, and without images, tags and hidden characters.

    URLs in `addresses` are kept, as plain text.

    >>> plain_text("See [this](https://evil.example) <b>now</b>, **all** of it.")
    'See this now, all of it.'
    """
    previous = None
    text = visible(text)
    while text != previous:
        previous = text
        text = _IMAGE.sub("", text)
        text = _LINK.sub(lambda m: m[1] if m[2] not in addresses else f"{m[1]} {m[2]}", text)
        text = _TAG.sub("", _SCRIPT.sub("", text))
        text = _ADDRESS.sub(lambda m: _known(m[0], addresses), text)
        text = text.replace("](", "] (").replace("![", "[").replace("]:", "] :")
    return re.sub(r"[ \t]{2,}", " ", _EMPHASIS.sub("", text))


def _known(address: str, addresses: Collection[str]) -> str:
    bare = address.rstrip(".,;:!?)")
    return address if bare in addresses else address[len(bare) :]


def visible(text: str) -> str:
    """`text` without control, bidirectional, invisible and private-use characters."""
    return "".join(
        c for c in text if c in "\n\t" or c in _KEPT_MARKS or unicodedata.category(c) not in _HIDDEN
    )


_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
