"""Joins the lines of pages into one text: paragraphs whole, headers and footers apart."""

import itertools
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from vectorstore.readers.documents.page_layout import (
    PageLines,
    TextLine,
    reading_order,
    running_lines,
)
from vectorstore.types import SkippedSpan

_ENDS_SENTENCE = re.compile(r"[.!?:…][\"'\u201d\u2019)\]]*$")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)[-\u2010]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_BULLET = re.compile(r"[•▪‣◦·]\s")
_CONTINUES = re.compile(r"[\"'\u201c\u2018(]?[^\W\d_]")

# In line heights.
_PARAGRAPH_GAP = 0.5
_INDENT = 0.8
_SAME_SIZE = 0.15
_LEADING = 1.4
# A line may begin a paragraph if the line before it had room for this many times its first word.
_ROOM = 1.3

_TITLE_SIZE = 1.2
_LONGEST_TITLE = 250


@dataclass(frozen=True, slots=True)
class PagedText:
    """A text, where each page begins in it, and the headers and footers in it."""

    text: str
    starts: tuple[int, ...]
    skipped: tuple[SkippedSpan, ...]


class _Placed(NamedTuple):
    """A line and the index of its page."""

    page: int
    line: TextLine


_Paragraph = list[_Placed]


def text_of_pages(pages: Sequence[PageLines], vocabulary: Container[str] = ()) -> PagedText:
    """The text of all pages, with a blank line between paragraphs.

    A paragraph that continues on the next page is not interrupted: the footer and the header in
    between come after it. A hyphen at the end of a line is removed if it breaks a word and kept if
    it belongs to one, judging by the other words on the pages and a vocabulary (in lower case).
    """
    running = running_lines(pages)
    paragraphs = list(_across_pages(_paragraphs(pages, running)))
    words = _Words.of(paragraphs, vocabulary)
    writer = _Writer(len(pages))
    furniture = [
        (page, line) for page, (above, below) in enumerate(running) for line in (*above, *below)
    ]
    for paragraph in paragraphs:
        first = paragraph[0].page
        headers = set(map(id, running[first][0]))
        while furniture and (
            furniture[0][0] < first or (furniture[0][0] == first and id(furniture[0][1]) in headers)
        ):
            writer.skip(*furniture.pop(0))
        writer.write(paragraph, words)
    for page, line in furniture:
        writer.skip(page, line)
    return writer.finished()


def title_of_pages(pages: Sequence[PageLines]) -> str | None:
    """The headline of the first page: its largest lines, if they are larger than the text."""
    heights = [line.height for page in pages for line in page.lines for _ in line.text]
    if not heights:
        return None
    above, below = running_lines(pages)[0]
    running = {id(line) for line in (*above, *below)}
    lines = [line for line in pages[0].lines if id(line) not in running]
    largest = max((line.height for line in lines), default=0.0)
    if largest < _TITLE_SIZE * median(heights):
        return None
    title = [line for line in lines if line.height > (1 - _SAME_SIZE / 2) * largest]
    words = " ".join(line.text for line in sorted(title, key=lambda line: -line.middle))
    return words if sum(map(str.isalpha, words)) > 3 and len(words) <= _LONGEST_TITLE else None


class _Writer:
    def __init__(self, pages: int) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._starts: list[int | None] = [None] * pages
        self._skipped: list[SkippedSpan] = []

    def skip(self, page: int, line: TextLine) -> None:
        self._separate()
        self._begin(page)
        start = self._length
        self._add(line.text)
        self._skipped.append(SkippedSpan(start, self._length, "page"))

    def write(self, paragraph: _Paragraph, words: "_Words") -> None:
        self._separate()
        before = ""
        for page, line in paragraph:
            glue = _glue(before, line.text, words) if before else ""
            if glue is None:  # drop the hyphen
                self._parts[-1] = self._parts[-1][:-1]
                self._length -= 1
            self._add(glue or "")
            self._begin(page)
            self._add(line.text)
            before = line.text

    def finished(self) -> PagedText:
        text = "".join(self._parts)
        # A page without text begins where the next one does.
        starts: list[int] = []
        following = len(text)
        for start in reversed(self._starts):
            following = following if start is None else min(start, following)
            starts.append(following)
        return PagedText(text, tuple(reversed(starts)), tuple(self._skipped))

    def _separate(self) -> None:
        if self._parts:
            self._add("\n\n")

    def _begin(self, page: int) -> None:
        if self._starts[page] is None:
            self._starts[page] = self._length

    def _add(self, part: str) -> None:
        if part:
            self._parts.append(part)
            self._length += len(part)


def _paragraphs(
    pages: Sequence[PageLines], running: Sequence[tuple[list[TextLine], list[TextLine]]]
) -> Iterator[_Paragraph]:
    """The paragraphs of each column, without headers and footers."""
    for page, content in enumerate(pages):
        left_out = {id(line) for lines in running[page] for line in lines}
        body = [line for line in content.lines if id(line) not in left_out]
        for column in reading_order(body):
            yield from ([_Placed(page, line) for line in each] for each in split_paragraphs(column))


def split_paragraphs(column: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """The paragraphs of a column, whose lines are in order."""
    if not column:
        return
    left = min(line.left for line in column)
    right = max(line.right for line in column)
    steps = [a.middle - b.middle for a, b in itertools.pairwise(column)]
    leading = median(steps) if steps else 0.0
    paragraph = [column[0]]
    for before, line in itertools.pairwise(column):
        height = max(before.height, line.height)
        step = before.middle - line.middle
        indent = line.left - max(left, before.left)
        is_short = right - before.right > _ROOM * _width_of_first_word(line)
        starts = (
            before.bottom - line.top > _PARAGRAPH_GAP * height
            or (leading > 0 and step > _LEADING * leading)
            or abs(before.height - line.height) > _SAME_SIZE * height
            or (indent > _INDENT * height and _ENDS_SENTENCE.search(before.text) is not None)
            or (is_short and _ENDS_SENTENCE.search(before.text) is not None)
            or _BULLET.match(line.text) is not None
        )
        if starts:
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _width_of_first_word(line: TextLine) -> float:
    word = line.text.partition(" ")[0]
    return (line.right - line.left) * (len(word) + 1) / len(line.text)


def _across_pages(paragraphs: Iterable[_Paragraph]) -> Iterator[_Paragraph]:
    """Paragraphs joined with their continuations in the next column or on the next page."""
    whole: _Paragraph = []
    for paragraph in paragraphs:
        if whole and _goes_on(whole[-1], paragraph[0]):
            whole = [*whole, *paragraph]
            continue
        if whole:
            yield whole
        whole = paragraph
    if whole:
        yield whole


def _goes_on(last: _Placed, first: _Placed) -> bool:
    """Whether a paragraph that ends its column continues in another one."""
    if first.page == last.page and first.line.middle < last.line.middle:
        return False  # below it in the same column: a paragraph of its own
    if first.page > last.page + 1:
        return False
    height = max(last.line.height, first.line.height)
    if abs(last.line.height - first.line.height) > _SAME_SIZE * height:
        return False
    if _BROKEN_WORD.search(last.line.text):
        return first.line.text[:1].islower()
    if _ENDS_SENTENCE.search(last.line.text):
        return False
    # The sentence has not ended, so a capital may begin a name rather than a paragraph.
    return _CONTINUES.match(first.line.text) is not None and not _is_heading(last.line.text)


def _is_heading(text: str) -> bool:
    """Whether it is as short as a heading: the last line of a column seldom is otherwise."""
    return len(text) < 25


@dataclass(frozen=True, slots=True)
class _Words:
    """The words inside the lines of a document, in lower case, and a vocabulary."""

    inside: frozenset[str]
    vocabulary: Container[str]

    @classmethod
    def of(cls, paragraphs: Iterable[_Paragraph], vocabulary: Container[str]) -> "_Words":
        lines = (placed.line.text for paragraph in paragraphs for placed in paragraph)
        found = (word for line in lines for word in _WORD.findall(_BROKEN_WORD.sub("", line)))
        return cls(frozenset(each.casefold().replace("\u2010", "-") for each in found), vocabulary)

    def has_hyphen(self, first: str, second: str) -> bool:
        """Whether the parts are one hyphenated word, not a word broken at the end of a line.

        >>> words = _Words(frozenset({"well-known"}), {"state", "owned", "har", "bor", "harbor"})
        >>> [words.has_hyphen(*each.split()) for each in ("well known", "state owned", "har bor")]
        [True, True, False]
        """
        first, second = first.casefold(), second.casefold()
        if f"{first}-{second}" in self.inside:
            return True
        if first + second in self.inside or first + second in self.vocabulary:
            return False
        return first in self.vocabulary and second in self.vocabulary


def _glue(before: str, after: str, words: _Words) -> str | None:
    """What joins two lines of a paragraph; None if the hyphen between them must be removed."""
    broken = _BROKEN_WORD.search(before)
    if broken:
        second = _WORD.match(after)
        if not after[:1].islower() or second is None:
            return ""
        return "" if words.has_hyphen(broken[1], second[0]) else None
    if _is_wide(before[-1]) and _is_wide(after[0]):
        return ""  # Chinese and Japanese have no spaces
    return " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
