"""The command line: `qa`."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console

from qa.cli.output import (
    ingest_progress,
    show_answer_stream,
    show_articles,
    show_check,
    show_passages,
    show_report,
    show_settings,
    show_text,
)
from qa.settings import Settings, read_settings
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.library import Library
    from vectorstore.store import IndexInUse

# Modules that take seconds to import are imported by the commands that need them.

LONGEST_QUESTION = 2_000

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Words(click.ParamType[str]):
    """Text as the shell gave it; bytes that are no UTF-8 could be neither searched nor sent."""

    name = "TEXT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("That is not UTF-8.", param, ctx)
        return text


class AskedWords(Words):
    """A question or a query, without the white space around it."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = super().convert(value, param, ctx).strip()
        if not 1 <= len(text) <= LONGEST_QUESTION:
            self.fail(f"A question has 1 to {LONGEST_QUESTION:,} characters.", param, ctx)
        return text


class Day(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day. Write it as 2022-04-20.", param, ctx)


def data_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="The folder of the index.  [default: QA_DATA, else ./data]",
    )(command)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--from", "published_from", type=Day(), help="Published then or later."),
            click.option("--to", "published_to", type=Day(), help="Published then or earlier."),
            click.option(
                "--source",
                "sources",
                type=Words(),
                multiple=True,
                help="Of this source; repeatable.",
            ),
            click.option(
                "--article",
                "article_ids",
                type=Words(),
                multiple=True,
                help="Only this article; repeatable.",
            ),
        )
    ):
        command = option(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="The body that HTTP gives.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(package_name="article-qa", prog_name="qa")
def cli() -> None:
    """Ask questions of your articles; every sentence of an answer shows its source."""


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@data_option
def ingest(paths: tuple[Path, ...], data: Path | None) -> None:
    """Add articles: files and folders of text, Markdown, HTML and JSON Lines.

    Safe to run again: what is unchanged stays, what has changed is replaced. While `qa serve`
    runs, the articles are handed to it.
    """
    from vectorstore.readers import SUFFIXES, count_candidates, read_articles

    with open_for(read_settings(data=data)) as library:
        with ingest_progress(err, count_candidates(paths)) as on_progress:
            report = library.add(read_articles(paths), on_progress)
        show_report(out, report)
    if not report.articles:
        err.print(
            f"There are no articles there: no files that end in {', '.join(sorted(SUFFIXES))}."
        )
    if report.articles and all(each.status == "skipped" for each in report.articles):
        sys.exit(1)


@cli.command()
@click.argument("question", type=AskedWords())
@click.option("--answerer", type=click.Choice(["extractive", "llm"]), help="Who answers.")
@click.option(
    "--passages", default=8, show_default=True, type=click.IntRange(1, 20), help="How many to read."
)
@filter_options
@json_option
@data_option
def ask(
    question: str,
    answerer: str | None,
    passages: int,
    published_from: date | None,
    published_to: date | None,
    sources: tuple[str, ...],
    article_ids: tuple[str, ...],
    as_json: bool,
    data: Path | None,
) -> None:
    """Answer a question, with the words of the articles that the answer rests on."""
    from pydantic_core import to_json

    from qa.types import Question
    from vectorstore.types import Filters

    check_days(published_from, published_to)
    asked = Question(
        text=question,
        filters=Filters(published_from, published_to, sources, article_ids),
        passages=passages,
        answerer=answerer,  # type: ignore[arg-type]  # one of the choices above
    )
    settings = read_settings(data=data)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        if as_json:
            click.echo(to_json(library.ask(asked), indent=2))
        elif not empty:
            asyncio.run(show_answer_stream(out, library.stream(asked)))


@cli.command()
@click.argument("query", type=AskedWords())
@click.option(
    "-k", default=8, show_default=True, type=click.IntRange(1, 100), help="How many passages."
)
@filter_options
@json_option
@data_option
def search(
    query: str,
    k: int,
    published_from: date | None,
    published_to: date | None,
    sources: tuple[str, ...],
    article_ids: tuple[str, ...],
    as_json: bool,
    data: Path | None,
) -> None:
    """The passages that best fit a question, without an answer."""
    from pydantic_core import to_json

    from qa.schemas import FoundPassages
    from vectorstore.types import Filters

    check_days(published_from, published_to)
    settings = read_settings(data=data)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        found = library.search(
            query, k, Filters(published_from, published_to, sources, article_ids)
        )
    if as_json:
        click.echo(to_json(FoundPassages(found), indent=2))
    elif not empty:
        show_passages(out, found)


@cli.command()
@click.option("--containing", type=Words(), default="", help="Only those with these words.")
@json_option
@data_option
def articles(containing: str, as_json: bool, data: Path | None) -> None:
    """List the articles, newest first."""
    from pydantic_core import to_json

    settings = read_settings(data=data)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        page = library.articles(500, None, containing)
        pages = [page]
        while page.next_cursor is not None:
            page = library.articles(500, page.next_cursor, containing)
            pages.append(page)
    entries = [entry for each in pages for entry in each.articles]
    if as_json:
        click.echo(to_json(entries, indent=2))
    elif not empty:
        show_articles(out, entries)


@cli.command()
@click.argument("article_id", type=Words(), metavar="ID")
@json_option
@data_option
def show(article_id: str, as_json: bool, data: Path | None) -> None:
    """Print one article, exactly as it is stored."""
    from pydantic_core import to_json

    with open_for(read_settings(data=data)) as library:
        article = library.article(article_id)
    if article is None:
        fail(f"There is no article with the id {article_id!r}. `qa articles` lists them.")
    if as_json:
        click.echo(to_json(article, indent=2))
    else:
        show_text(article.text)


@cli.command()
@click.argument("article_ids", type=Words(), metavar="ID...", nargs=-1, required=True)
@data_option
def remove(article_ids: tuple[str, ...], data: Path | None) -> None:
    """Remove articles, with their passages and vectors."""
    with open_for(read_settings(data=data)) as library:
        missing = [each for each in article_ids if not library.remove(each)]
    out.print(f"Removed {len(article_ids) - len(missing)}.")
    if missing:
        fail("There was no article with the id " + ", ".join(map(repr, missing)) + ".")


@cli.command()
@click.option("--host", help="Where to listen.  [default: QA_HOST, else 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Its port; 0 is any.  [default: QA_PORT, else 8000]",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True),
    help="Add these articles first if there are none.",
)
@data_option
def serve(host: str | None, port: int | None, seed: Path | None, data: Path | None) -> None:
    """Serve the chat page and the HTTP interface."""
    from qa.cli.serve import serve as serve_here

    settings = read_settings(host=host, port=port, data=data)
    serve_here(settings, seed, err, say_waiting)


@cli.command()
@click.option("--repair", is_flag=True, help="Rebuild what does not agree.")
@data_option
def check(repair: bool, data: Path | None) -> None:
    """Whether the index agrees with itself: texts, passages, full-text index and vectors."""
    from qa.connect import open_service

    service = open_service(read_settings(data=data), say_waiting, rebuild=repair)
    try:
        report = service.repair() if repair else service.check()
    finally:
        service.close()
    show_check(out, report)
    if not report.agrees:
        sys.exit(1)


@cli.command()
@data_option
def settings(data: Path | None) -> None:
    """Print the settings in force, secrets masked."""
    show_settings(out, read_settings(data=data))


def main() -> None:
    """The program. Exit codes: 0 done, 1 failed, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may know fewer characters
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        err.print("Interrupted. What was done is kept; run it again to go on.")
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UserError as error:
        fail(str(error))


@contextmanager
def open_for(settings: Settings) -> Iterator["Library"]:
    """The library of these settings, closed at the end; says so if it has to wait for it."""
    from qa.connect import open_library

    library = open_library(settings, say_waiting)
    try:
        yield library
    finally:
        library.close()


def say_waiting(busy: "IndexInUse") -> None:
    whom = "another process" if busy.owner.pid is None else f"process {busy.owner.pid}"
    err.print(
        f"The index in {busy.folder} is in use by {whom}. Waiting for it to finish.", markup=False
    )


def say_if_empty(library: "Library", settings: Settings) -> bool:
    """Whether there is no article at all; says what to do then."""
    empty = library.collection().articles == 0
    if empty:
        err.print(
            f"The index in {settings.data} has no articles. Add some: qa ingest PATH", markup=False
        )
    return empty


def check_days(published_from: date | None, published_to: date | None) -> None:
    if published_from and published_to and published_from > published_to:
        raise click.UsageError(f"--from {published_from} is after --to {published_to}.")


def fail(sentence: str) -> NoReturn:
    err.print(sentence, markup=False)
    sys.exit(1)
