"""The curves of `scripts/bench --scale`, as one SVG file that needs no style sheet."""

import math
from collections.abc import Callable, Sequence
from html import escape

from qa.evaluation.charts import HEIGHT, WIDTH, Dot, Line, line_chart, round_up
from qa.evaluation.scale import FULL_TEXT, NO_FILTER, ScaleResult

TITLE_HEIGHT, LEGEND_HEIGHT, GAP = 26, 22, 24
_STYLE = """
svg { font: 14px system-ui, sans-serif; --ink: #1c1d20; --soft: #63666d; --rule: #e2e2de;
  --s1: #2563c9; --s2: #c2571a; --s3: #1c7c4a; --card: #fff; background: var(--card); }
@media (prefers-color-scheme: dark) { svg { --ink: #e9e9e6; --soft: #a0a4ac; --rule: #31343a;
  --s1: #7aaaff; --s2: #f0965a; --s3: #6fd29b; --card: #1c1e22; } }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); } .label { fill: var(--ink); }
.tick { fill: var(--soft); font-size: 12px; } .title { fill: var(--ink); font-weight: 600; }
.line { fill: none; stroke-width: 2.5; } .dot { stroke: var(--card); stroke-width: 1.5; }
.line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); } .line.s3 { stroke: var(--s3); }
.dot.s1 { fill: var(--s1); } .dot.s2 { fill: var(--s2); } .dot.s3 { fill: var(--s3); }
.mark { stroke: var(--soft); stroke-dasharray: 4 4; }
"""

Curve = tuple[str, Callable[[ScaleResult], float | None]]


def scale_chart(results: Sequence[ScaleResult]) -> str:
    """Latency, recall, memory and disk, and start-up time by number of passages, smallest first."""
    panels = [
        _panel(
            results,
            "/search over HTTP, 95th percentile, ms",
            [
                (NO_FILTER, lambda r: r.row(NO_FILTER).p95_ms),
                ("slowest filter", lambda r: max(each.p95_ms for each in r.filtered)),
                ("full text alone", lambda r: r.row(FULL_TEXT).p95_ms),
            ],
            "{:g}".format,
        ),
        _panel(
            results,
            "Recall of the exact ten nearest",
            [
                (NO_FILTER, lambda r: r.row(NO_FILTER).recall),
                (
                    "worst filter",
                    lambda r: min(each.recall for each in r.filtered if each.recall is not None),
                ),
            ],
            "{:.0%}".format,
            top=1.0,
        ),
        _panel(
            results,
            "Memory and disk, GB",
            [
                ("memory", lambda r: None if r.memory_mb is None else r.memory_mb / 1_024),
                ("disk", lambda r: r.disk_mb / 1_024),
            ],
            "{:g}".format,
        ),
        _panel(results, "Ready after, s", [("qa serve", lambda r: r.ready_seconds)], "{:g}".format),
    ]
    height = TITLE_HEIGHT + HEIGHT + LEGEND_HEIGHT
    placed = [
        f'<g transform="translate({(place % 2) * (WIDTH + GAP)} {place // 2 * (height + GAP)})">'
        f"{panel}</g>"
        for place, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * (WIDTH + GAP)} '
        f'{2 * height + GAP}"><style>{_STYLE}</style>{"".join(placed)}</svg>\n'
    )


def _panel(
    results: Sequence[ScaleResult],
    title: str,
    curves: Sequence[Curve],
    name: Callable[[float], str],
    top: float | None = None,
) -> str:
    lines = []
    for number, (curve, value_of) in enumerate(curves, start=1):
        values = [(math.log10(each.passages), value_of(each)) for each in results]
        points = tuple(
            Dot(x, value, title=f"{curve}: {value:.3g}") for x, value in values if value is not None
        )
        lines.append(Line(points, f"s{number}"))
    highest = max(point.y for line in lines for point in line.points)
    chart = line_chart(
        lines,
        summary=title,
        x_label="passages",
        x_ticks=[(math.log10(each.passages), f"{each.passages:,}") for each in results],
        y_top=top or round_up(highest),
        y_name=name,
    ).replace(
        "<svg ", f'<svg y="{TITLE_HEIGHT}" width="{WIDTH}" height="{HEIGHT}" overflow="visible" ', 1
    )
    legend = "".join(
        f'<circle class="dot s{number}" cx="{30 + 150 * (number - 1)}" cy="-4" r="5"/>'
        f'<text class="tick" x="{40 + 150 * (number - 1)}">{escape(curve)}</text>'
        for number, (curve, _) in enumerate(curves, start=1)
    )
    return (
        f'<text class="title" x="20" y="18">{escape(title)}</text>{chart}'
        f'<g transform="translate(20 {TITLE_HEIGHT + HEIGHT + 14})">{legend}</g>'
    )
