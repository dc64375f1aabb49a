"""Article text as HTML. Pure."""

from html import escape

CONTROL_NAMES = {
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
_CONTROLS = str.maketrans(
    {
        character: f'<span class="control" data-name="{name}"></span>'
        for character, name in CONTROL_NAMES.items()
    }
)


def shown(text: str) -> str:
    """Text as HTML. Characters that would reorder it are replaced by their names.

    >>> shown("<b> & \\u202e")
    '&lt;b&gt; &amp; <span class="control" data-name="RLO"></span>'
    """
    return escape(text).translate(_CONTROLS)


def link(address: str, words: str) -> str:
    """
    >>> link("/a?b=1&c=2", "Original")
    '<a href="/a?b=1&amp;c=2" rel="noreferrer">Original</a>'
    """
    return f'<a href="{escape(address, quote=True)}" rel="noreferrer">{shown(words)}</a>'
