"""Runs an evaluation: a question file in, a run and its report out."""

import os
import platform
import shlex
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from qa.evaluation.html_report import report
from qa.evaluation.metrics import measure
from qa.evaluation.question_file import Case, check_spans, read_questions
from qa.evaluation.run_records import Record, Run, Setup, write_run
from qa.evaluation.runner import Asking, progress_key, read_progress, run_cases
from qa.evaluation.scoring import score
from qa.evaluation.system import System
from qa.types import AnswererName

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate. `articles` says where the articles are, for people to read.

    `articles_key` changes with the articles, so that records from others are never reused.
    """

    questions: Path
    articles: str
    articles_key: str = ""
    answerer: AnswererName | None = None
    model: str | None = None
    passages: int = 8
    limit: int | None = None
    jobs: int = 1
    fresh: bool = False
    command: Sequence[str] = ()
    judge: str | None = None
    input_price: float | None = None
    output_price: float | None = None


@dataclass(frozen=True, slots=True)
class OpenedTarget:
    """A plan with its articles' texts, and how to build the system that is asked.

    `article_text` raises LookupError for an unknown article.
    """

    plan: Plan
    asking: Asking
    article_text: Callable[[str], str]
    build: Callable[[], AbstractContextManager[System]]
    can_ask: Callable[[Case], bool] = lambda case: True
    """Whether the system can be asked a case; the others are left out."""


def evaluate(
    opened: OpenedTarget,
    *,
    folder: Path,
    name: str | None,
    console: Console,
) -> tuple[Run, Path]:
    """Runs the plan and writes `name`.json and `name`.html to `folder`; returns the run and the
    JSON's path.

    The question file is checked before the system is built, so that mistakes surface at once.
    Raises QuestionFileError, RunError, and whatever building the system raises.
    """
    plan, asking = opened.plan, opened.asking
    every = read_questions(plan.questions)
    asked = [each for each in every if opened.can_ask(each)]
    if len(asked) < len(every):
        console.print(f"Left out: {len(every) - len(asked):,} questions that need filters.")
    cases = spread(asked, plan.limit)
    digest = sha256(plan.questions.read_bytes()).hexdigest()
    started = datetime.now(UTC)
    key = progress_key(
        digest,
        plan.articles_key,
        asking.answerer,
        plan.model,
        asking.passages,
        plan.judge,
        plan.jobs,
    )
    progress_file = folder / f".unfinished-{key[:12]}.jsonl"
    if plan.fresh:
        progress_file.unlink(missing_ok=True)
    check_spans(cases, opened.article_text, path=plan.questions, articles=plan.articles)
    with opened.build() as system:
        done = len(read_progress(progress_file, key))
        if done:
            console.print(
                f"Resuming an interrupted run: {done:,} questions are done (--fresh starts over)."
            )
        records = _ask_all(cases, system, asking, progress_file, key, plan.jobs, console)
        setup = Setup(
            started=started.strftime("%Y-%m-%d %H:%M UTC"),
            command=shlex.join(plan.command),
            machine=machine(),
            questions=str(plan.questions),
            questions_sha256=digest,
            articles=plan.articles,
            answerer=plan.answerer,
            model=next((r.answer.model for r in records if r.answer and r.answer.model), None),
            passages=asking.passages,
            jobs=plan.jobs,
            judge=plan.judge,
            input_price=plan.input_price,
            output_price=plan.output_price,
        )
        run = finished(setup, records)
        stem = name or f"{started:%Y%m%d-%H%M%S}-{plan.questions.parent.name or 'questions'}"
        path = folder / f"{stem}.json"
        write_run(run, path)
        html = report(run, system.article_text)
    path.with_suffix(".html").write_text(html, encoding="utf-8", errors="replace")
    progress_file.unlink(missing_ok=True)
    return run, path


def finished(setup: Setup, records: Sequence[Record]) -> Run:
    """The run of these records, scored and measured."""
    scored = score(records, setup)
    return Run(setup, measure(scored), scored)


def spread(cases: Sequence[Each], limit: int | None) -> tuple[Each, ...]:
    """At most `limit` of them, spread evenly, so that a short run covers every part of the file."""
    if limit is None or limit >= len(cases):
        return tuple(cases)
    return tuple(cases[place * len(cases) // limit] for place in range(limit))


def machine() -> str:
    """Processor, cores and Python version: what the latencies were measured on."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _ask_all(
    cases: Sequence[Case],
    system: System,
    asking: Asking,
    progress_file: Path,
    key: str,
    jobs: int,
    console: Console,
) -> tuple[Record, ...]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("Asking", total=len(cases))
        return run_cases(
            cases,
            system,
            asking,
            progress=progress_file,
            key=key,
            jobs=jobs,
            on_record=lambda record: bar.advance(task),
        )
