"""Plots as inline SVG: pure functions from numbers to markup.

Colours and fonts come from the page's style sheet (classes `s1`, `s2`, `axis`, ...), so that one
plot serves a light and a dark page. Every mark has a title, which browsers show on hover.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 290
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 14, 44
ROW = 30


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line, the ends of its interval if it has one, and what it says on hover."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`style` is the class of its colour; `dots` whether its points are drawn."""

    points: tuple[Dot, ...]
    style: str
    dots: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled vertical line (at x) or, with y, a labelled point."""

    label: str
    x: float
    y: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a plot of intervals."""

    label: str
    value: float
    low: float | None
    high: float | None
    count: int


def line_chart(
    lines: Sequence[Line],
    *,
    summary: str,
    x_label: str,
    x_ticks: Sequence[tuple[float, str]],
    y_top: float = 1.0,
    y_name: Callable[[float], str] = "{:.0%}".format,
    marks: Sequence[Mark] = (),
) -> str:
    """Lines over values from 0 to `y_top`, shares unless `y_name` says otherwise; x runs from the
    first tick to the last."""
    across = _scale(x_ticks[0][0], x_ticks[-1][0], LEFT, WIDTH - RIGHT)
    up = _scale(0, y_top, HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(up, y_top, y_name), _x_axis(across, x_ticks, x_label)]
    for line in lines:
        parts.append(_band(line, across, up))
        path = " ".join(f"{across(p.x):.1f},{up(p.y):.1f}" for p in line.points)
        parts.append(f'<polyline class="line {line.style}" points="{path}"/>')
        if line.dots:
            parts.extend(
                f'<circle class="dot {line.style}" cx="{across(p.x):.1f}" cy="{up(p.y):.1f}" '
                f'r="4"><title>{escape(p.title)}</title></circle>'
                for p in line.points
            )
    parts.extend(_mark(mark, row, across, up) for row, mark in enumerate(marks))
    return _svg(parts, HEIGHT, summary)


NARROWEST = 1e-3
"""The least width of a histogram: below it, dividing by the width would lose all precision."""


def histogram(
    values: Sequence[float],
    *,
    summary: str,
    x_label: str,
    marks: Sequence[Mark] = (),
    bins: int = 32,
) -> str:
    """How many values fall in each of `bins` equal bins, of which the last also counts those beyond
    the axis; it ends at the 99th percentile, rounded up."""
    end = round_up(max(NARROWEST, sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]))
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(value / end * bins))] += 1
    top = max(counts)
    across = _scale(0, end, LEFT, WIDTH - RIGHT)
    up = _scale(0, top * 1.3, HEIGHT - BOTTOM, TOP)
    ticks = [(end * part / 4, f"{end * part / 4:g}") for part in range(5)]
    parts = [_x_axis(across, ticks, x_label)]
    for place, count in enumerate(counts):
        left, right = across(end * place / bins), across(end * (place + 1) / bins)
        said = f"{count} between {end * place / bins:g} and {end * (place + 1) / bins:g} ms"
        if place == bins - 1:
            said = f"{count} above {end * place / bins:g} ms"
        parts.append(
            f'<rect class="bar s1" x="{left + 0.5:.1f}" y="{up(count):.1f}" '
            f'width="{right - left - 1:.1f}" height="{up(0) - up(count):.1f}">'
            f"<title>{escape(said)}</title></rect>"
        )
    parts.extend(_mark(mark, row, across, up) for row, mark in enumerate(marks))
    return _svg(parts, HEIGHT, summary)


def interval_chart(bars: Sequence[Bar], *, summary: str) -> str:
    """Each row a share with its interval, from 0 to 1."""
    left = 150
    height = TOP + ROW * len(bars) + BOTTOM - 14
    across = _scale(0, 1, left, WIDTH - RIGHT)
    bottom = height - BOTTOM + 14
    parts = [
        f'<line class="grid" x1="{across(t / 4):.1f}" x2="{across(t / 4):.1f}" y1="{TOP}" '
        f'y2="{bottom}"/><text class="tick" text-anchor="middle" x="{across(t / 4):.1f}" '
        f'y="{bottom + 18}">{t * 25}%</text>'
        for t in range(5)
    ]
    for row, bar in enumerate(bars):
        y = TOP + ROW * row + ROW / 2
        said = f"{bar.label}: {bar.value:.1%} of {bar.count}"
        if bar.low is not None and bar.high is not None:
            said += f", 95% interval {bar.low:.1%} to {bar.high:.1%}"
            parts.append(
                f'<line class="whisker s1" x1="{across(bar.low):.1f}" x2="{across(bar.high):.1f}" '
                f'y1="{y}" y2="{y}"/>'
            )
        parts.append(
            f'<text class="label" text-anchor="end" x="{left - 12}" y="{y + 4.5}">'
            f'{escape(bar.label)}<tspan class="tick" dx="5">{bar.count}</tspan></text>'
            f'<circle class="dot s1" cx="{across(bar.value):.1f}" cy="{y}" r="5">'
            f"<title>{escape(said)}</title></circle>"
        )
    return _svg(parts, height, summary)


def _scale(start: float, end: float, first: float, last: float) -> Callable[[float], float]:
    """Maps [start, end] to [first, last], and values outside to the nearer end."""
    width = (end - start) or 1.0

    def place(value: float) -> float:
        share = min(1.0, max(0.0, (value - start) / width))
        return first + share * (last - first)

    return place


def _y_axis(up: Callable[[float], float], top: float, name: Callable[[float], str]) -> str:
    ticks = [top * part / 4 for part in range(5)]
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(t):.1f}" y2="{up(t):.1f}"/>'
        f'<text class="tick" text-anchor="end" x="{LEFT - 8}" y="{up(t) + 4.5:.1f}">'
        f"{name(t)}</text>"
        for t in ticks
    )


def _x_axis(
    across: Callable[[float], float], ticks: Sequence[tuple[float, str]], label: str
) -> str:
    bottom = HEIGHT - BOTTOM
    marks = "".join(
        f'<text class="tick" text-anchor="middle" x="{across(x):.1f}" y="{bottom + 18}">'
        f"{escape(name)}</text>"
        for x, name in ticks
    )
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>{marks}'
        f'<text class="label" text-anchor="middle" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" '
        f'y="{HEIGHT - 6}">{escape(label)}</text>'
    )


def _band(line: Line, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    known = [(p.x, p.low, p.high) for p in line.points if p.low is not None and p.high is not None]
    if len(known) < 2:
        return ""
    above = [f"{across(x):.1f},{up(high):.1f}" for x, _, high in known]
    below = [f"{across(x):.1f},{up(low):.1f}" for x, low, _ in reversed(known)]
    return f'<polygon class="band {line.style}" points="{" ".join(above + below)}"/>'


def _mark(
    mark: Mark, row: int, across: Callable[[float], float], up: Callable[[float], float]
) -> str:
    x = across(mark.x)
    # A label near the right edge is written to the left of its mark.
    anchor, shift = ("end", -7) if x > WIDTH * 0.74 else ("start", 7)
    if mark.y is None:
        shape = f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        # Each label is a row lower, so that those of lines close together do not overlap.
        y = TOP + 10.0 + 17 * row
    else:
        y = up(mark.y)
        shape = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        y -= 14
    return (
        f'{shape}<text class="label" text-anchor="{anchor}" x="{x + shift:.1f}" y="{y:.1f}">'
        f"{escape(mark.label)}</text>"
    )


def round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 8, 10 times a power of ten.

    >>> round_up(163.0), round_up(0.3)
    (200.0, 0.4)
    """
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value > 0:
        power /= 10
    return next((power * step for step in (1, 2, 4, 5, 8, 10) if power * step >= value), power)


def _svg(parts: Sequence[str], height: float, summary: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(summary)}">'
        f"{''.join(parts)}</svg>"
    )
