"""What the command line prints: progress, answers with their quotes, lists."""

import re
import sys
import textwrap
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from qa.answering.dated_quotes import Timeline
    from qa.following.followed import FollowedSource
    from qa.following.follower import FollowReport
    from qa.keys import Key
    from qa.receipts.quote_status import Verification
    from qa.schemas import AddReport, ArticleEntry, CollectionInfo, WholeArticle
    from qa.settings import Settings
    from qa.types import Answer, Citation, CitedCopy, Event, PassageResult, ReadTimeframe
    from vectorstore.ingest import Progress as IngestProgress
    from vectorstore.integrity import IndexReport

WIDTH = 88
NARROWEST = 24
# The text of an article cannot be trusted: a terminal would obey its control characters, and
# bidirectional ones would reorder the text after them.
BIDIRECTIONAL = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
UNTRUSTED = (*range(32), *range(127, 160), *BIDIRECTIONAL)
CONTROLS = dict.fromkeys(UNTRUSTED, "\N{REPLACEMENT CHARACTER}") | {
    ord("\t"): "\t",
    ord("\n"): "\n",
    ord("\r"): "",
}
JSON_ESCAPES = {code: f"\\u{code:04x}" for code in UNTRUSTED if code >= 127}
MOST_SKIPPED_SHOWN = 20
MOST_COPIES_SHOWN = 5
NOTHING_FOUND = "No passages match these filters."


def printable(text: str) -> str:
    """The text with control characters replaced, except line ends and tabs.

    >>> printable("\\x1b[2Jcleared")
    '\N{REPLACEMENT CHARACTER}[2Jcleared'
    """
    return text.translate(CONTROLS)


def show_json(value: object) -> None:
    """Prints the value as JSON; in a terminal, with the characters it would obey escaped."""
    from pydantic_core import to_json

    text = to_json(value, indent=2).decode()
    click.echo(text.translate(JSON_ESCAPES) if sys.stdout.isatty() else text)


class Rate(ProgressColumn):
    """How many articles, or other units, per second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} {self._unit}/s", style="dim")


def _bar(console: Console, unit: str) -> Progress:
    """A bar with the rate and the time left; nothing if `console` is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}/{task.total:,}"),
        Rate(unit),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextmanager
def ingest_progress(
    console: Console, candidates: int
) -> Iterator[Callable[["IngestProgress"], None]]:
    """Shows how many articles have been read, and how many indexed, while it is open."""
    with _bar(console, "articles") as bar:
        tasks = {
            "reading": bar.add_task("Reading", total=candidates),
            "embedding": bar.add_task("Indexing", total=candidates),
        }

        expected = candidates

        def on_progress(progress: "IngestProgress") -> None:
            nonlocal expected
            if progress.stage == "reading":
                expected = max(expected, progress.total or 0)
            total = max(progress.total or expected, progress.done)
            bar.update(tasks[progress.stage], completed=progress.done, total=total)

        yield on_progress


@contextmanager
def repair_progress(
    console: Console, what: str = "Embedding"
) -> Iterator[Callable[["IngestProgress"], None]]:
    """Shows how many passages are done, while it is open."""
    with _bar(console, "passages") as bar:
        task = bar.add_task(what, total=0, visible=False)

        def on_progress(progress: "IngestProgress") -> None:
            bar.update(task, completed=progress.done, total=progress.total, visible=True)

        yield on_progress


def show_report(console: Console, report: "AddReport") -> None:
    counts = {
        status: sum(each.status == status for each in report.articles)
        for status in ("added", "replaced", "unchanged", "skipped")
    }
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    console.print(f"{summary} ({report.passages:,} passages indexed).")
    skipped = [each for each in report.articles if each.status == "skipped"]
    for each in skipped[:MOST_SKIPPED_SHOWN]:
        console.print(printable(f"  skipped {each.id}: {each.reason}"), markup=False)
    if len(skipped) > MOST_SKIPPED_SHOWN:
        console.print(f"  and {len(skipped) - MOST_SKIPPED_SHOWN:,} more were skipped.")


def show_followed(console: Console, followed: Sequence["FollowedSource"]) -> None:
    if not followed:
        console.print("Nothing is followed. Follow something: qa follow URL")
    for each in followed:
        kind = each.kind or "address"
        count = f"{each.articles:,} article{'' if each.articles == 1 else 's'}"
        named = f"{each.title}, " if each.title else ""
        console.print(printable(each.address), markup=False)
        console.print(f"    {printable(named)}{kind}, {count}", markup=False, style="dim")
        if each.looked is not None:
            times = f"looked at {_time(each.looked)}, next {_time(each.due)}"
            console.print(f"    {times}", markup=False, style="dim")
        if each.error:
            console.print(f"    {printable(each.error)}", markup=False, style="yellow")


def show_look(console: Console, looked: "FollowReport") -> None:
    """What became of the articles of the sources that were looked at."""
    counts = {
        status: sum(each.status == status for each in looked.articles)
        for status in ("added", "replaced", "unchanged", "skipped")
    }
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    console.print(f"{summary}, {len(looked.removed):,} removed.")
    show_followed(console, looked.followed)


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


async def show_answer_stream(console: Console, events: AsyncIterator["Event"]) -> "Answer | None":
    """Prints the answer as it is written, then its quotes. Returns it."""
    from qa.types import Answer, Token

    written = False
    answer = None
    try:
        async for event in events:
            if isinstance(event, Token):
                console.print(printable(event.text), end="", markup=False, style="bold")
                written = True
            elif isinstance(event, Answer):
                answer = event
                if written:
                    console.print()
                _show_notices(console, event)
                _show_sources(console, event)
    finally:
        # If left to the end of the event loop, a stream over HTTP cannot be closed cleanly.
        if isinstance(events, AsyncGenerator):
            await events.aclose()
    return answer


def _read_as_days(frame: "ReadTimeframe") -> str:
    """A sentence that says how, for example, "last week" was understood."""
    first, last = frame.first, frame.last
    days = " ".join(f"{word} {day}" for word, day in (("from", first), ("to", last)) if day)
    if frame.speaks_of == "happened":
        searched = "articles of that time come first"
    else:
        searched = "only articles of those days were searched"
    return f"“{frame.text}” was read as {days}: {searched}. Search all dates with --ignore-dates."


def _show_notices(console: Console, answer: "Answer") -> None:
    if answer.notice:
        console.print(f"\n[yellow]{_safe(answer.notice)}[/yellow]")
    if answer.is_doubtful:
        console.print("\n[yellow]These quotes may not answer the question.[/yellow]")
    if answer.timeframe is not None and answer.timeframe.speaks_of != "as_of":
        console.print(f"\n[dim]{_safe(_read_as_days(answer.timeframe))}[/dim]")


def _show_sources(console: Console, answer: "Answer") -> None:
    for sentence in answer.sentences:
        if not sentence.supported:
            reason = sentence.reason or "No passage supports it."
            verdict = "Contradicted" if sentence.outcome == "contradicted" else "Not found"
            console.print(f"\n[yellow]{verdict}:[/yellow] {_safe(sentence.text)}")
            console.print(f"  {_safe(reason)}")
    for citation in answer.citations:
        console.print(f"\n[cyan][{citation.number}][/cyan] {_heading(citation)}")
        console.print(_indented(f"“{citation.quote}”", width_of(console)), markup=False)
        console.print(f"    {_safe(_place(citation))}", style="dim")
        if citation.copies:
            console.print(f"    {_safe(_also_in(citation.copies))}", style="dim")
        attested = max(
            (e.attested or 0 for e in answer.sentences if e.citations[:1] == (citation.number,)),
            default=0,
        )
        if attested > 1:
            console.print(f"    borne out by {attested:,} independent articles", style="dim")
    if not answer.answered and answer.passages:
        console.print("\nThe nearest passages:")
        show_passages(console, answer.passages[:3])
    elif not answer.answered:
        console.print(NOTHING_FOUND)


def show_passages(console: Console, passages: Sequence["PassageResult"]) -> None:
    if not passages:
        console.print(NOTHING_FOUND)
    for number, passage in enumerate(passages, start=1):
        console.print(
            f"\n[cyan]{number}.[/cyan] {_heading(passage)} [dim]{passage.score:.2f}[/dim]"
        )
        console.print(_indented(passage.text, width_of(console)), markup=False)
        console.print(f"    {_safe(_place(passage))}", style="dim")
        if passage.cluster is not None:
            others = passage.cluster.articles - 1
            copies = "copy" if others == 1 else "copies"
            console.print(f"    {others:,} more {copies} of this article", style="dim")


def show_timeline(console: Console, timeline: "Timeline") -> None:
    from qa.answering.dated_quotes import shown_day

    if not timeline.entries:
        console.print(NOTHING_FOUND)
    for each in timeline.entries:
        found = each.citation
        by = "" if each.dated_by == "event" else " [dim](day of publication)[/dim]"
        console.print(f"\n[bold]{shown_day(each.day)}[/bold]{by}")
        console.print(_indented(f"“{found.quote}”", width_of(console)), markup=False)
        console.print(f"    {_heading(found)}")
        console.print(f"    {_safe(_place(found))}", style="dim")


def show_articles(console: Console, articles: Sequence["ArticleEntry"]) -> None:
    if not articles:
        console.print("No articles.")
    for each in articles:
        published = each.published.isoformat() if each.published else "undated   "
        source = f" ({each.source})" if each.source else ""
        line = printable(f"{published}  {each.id}  {each.title}{source}")
        console.print(" ".join(line.splitlines()), markup=False)


def show_text(text: str) -> None:
    """An article's text as it is stored; in a terminal, with control characters replaced."""
    click.echo(printable(text) if sys.stdout.isatty() else text)


def show_skipped(console: Console, article: "WholeArticle") -> None:
    """Which characters of an article are not searched, and why."""
    reasons = article.skipped_reasons or (None,) * len(article.skipped)
    for (start, end), reason in zip(article.skipped, reasons, strict=True):
        why = "" if reason is None else f" ({reason})"
        console.print(f"Not searched: characters {start} to {end}{why}.", style="dim", markup=False)


def show_diagnosis(console: Console, check: "IndexReport") -> None:
    console.print(f"{check.articles:,} articles, {check.passages:,} passages.")
    for finding in check.findings:
        console.print(f"  {finding}", markup=False)
    for repaired in check.repaired:
        console.print(f"  repaired: {repaired}", markup=False)
    console.print(
        "The index is consistent."
        if check.agrees
        else "The index is not consistent. `qa doctor --repair` rebuilds what is wrong."
    )


STYLES = {"exact": "green", "moved": "cyan", "changed": "yellow", "removed": "red"}
MARKS = {"kept": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
"""The word marks of `git diff --word-diff`."""


def show_verification(console: Console, verification: "Verification") -> None:
    console.print(printable(verification.question), markup=False, style="bold")
    if not verification.quotes:
        console.print("The answer has no quotes, so that there is nothing to verify.")
    for each in verification.quotes:
        console.print(f"\n[cyan][{each.number}][/cyan] ", end="")
        console.print(each.status, end="", style=STYLES[each.status])
        console.print(printable(f"  {each.article_id}. {each.told}"), markup=False)
        if each.diff:
            marked = "".join(MARKS[edit.kind].format(edit.text) for edit in each.diff)
            console.print(_indented(marked, width_of(console)), markup=False)
        if each.status in ("exact", "moved") and each.article_changed:
            console.print("    The rest of the article has changed.", style="dim")


def show_keys(console: Console, keys: Sequence["Key"]) -> None:
    if not keys:
        console.print("No keys. Make one: qa keys add NAME")
    for each in keys:
        state = "  revoked" if each.revoked else ""
        of = "" if each.collections is None else f"  for {', '.join(each.collections) or 'none'}"
        line = printable(f"{each.id}  {each.created}  {each.scope:<6}  {each.name}{of}{state}")
        console.print(" ".join(line.splitlines()), markup=False)


def show_collections(console: Console, collections: Sequence["CollectionInfo"]) -> None:
    width = max(len(each.name) for each in collections)
    for each in collections:
        own = [each.description] if each.description else []
        if each.embedding_model is not None:
            own.append(f"embedding model {each.embedding_model}")
        if not each.chat_model:
            own.append("no chat model")
        line = printable(f"{each.name:<{width}}  {'; '.join(own)}".rstrip())
        console.print(" ".join(line.splitlines()), markup=False)


def show_settings(console: Console, settings: "Settings") -> None:
    for name, value in settings.model_dump().items():
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        shown = "" if value is None else masked(text)
        console.print(f"QA_{name.upper()}={shown}", markup=False)


def masked(value: str) -> str:
    """The value with the password in its URL, if any, masked.

    >>> masked("https://someone:secret@example.org/v1")
    'https://someone:**********@example.org/v1'
    """
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:**********@", value)


def _heading(found: "Citation | PassageResult") -> str:
    published = found.published.isoformat() if found.published else None
    details = ", ".join(part for part in (found.source, published) if part)
    return f"[bold]{_safe(found.title)}[/bold]" + (f" ({_safe(details)})" if details else "")


def _place(found: "Citation | PassageResult") -> str:
    page = "" if found.page is None else f", page {found.page}"
    return f"{found.article_id}{page}, characters {found.start} to {found.end}"


def _also_in(copies: Sequence["CitedCopy"]) -> str:
    """The other articles that say the same, by source or title, date and id."""
    named = []
    for each in copies[:MOST_COPIES_SHOWN]:
        published = each.published.isoformat() if each.published else None
        details = ", ".join(part for part in (each.source or each.title, published) if part)
        named.append(f"{each.article_id} ({details})" if details else each.article_id)
    if len(copies) > MOST_COPIES_SHOWN:
        named.append(f"and {len(copies) - MOST_COPIES_SHOWN:,} more")
    return f"also in {len(copies):,} other{'' if len(copies) == 1 else 's'}: {'; '.join(named)}"


def _safe(text: str) -> str:
    return escape(printable(text))


def width_of(console: Console) -> int:
    """The columns that text is wrapped to: those of a terminal, up to what is easy to read."""
    return max(NARROWEST, min(WIDTH, console.width)) if console.is_terminal else WIDTH


def _indented(text: str, width: int) -> str:
    return textwrap.fill(
        printable(" ".join(text.split())), width, initial_indent="    ", subsequent_indent="    "
    )
