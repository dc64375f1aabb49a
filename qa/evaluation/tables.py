"""Figures as tables, for the terminal and as Markdown."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qa.evaluation.comparison import Comparison
from qa.evaluation.metrics import BY_KEY, DEFINITIONS, Definition, Unit
from qa.evaluation.run_records import Figure, Run

# Left out of the wide table: much the same for every kind, or close to another column.
_NOT_BY_KIND = ("exact_quotes", "article_hits@5", "ask_ms_p95")


def shown(value: float, unit: Unit) -> str:
    """A value formatted for people.

    >>> shown(0.70449, "share"), shown(12.345, "ms"), shown(1234.5, "tokens")
    ('.704', '12.3 ms', '1,234')
    """
    if unit == "ms":
        return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
    if unit == "tokens":
        return f"{value:,.0f}"
    if unit == "dollars":
        return f"${value:,.2f}"
    return f"{value:.3f}".removeprefix("0")


def shown_interval(figure: Figure, unit: Unit) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = shown(figure.low, unit), shown(figure.high, unit)
    return f"{low.removesuffix(' ms')} to {high}"


def overall(run: Run) -> list[tuple[Definition, Figure]]:
    """The figures over all questions, in order; failure and fallback rates only if not zero."""
    return [
        (definition, figure)
        for definition in DEFINITIONS
        if (figure := run.figure(definition.key)) is not None
        and (figure.value > 0 or definition.key not in ("failed", "fallback_rate"))
    ]


def by_kind(run: Run) -> tuple[list[Definition], list[tuple[str, list[Figure | None]]]]:
    """The key metrics that any kind has, and the figures of each kind, None where it has none."""
    kinds = list(dict.fromkeys(f.kind for f in run.figures if f.kind is not None))
    of_kind = {(f.key, f.kind): f for f in run.figures}
    keys = [d for d in DEFINITIONS if d.is_key and d.key not in _NOT_BY_KIND]
    kept = [d for d in keys if any((d.key, kind) in of_kind for kind in kinds)]
    return kept, [(kind, [of_kind.get((d.key, kind)) for d in kept]) for kind in kinds]


def exact_quotes(run: Run) -> tuple[int, int]:
    """How many citations quote exactly what their article says there, and how many in all."""
    return (
        sum(sum(record.exact) for record in run.records),
        sum(len(record.exact) for record in run.records),
    )


def terminal(run: Run) -> RenderableType:
    """Every figure with its interval, then the key figures by kind."""
    table = Table(title="Over all questions", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    table.add_column("figure", justify="right")
    table.add_column("95% interval", justify="right", style="dim")
    table.add_column("questions", justify="right", style="dim")
    for group, rows in groupby(overall(run), key=lambda row: row[0].group):
        table.add_row(Text(group, style="bold"))
        for definition, figure in rows:
            table.add_row(
                Text(f"  {definition.label}"),
                shown(figure.value, definition.unit),
                shown_interval(figure, definition.unit),
                f"{figure.count:,}",
            )
    exact, all_quotes = exact_quotes(run)
    promise = Text(f"\n{exact:,} of {all_quotes:,} quotes are the article's exact words.")
    if exact < all_quotes:
        promise.stylize("bold red")
    kinds = Table(title="\nBy kind", title_justify="left", box=None, pad_edge=False)
    kinds.add_column("")
    definitions, rows_by_kind = by_kind(run)
    for definition in definitions:
        kinds.add_column(definition.label, justify="right")
    for kind, figures in rows_by_kind:
        kinds.add_row(kind, *_cells(definitions, figures))
    return Group(table, promise, kinds)


def markdown(run: Run) -> str:
    """The key figures as a Markdown table, with the setup that produced them."""
    lines = ["| figure | value | 95% interval | questions |", "|---|---:|---:|---:|"]
    for definition, figure in overall(run):
        if definition.is_key:
            value, ends = (
                shown(figure.value, definition.unit),
                shown_interval(figure, definition.unit),
            )
            lines.append(f"| {definition.label} | {value} | {ends} | {figure.count:,} |")
    exact, all_quotes = exact_quotes(run)
    setup = run.setup
    lines.append("")
    lines.append(
        f"{len(run.records):,} questions, {exact:,} of {all_quotes:,} quotes exact; "
        f"{setup.started[:10]}, {setup.machine}, `{setup.command}`."
    )
    return "\n".join(lines)


def comparison_table(comparison: Comparison) -> RenderableType:
    """Each key figure of both runs, the difference with its interval, and the verdict."""
    table = Table(box=None, pad_edge=False)
    for name in ("", "before", "after", "difference", "95% interval", "adjusted p", ""):
        table.add_column(name, justify="left" if not name else "right")
    for found in comparison.differences:
        definition = BY_KEY[found.key]
        verdict = Text(
            "not significant" if abs(found.change) > 1e-9 else "no difference", style="dim"
        )
        if found.significant and found.better:
            verdict = Text("significantly better", style="bold green")
        elif found.significant:
            verdict = Text("significantly worse", style="bold red")
        table.add_row(
            definition.label,
            shown(found.before, definition.unit),
            shown(found.after, definition.unit),
            _signed(found.change, definition.unit),
            f"{_signed(found.low, definition.unit)} to {_signed(found.high, definition.unit)}",
            f"{found.p_value:.4f}",
            verdict,
        )
    note = f"\nOver the {comparison.common:,} questions that both runs share"
    note += f"; {comparison.left_out:,} are in one only." if comparison.left_out else "."
    note += (
        "\nA difference is significant if a paired randomisation test, adjusted for the number of "
        "figures, gives p < 0.05. Latencies also depend on what else the machine was doing."
    )
    return Group(table, Text(note, style="dim"))


def _cells(definitions: Sequence[Definition], figures: Sequence[Figure | None]) -> list[str]:
    return [
        "" if figure is None else shown(figure.value, definition.unit)
        for definition, figure in zip(definitions, figures, strict=True)
    ]


def _signed(value: float, unit: Unit) -> str:
    """
    >>> _signed(0.0312, "share"), _signed(-1e-9, "share")
    ('+.031', '+.000')
    """
    size = shown(abs(value), unit)
    return ("-" if value < 0 and size != shown(0.0, unit) else "+") + size
