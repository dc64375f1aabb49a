"""Splits text into paragraphs, and fingerprints them to recognise repeated ones."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from vectorstore.types import Span

_LINE = re.compile(r"[^\r\n\u2028\u2029]+")
_LINE_END = re.compile(r"\r\n|[\r\n\u2028\u2029]")
_ENDS_SENTENCE = re.compile(r"[.!?…:][\"'\u201d\u2019»)\]]*$")
_SAME_CHARACTER = str.maketrans(
    "\u2018\u2019\u201a\u201b\u201c\u201d„‟«»\u2013\u2014\u2010\u2011\u2012\u2015",
    '\'\'\'\'""""""------',
)

_WIDEST_WRAPPED_LINE = 120
_MOST_WRAPPED_LINES = 500
_FEWEST_CHARACTERS_TO_RECOGNISE = 25


def paragraph_spans(text: str, start: int = 0) -> list[Span]:
    r"""The paragraphs of `text` from `start` on: in order, disjoint and stripped.

    A blank line ends a paragraph, and so does a line break, unless the lines are hard-wrapped.
    Takes linear time.

    >>> [span.of("One.\nTwo.\n\nThree") for span in paragraph_spans("One.\nTwo.\n\nThree")]
    ['One.', 'Two.', 'Three']
    """
    return [
        paragraph
        for lines in _blocks(text, start)
        for paragraph in ([Span(lines[0].start, lines[-1].end)] if _wrapped(text, lines) else lines)
    ]


def _blocks(text: str, start: int) -> Iterator[list[Span]]:
    """Runs of lines with no blank line between them, without surrounding whitespace."""
    lines: list[Span] = []
    reached = start
    for match in _LINE.finditer(text, start):
        words = match.group()
        stripped = words.strip()
        blank = len(_LINE_END.findall(text, reached, match.start())) > 1
        if (blank or not stripped) and lines:
            yield lines
            lines = []
        if stripped:
            first = match.start() + len(words) - len(words.lstrip())
            lines.append(Span(first, first + len(stripped)))
        reached = match.end()
    if lines:
        yield lines


def _wrapped(text: str, lines: list[Span]) -> bool:
    """Whether these lines are one hard-wrapped paragraph.

    If so, no line has room for the first word of the next, and most end mid-sentence.
    """
    if not 1 < len(lines) <= _MOST_WRAPPED_LINES:
        return False
    width = max(line.end - line.start for line in lines)
    if width > _WIDEST_WRAPPED_LINE:
        return False
    mid_sentence = 0
    for line, following in pairwise(lines):
        first_word = following.of(text).split(None, 1)[0]
        if line.end - line.start + 1 + len(first_word) <= width:
            return False
        mid_sentence += not _ENDS_SENTENCE.search(line.of(text))
    return 2 * mid_sentence >= len(lines) - 1


def paragraph_fingerprint(paragraph: str) -> str | None:
    """32 hex digits, equal for paragraphs that differ only in case, spacing, quotes and dashes.

    None if the paragraph is too short: a few words may recur without being boilerplate.
    """
    plain = unicodedata.normalize("NFKC", paragraph).translate(_SAME_CHARACTER).casefold()
    words = " ".join(plain.split())
    if len(words) < _FEWEST_CHARACTERS_TO_RECOGNISE:
        return None
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
