"""The commands of `qa`."""

import asyncio
import io
import sys
from datetime import date
from pathlib import Path

import click

from qa.cli.options import QuestionText, Text, check_days, data_option, filter_options, json_option
from qa.cli.output import (
    ingest_progress,
    repair_progress,
    show_answer_stream,
    show_articles,
    show_diagnosis,
    show_passages,
    show_report,
    show_settings,
    show_skipped,
    show_text,
)
from qa.cli.session import err, fail, open_for, out, say_if_empty, say_waiting
from qa.settings import read_settings
from vectorstore.errors import UserError

# Modules that take seconds to import are imported by the commands that need them.


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(package_name="article-qa", prog_name="qa")
def cli() -> None:
    """Ask questions about your articles; every sentence of an answer shows its source."""


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--keep-all/--no-keep-all",
    default=None,
    help="Search promotional and repeated paragraphs too.  [default: QA_KEEP_ALL, else no]",
)
@data_option
def ingest(paths: tuple[Path, ...], keep_all: bool | None, data: Path | None) -> None:
    """Add articles from files and folders.

    Text, Markdown, HTML, JSON and JSON Lines are supported. It is safe to run again: unchanged
    articles stay, changed ones are replaced. While `qa serve` is running, the articles are sent to
    it.

    Promotional lines, and paragraphs that many articles share, are not searched. With --keep-all
    they are. To change that for an article, ingest it again.
    """
    from vectorstore.readers import SUFFIXES, count_candidates, read_articles

    settings = read_settings(data=data, keep_all=keep_all)
    with open_for(settings) as library:
        with ingest_progress(err, count_candidates(paths)) as on_progress:
            articles = read_articles(paths, keep_all=settings.keep_all)
            report = library.add(articles, on_progress)
        show_report(out, report)
    if not report.articles:
        err.print(f"No articles found: no file there ends in {', '.join(sorted(SUFFIXES))}.")
    if report.articles and all(each.status == "skipped" for each in report.articles):
        sys.exit(1)


@cli.command()
@click.argument("question", type=QuestionText())
@click.option(
    "--answerer",
    type=click.Choice(["extractive", "llm"]),
    help="What answers.  [default: llm if QA_MODEL is set]",
)
@click.option(
    "--passages",
    default=8,
    show_default=True,
    type=click.IntRange(1, 20),
    help="How many passages to answer from.",
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
    """Answer a question, quoting the articles."""
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
@click.argument("query", type=QuestionText())
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
    """Find the passages that best fit a question, without answering it."""
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
@click.option("--containing", type=Text(), default="", help="Only articles with these words.")
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
@click.argument("article_id", type=Text(), metavar="ID")
@json_option
@data_option
def show(article_id: str, as_json: bool, data: Path | None) -> None:
    """Print an article exactly as it is stored.

    In a terminal, also which parts of it are not searched, and why.
    """
    from pydantic_core import to_json

    with open_for(read_settings(data=data)) as library:
        article = library.article(article_id)
    if article is None:
        fail(f"There is no article with the id {article_id!r}. `qa articles` lists them.")
    if as_json:
        click.echo(to_json(article, indent=2))
    else:
        show_text(article.text)
        if sys.stdout.isatty():
            show_skipped(err, article)


@cli.command()
@click.argument("article_ids", type=Text(), metavar="ID...", nargs=-1, required=True)
@data_option
def remove(article_ids: tuple[str, ...], data: Path | None) -> None:
    """Remove articles, with their passages and vectors."""
    with open_for(read_settings(data=data)) as library:
        missing = [each for each in article_ids if not library.remove(each)]
    out.print(f"Removed {len(article_ids) - len(missing)}.")
    if missing:
        fail("There was no article with the id " + ", ".join(map(repr, missing)) + ".")


@cli.command()
@click.option("--host", help="The address to listen on.  [default: QA_HOST, else 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 takes any free one.  [default: QA_PORT, else 8000]",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True),
    help="Articles to add first if the index is empty.",
)
@data_option
def serve(host: str | None, port: int | None, seed: Path | None, data: Path | None) -> None:
    """Serve the chat page and the HTTP interface."""
    from qa.cli.serve import serve as serve_here

    settings = read_settings(host=host, port=port, data=data)
    serve_here(settings, seed, err, say_waiting)


repair_option = click.option("--repair", is_flag=True, help="Rebuild whatever is not consistent.")


@cli.command()
@repair_option
@data_option
def doctor(repair: bool, data: Path | None) -> None:
    """Check that the index is consistent.

    Compares the articles, their passages, the full-text index and the vectors.
    """
    from qa.connect import open_service

    service = open_service(read_settings(data=data), say_waiting, rebuild=repair)
    try:
        if repair:
            with repair_progress(err) as on_progress:
                report = service.repair(on_progress)
        else:
            report = service.inspect()
    finally:
        service.close()
    show_diagnosis(out, report)
    if not report.agrees:
        sys.exit(1)


@cli.command(hidden=True)
@repair_option
@data_option
@click.pass_context
def check(context: click.Context, repair: bool, data: Path | None) -> None:
    """The former name of `qa doctor`."""
    err.print("qa check is now qa doctor; this name goes in the next release.")
    context.invoke(doctor, repair=repair, data=data)


@cli.command()
@data_option
def settings(data: Path | None) -> None:
    """Print the current settings, with secrets masked."""
    show_settings(out, read_settings(data=data))


def main() -> None:
    """Run the program. Exit codes: 0 done, 1 failed, 2 wrong usage."""
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
