"""The command line of `scripts/evaluate`: its flags, messages and exit codes."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from qa.evaluation import tables
from qa.evaluation.comparison import ComparisonError, compare
from qa.evaluation.evaluate import OpenedTarget, Plan, evaluate
from qa.evaluation.openai_system import is_of_openai
from qa.evaluation.question_file import Half
from qa.evaluation.regression_gate import baseline_of
from qa.evaluation.run_records import Run, RunFileError, read_run, write_run
from qa.evaluation.runner import RunError
from qa.settings import read_settings
from qa.types import UNANSWERED_TEXT, AnswererName
from vectorstore.errors import UserError

SEEDS = Path("seeds")
ARTICLES = SEEDS / "articles"
QUESTIONS = SEEDS / "questions.jsonl"
BASELINE = SEEDS / "baseline.json"
STORIES = SEEDS / "stories.jsonl"
OVER_TIME = SEEDS / "questions-over-time.jsonl"
UPDATE = "scripts/evaluate --update-baseline"


@dataclass(frozen=True, slots=True)
class Target:
    """What to evaluate, before anything is opened. A service at `url` brings its own articles."""

    articles: Path
    url: str | None
    plan: Plan
    judge: bool
    key: str | None = None
    model: str | None = None
    declines: tuple[str, ...] = ()
    """For a service that only speaks OpenAI's protocol: the model to ask, and the words with which
    it says that it has no answer."""


Open = Callable[[Target], OpenedTarget]
"""Raises UserError if the target cannot be opened."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--articles",
    type=click.Path(path_type=Path),
    help=f"A file or folder of articles, for a temporary index.  [default: {ARTICLES}]",
)
@click.option(
    "--url",
    help="Evaluate the service running at this address, on its own articles; or, if it ends in "
    "/v1, whatever speaks OpenAI's protocol there, whose answers are held against --articles.",
)
@click.option("--model", help="The model to ask at a --url that ends in /v1.  [default: its first]")
@click.option(
    "--declines",
    multiple=True,
    metavar="TEXT",
    help="Words by which that model says that it has no answer; can be repeated.  "
    f"[default: {UNANSWERED_TEXT}]",
)
@click.option(
    "--key-file",
    type=click.File(),
    help="A file with the key that the service at --url needs; - for standard input.",
)
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    default=QUESTIONS,
    show_default=True,
    help="The question file, JSON Lines.",
)
@click.option(
    "--answerer",
    type=click.Choice(["extractive", "llm"]),
    help="The answerer to evaluate.  [default: llm if a chat model is configured]",
)
@click.option(
    "--passages",
    type=click.IntRange(1, 20),
    default=8,
    show_default=True,
    help="How many passages the answerer reads.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Ask at most this many questions, spread over the file."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Questions asked concurrently; with more than one, latencies mean little.",
)
@click.option("--judge", is_flag=True, help="Have the configured chat model judge every answer.")
@click.option("--input-price", type=click.FloatRange(0), help="Dollars per million input tokens.")
@click.option("--output-price", type=click.FloatRange(0), help="Dollars per million output tokens.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where to write the JSON file and the report.",
)
@click.option("--name", help="Base name of both files.  [default: date and time]")
@click.option("--fresh", is_flag=True, help="Start over instead of resuming an interrupted run.")
@click.option("--markdown", is_flag=True, help="Print the key figures as a Markdown table.")
@click.option(
    "--show",
    type=click.Path(path_type=Path),
    help="Print the figures of an earlier run instead of running.",
)
@click.option(
    "--compare",
    "compared",
    nargs=2,
    type=click.Path(path_type=Path),
    help="Say which differences between the JSON files of two runs are significant.",
)
@click.option(
    "--update-baseline",
    is_flag=True,
    help=f"Run on {SEEDS}/ and save the result as the baseline that the tests compare against.",
)
@click.option(
    "--over-time",
    is_flag=True,
    help=(
        f"Ask {OVER_TIME}, or --questions about --articles, of a system that knows of time, and of "
        "one that does not."
    ),
)
@click.option(
    "--half",
    type=click.Choice(["development", "test"]),
    help="With --over-time: only the questions of this half.",
)
@click.option("--wrong", is_flag=True, help="With --over-time: print the answers that are wrong.")
@click.pass_obj
def main(
    opening: Open,
    articles: Path | None,
    url: str | None,
    model: str | None,
    declines: tuple[str, ...],
    key_file: TextIO | None,
    questions: Path,
    answerer: AnswererName | None,
    passages: int,
    limit: int | None,
    jobs: int,
    judge: bool,
    input_price: float | None,
    output_price: float | None,
    out: Path,
    name: str | None,
    fresh: bool,
    markdown: bool,
    show: Path | None,
    compared: tuple[Path, Path] | None,
    update_baseline: bool,
    over_time: bool,
    half: Half | None,
    wrong: bool,
) -> None:
    """Measure how well questions are answered, on questions whose answers are known.

    Without flags, evaluates on the sample collection in seeds/. Prints the figures with 95%
    intervals, and writes a JSON file with a record per question and a report to read in a browser.
    An interrupted run resumes when the same command is given again.
    """
    # In a file or a pipe, table rows are not wrapped.
    console = Console(width=None if sys.stdout.isatty() else 110)
    if compared is not None:
        _compare(*compared, console)
        return
    if over_time:
        sources = [ARTICLES, STORIES] if articles is None else [articles]
        asked = OVER_TIME if questions == QUESTIONS else questions
        _over_time(sources, asked, console, half, shows=wrong)
        return
    if show is not None:
        _print(_read(show), markdown, console)
        return
    of_openai = url is not None and is_of_openai(url)
    if (model or declines) and not of_openai:
        raise click.UsageError(
            "--model and --declines are for a --url that ends in /v1: OpenAI's protocol."
        )
    if articles is not None and url is not None and not of_openai:
        raise click.UsageError(
            "--articles and --url exclude each other: a service is evaluated on its own articles."
        )
    if key_file is not None and url is None:
        raise click.UsageError("--key-file is for a service: give its address with --url.")
    if (input_price is None) != (output_price is None):
        raise click.UsageError("A cost needs both --input-price and --output-price.")
    if update_baseline and (articles, url, limit, questions) != (None, None, None, QUESTIONS):
        raise click.UsageError(
            f"--update-baseline runs on {SEEDS}/ as it is: leave out --articles, --url, "
            "--questions and --limit."
        )
    plan = Plan(
        questions=questions,
        articles=url or str(articles or ARTICLES),
        answerer="extractive" if update_baseline else answerer,
        passages=passages,
        limit=limit,
        jobs=jobs,
        fresh=fresh or update_baseline,
        command=("scripts/evaluate", *sys.argv[1:]),
        input_price=input_price,
        output_price=output_price,
    )
    key = None if key_file is None else key_file.read().strip()
    target = Target(articles or ARTICLES, url, plan, judge, key, model, declines)
    run, path = _evaluate(opening, target, out, name, console)
    _print(run, markdown, console)
    console.print(f"\nEvery question's record: {path}\nThe report: {path.with_suffix('.html')}")
    if update_baseline:
        write_run(baseline_of(run), BASELINE)
        console.print(
            f"The baseline is now this run: {BASELINE}. Commit it together with the change."
        )


def _evaluate(
    opening: Open, target: Target, out: Path, name: str | None, console: Console
) -> tuple[Run, Path]:
    try:
        return evaluate(opening(target), folder=out, name=name, console=console)
    except RunError as error:
        raise click.ClickException(
            f"{error}\nThe answers so far are kept; run the same command to resume."
        ) from error
    except UserError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.ClickException(
            "Interrupted. The answers so far are kept; run the same command to resume."
        ) from None
    except OSError as error:
        raise click.ClickException(_sentence(error)) from error


def _over_time(
    articles: Sequence[Path], questions: Path, console: Console, half: Half | None, *, shows: bool
) -> None:
    # Not at the top: it opens systems, and the module that does so imports this one.
    from qa.evaluation.over_time import as_table, measure_over_time

    try:
        console.print(
            as_table(
                measure_over_time(
                    articles, questions, read_settings(), console, half=half, shows=shows
                )
            )
        )
    except (UserError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _compare(before: Path, after: Path, console: Console) -> None:
    runs = _read(before), _read(after)
    try:
        console.print(tables.comparison_table(compare(*runs)))
    except ComparisonError as error:
        raise click.ClickException(str(error)) from error


def _read(path: Path) -> Run:
    try:
        return read_run(path)
    except RunFileError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(_sentence(error)) from error


def _print(run: Run, markdown: bool, console: Console) -> None:
    if markdown:
        click.echo(tables.markdown(run))
    else:
        console.print(tables.terminal(run))


def _sentence(error: OSError) -> str:
    if error.filename is None:
        return f"{error}."
    return f"{error.filename} cannot be read or written: {error.strerror}."
