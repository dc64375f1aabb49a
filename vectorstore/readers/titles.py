"""A title for an article that has only its text."""

import re
from collections.abc import Sequence

from vectorstore.types import Span

_LONGEST_HEADING = 120
_LONGEST_TITLE = 200
_SHORTEST_SENTENCE = 25

_ENDS_LIKE_PROSE = re.compile(r"[.!?:;,…][\"'\u201d\u2019)]*$")
_BLANK_LINE = re.compile(r"[^\S\r\n]*(?:\r\n|[\r\n])[^\S\r\n]*(?:\r\n|[\r\n]|\Z)|\s*\Z")
_SENTENCE_END = re.compile(
    r"(?:(?<![.!?…])[.!?…]++[\"'\u201d\u2019)\]]*(?=\s+[\"'\u201c\u2018(\[]?[^\W_a-z])"
    r"|[。\uff01\uff1f]+[」』\u201d]?)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:\w|Mr|Mrs|Ms|Dr|Prof|Rev|Hon|St|Gen|Lt|Col|Maj|Capt|Sgt|Cpl|Adm|Cmdr|Sen|Rep|Gov|Pres"
    r"|Sr|Jr|No|Nos|vs|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|U\.S|U\.K|U\.N|D\.C"
    r"|e\.g|i\.e|a\.m|p\.m))\.$"
)
# LIMA, Peru (Reuters) - and MADRID, Spain --
_DATELINE = re.compile(
    r"(?:[^.!?\n(]{0,60}\([A-Z][\w. ]{1,20}\)|[A-Z][A-Z .']{2,30}(?:, [A-Z][\w. ]{1,30}){0,2})"
    r"\s*(?:--|[-\u2013\u2014])\s+"
)


def title_of(text: str, paragraphs: Sequence[Span]) -> str:
    """The heading that the prose begins with, or else its first sentence, shortened if long.

    `paragraphs` holds only prose. The title is empty if there are none.
    """
    if not paragraphs:
        return ""
    first = paragraphs[0]
    words = first.of(text[: first.start + 50 * _LONGEST_TITLE])
    if _is_heading(text, first):
        return words
    dateline = _DATELINE.match(words)
    return shortened(first_sentence(words[dateline.end() :] if dateline else words))


def _is_heading(text: str, paragraph: Span) -> bool:
    """Whether it is a short line not punctuated like a sentence, followed by a blank line."""
    length = paragraph.end - paragraph.start
    return (
        length <= _LONGEST_HEADING
        and not _ENDS_LIKE_PROSE.search(paragraph.of(text))
        and _BLANK_LINE.match(text, paragraph.end) is not None
        and paragraph.end < len(text.rstrip())
    )


def first_sentence(paragraph: str) -> str:
    """The first sentence, found well enough for a title: retrieval and citation do not use it.

    >>> first_sentence("Mr. Lee of Binance.US left in a hurry. He did not say why.")
    'Mr. Lee of Binance.US left in a hurry.'
    """
    for match in _SENTENCE_END.finditer(paragraph):
        upto = paragraph[: match.end()]
        if match.end() >= _SHORTEST_SENTENCE and not _ABBREVIATION.search(upto[-12:]):
            return upto
        if match.end() > 2 * _LONGEST_TITLE:
            return upto
    return paragraph


def shortened(title: str) -> str:
    """The title on one line, cut after a word if it is longer than 200 characters."""
    title = " ".join(title[: 50 * _LONGEST_TITLE].split())
    if len(title) <= _LONGEST_TITLE:
        return title
    cut = title[: _LONGEST_TITLE - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:-\u2013\u2014") + "…"
