"""Turns the characters on a page into lines in reading order; finds its headers and footers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import median
from typing import NamedTuple

# PDFium's mark for a hyphen at the end of a line.
_HYPHEN = 2
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0xA0: " ",
}
# In line heights: beyond these, a character does not continue the line.
_WIDEST_SPACE = 1.5
_SAME_HEIGHT = 0.5

_FEWEST_LINES_IN_A_COLUMN = 4
_SHORTEST_LINE_IN_A_COLUMN = 15
_MOST_LINES_ACROSS = 0.25
_NARROWEST_GUTTER = 0.6
# A page with more pieces of text than any newspaper, such as a map, is not searched for columns.
_MOST_LINES = 2_000

# The share of a page's height, at the top and at the bottom, where headers and footers are.
_MARGIN = 0.13
_LINES_IN_A_MARGIN = 6
_PAGE_NUMBER = re.compile(
    r"[-–—|·\s]*(?:(?:page|seite|p\.)\s*)?\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?[-–—|·\s]*",
    re.IGNORECASE,
)


class Character(NamedTuple):
    """A character's UTF-16 code unit, and its box in points; the page's origin is bottom left."""

    code: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """A piece of a line of text, and its box."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of a page, in any order; `is_picture` if it has pictures but no text."""

    lines: tuple[TextLine, ...]
    width: float
    height: float
    is_picture: bool = False


def split_lines(characters: Iterable[Character]) -> list[TextLine]:
    """The lines formed by characters in file order, split where the text jumps."""
    lines: list[TextLine] = []
    run: list[Character] = []
    units: list[int] = []

    def finish() -> None:
        encoded = b"".join(unit.to_bytes(2, "little") for unit in units)
        text = encoded.decode("utf-16-le", "replace").translate(_LIGATURES)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if text and run:
            lines.append(
                TextLine(
                    text,
                    min(each.left for each in run),
                    median(each.bottom for each in run),
                    max(each.right for each in run),
                    median(each.top for each in run),
                )
            )
        run.clear()
        units.clear()

    for each in characters:
        if each.code in (10, 13):
            finish()
            continue
        visible = each.code > 32 or each.code == _HYPHEN
        if visible and run and _jumps(run[-1], each):
            finish()
        if visible and each.top > each.bottom:
            run.append(each)
        # A soft hyphen is visible only at the end of a line.
        units.append(ord("-") if each.code in (_HYPHEN, 0xAD) else min(each.code, 0xFFFF))
    finish()
    return lines


def _jumps(before: Character, after: Character) -> bool:
    height = max(before.top - before.bottom, after.top - after.bottom)
    middles = (before.top + before.bottom) / 2, (after.top + after.bottom) / 2
    return (
        abs(middles[0] - middles[1]) > _SAME_HEIGHT * height
        or after.left - before.right > _WIDEST_SPACE * height
        or after.right < before.left - height
    )


def reading_order(lines: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """The columns of lines in reading order, each from top to bottom.

    A line across the gutter, such as a headline, separates the columns above it from those below.
    """
    gutter = _gutter(lines)
    if gutter is None:
        if lines:
            yield _rows(lines)
        return
    across: list[TextLine] = []
    left: list[TextLine] = []
    right: list[TextLine] = []
    for line in sorted(lines, key=lambda line: -line.middle):
        if line.left < gutter < line.right:
            if left or right:
                yield from reading_order(left)
                yield from reading_order(right)
                left, right = [], []
            across.append(line)
            continue
        if across:
            yield _rows(across)
            across = []
        (left if line.right <= gutter else right).append(line)
    if across:
        yield _rows(across)
    yield from reading_order(left)
    yield from reading_order(right)


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Of the vertical gaps between columns of prose, the middle of the one that the fewest lines
    cross; of several such gaps, of the widest."""
    if not 2 * _FEWEST_LINES_IN_A_COLUMN <= len(lines) <= _MOST_LINES:
        return None
    narrowest = _NARROWEST_GUTTER * median(line.height for line in lines)
    edges = sorted({line.left for line in lines} | {line.right for line in lines})
    gaps = []
    for start, end in pairwise(edges):
        middle = (start + end) / 2
        crossing = sum(line.left < middle < line.right for line in lines)
        if end - start >= narrowest and crossing <= _MOST_LINES_ACROSS * len(lines):
            gaps.append((crossing, start - end, middle))
    return next((middle for *_, middle in sorted(gaps) if _divides(lines, middle)), None)


def _divides(lines: Sequence[TextLine], middle: float) -> bool:
    """Whether there is prose on both sides, at the same height."""
    left = [line for line in lines if line.right <= middle]
    right = [line for line in lines if line.left >= middle]
    for side in (left, right):
        if len(side) < _FEWEST_LINES_IN_A_COLUMN:
            return False
        if median(len(line.text) for line in side) < _SHORTEST_LINE_IN_A_COLUMN:
            return False
    top = min(max(line.top for line in left), max(line.top for line in right))
    bottom = max(min(line.bottom for line in left), min(line.bottom for line in right))
    shorter = min(
        max(line.top for line in side) - min(line.bottom for line in side) for side in (left, right)
    )
    return top - bottom > shorter / 2


def _rows(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines from top to bottom; pieces at the same height become one line."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (-line.middle, line.left)):
        last = rows[-1][-1] if rows else None
        if last and abs(last.middle - line.middle) < _SAME_HEIGHT * min(last.height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_joined(sorted(row, key=lambda line: line.left)) for row in rows]


def _joined(row: Sequence[TextLine]) -> TextLine:
    if len(row) == 1:
        return row[0]
    return TextLine(
        " ".join(line.text for line in row),
        row[0].left,
        min(line.bottom for line in row),
        max(line.right for line in row),
        max(line.top for line in row),
    )


def running_lines(pages: Sequence[PageLines]) -> list[tuple[list[TextLine], list[TextLine]]]:
    """The headers and footers of each page: page numbers, and lines that several pages repeat at
    the same height, if only such lines lie between them and the edge of the page."""
    margins = [_margins(page) for page in pages]
    seen = Counter(
        key for above, below in margins for key in {_key(line) for line in (*above, *below)}
    )
    least = 2 if len(pages) <= 4 else 3

    def running(line: TextLine) -> bool:
        return seen[_key(line)] >= least or _PAGE_NUMBER.fullmatch(line.text) is not None

    return [
        (list(takewhile(running, above)), list(takewhile(running, below))[::-1])
        for above, below in margins
    ]


def _margins(page: PageLines) -> tuple[list[TextLine], list[TextLine]]:
    """The lines where headers and footers would be, those nearest the edge first."""
    lines = sorted(page.lines, key=lambda line: -line.middle)
    top, bottom = (1 - _MARGIN) * page.height, _MARGIN * page.height
    above = [line for line in lines[:_LINES_IN_A_MARGIN] if line.middle > top]
    below = [line for line in lines[: -_LINES_IN_A_MARGIN - 1 : -1] if line.middle < bottom]
    return above, below


def _key(line: TextLine) -> tuple[str, int, int]:
    """Equal for one header on different pages: its numbers differ, its size and position do not."""
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.height), round(line.middle / 4)
