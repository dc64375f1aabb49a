"""A run as one self-contained HTML page: figures, plots, worst failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, StrictUndefined

from qa.evaluation import charts
from qa.evaluation.charts import Bar, Dot, Line, Mark
from qa.evaluation.failures import worst_failures
from qa.evaluation.metrics import BY_KEY, Definition
from qa.evaluation.retrieval_metrics import CUTOFFS, LEVELS
from qa.evaluation.risk_coverage import risk_coverage_curves
from qa.evaluation.run_records import Figure, Record, Run
from qa.evaluation.scoring import short_text
from qa.evaluation.tables import by_kind, exact_quotes, overall, shown, shown_interval

TILES = (
    "passage_hits@5",
    "answer_in_quote",
    "citation_precision",
    "decision_accuracy",
    "confidence_auroc",
    "ask_ms_p50",
)


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    svg: str
    caption: str
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, formatted."""

    label: str
    value: str
    interval: str
    count: str
    meaning: str


def report(run: Run, article_text: Callable[[str], str]) -> str:
    """The page. `article_text` supplies the context of gold spans."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(
        files("qa.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    )
    kind_columns, kind_rows = by_kind(run)
    exact, quotes = exact_quotes(run)
    return template.render(
        setup=run.setup,
        total=len(run.records),
        answerable=sum(record.case.answerable for record in run.records),
        exact=exact,
        quotes=quotes,
        tiles=[_cell(BY_KEY[key], f) for key in TILES if (f := run.figure(key)) is not None],
        groups=[
            (group, [_cell(definition, figure) for definition, figure in rows])
            for group, rows in groupby(overall(run), key=lambda row: row[0].group)
        ],
        plots=plots(run),
        kind_columns=[definition.label for definition in kind_columns],
        kind_rows=[
            (
                kind,
                sum(record.case.kind == kind for record in run.records),
                [
                    _cell(definition, figure) if figure is not None else None
                    for definition, figure in zip(kind_columns, row, strict=True)
                ],
            )
            for kind, row in kind_rows
        ],
        failures=worst_failures(run.records, article_text),
        short_text=short_text,
    )


def plots(run: Run) -> list[Plot]:
    """The plots that have data."""
    drawn = (hits_plot(run), risk_plot(run.records), kinds_plot(run), latency_plot(run))
    return [plot for plot in drawn if plot is not None]


def hits_plot(run: Run) -> Plot | None:
    lines = []
    for level, style in zip(reversed(LEVELS), ("s1", "s2"), strict=True):
        figures = [run.figure(f"{level}_hits@{k}") for k in CUTOFFS]
        points = tuple(
            Dot(place, f.value, f.low, f.high, f"{level} hits@{k}: {f.value:.1%}")
            for place, (k, f) in enumerate(zip(CUTOFFS, figures, strict=True))
            if f is not None
        )
        lines.append(Line(points, style))
    if not any(line.points for line in lines):
        return None
    svg = charts.line_chart(
        lines,
        summary="Hits by number of passages read, at passage and at article level.",
        x_label="passages read (k)",
        x_ticks=[(place, str(k)) for place, k in enumerate(CUTOFFS)],
    )
    return Plot(
        "Hits by k",
        svg,
        "Share of questions with the answer among the first k passages: the whole gold span in "
        "one of them, or any passage of its article. Bands are 95% intervals.",
        (("s1", "passage holds the gold span"), ("s2", "passage of the right article")),
    )


def risk_plot(records: Sequence[Record]) -> Plot | None:
    curves = risk_coverage_curves(records)
    if len(curves.unanswerable) < 2:
        return None
    lines = [
        Line(tuple(Dot(p.coverage, p.risk) for p in points), style, dots=False)
        for points, style in ((curves.unquoted, "s2"), (curves.unanswerable, "s1"))
        if points
    ]
    decided = curves.decided
    svg = charts.line_chart(
        lines,
        summary="Risk against coverage as the threshold of confidence falls.",
        x_label="coverage: share of questions answered",
        x_ticks=[(t / 4, f"{t * 25}%") for t in range(5)],
        marks=[Mark("as decided", decided.coverage, decided.risk)] if decided is not None else [],
    )
    return Plot(
        "Risk and coverage",
        svg,
        "If only the surest questions were answered: the share of wrong answers among them. "
        "Lower is better; a curve that rises to the right means the confidence is worth something.",
        (
            ("s1", "the articles do not say"),
            ("s2", "or the quotes do not hold the answer"),
        ),
    )


def kinds_plot(run: Run) -> Plot | None:
    held = {f.kind for f in run.figures if f.key == "answer_in_quote"}
    bars = [
        Bar(
            # A kind with answerable and unanswerable questions has two rows.
            f"{f.kind}, declined"
            if f.key == "declined_unanswerable" and f.kind in held
            else f.kind,
            f.value,
            f.low,
            f.high,
            f.count,
        )
        for f in run.figures
        if f.kind is not None and f.key in ("answer_in_quote", "declined_unanswerable")
    ]
    if not bars:
        return None
    return Plot(
        "Right, by kind of question",
        charts.interval_chart(bars, summary="Share of right answers by kind, with intervals."),
        "Answerable kinds: a cited quote holds the gold answer. Unanswerable kinds: declined. "
        "The small number is how many questions there are.",
    )


def latency_plot(run: Run) -> Plot | None:
    times = [record.ask_ms for record in run.records if record.ask_ms is not None]
    middle, tail = run.figure("ask_ms_p50"), run.figure("ask_ms_p95")
    if not times or middle is None or tail is None:
        return None
    svg = charts.histogram(
        times,
        summary=f"Time to answer: half within {middle.value:.0f} ms.",
        x_label="milliseconds to answer",
        marks=[
            Mark(f"p50 {shown(middle.value, 'ms')}", middle.value),
            Mark(f"p95 {shown(tail.value, 'ms')}", tail.value),
        ],
    )
    return Plot(
        "Latency",
        svg,
        f"How many of {len(times):,} questions took how long, asked "
        f"{run.setup.jobs} at a time; the last bar also holds any slower than the axis shows.",
    )


def _cell(definition: Definition, figure: Figure) -> Cell:
    return Cell(
        definition.label,
        shown(figure.value, definition.unit),
        shown_interval(figure, definition.unit),
        f"{figure.count:,}",
        definition.meaning,
    )
