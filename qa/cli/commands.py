"""The commands of `qa`."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli import upkeep
from qa.cli.collection_commands import collections
from qa.cli.completion_command import completion
from qa.cli.conversation import chat
from qa.cli.mcp_command import mcp
from qa.cli.options import (
    Day,
    Text,
    check_days,
    collection_option,
    data_option,
    filter_options,
    json_option,
    question_argument,
    question_from,
)
from qa.cli.output import (
    ingest_progress,
    printable,
    repair_progress,
    show_answer_stream,
    show_articles,
    show_diagnosis,
    show_followed,
    show_json,
    show_keys,
    show_look,
    show_passages,
    show_report,
    show_settings,
    show_skipped,
    show_text,
    show_timeline,
)
from qa.cli.session import (
    err,
    fail,
    open_for,
    out,
    refuse_if_there_is_none,
    say_if_empty,
    say_waiting,
    settings_for,
)
from qa.cli.verify_command import verify
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.keys import KeyFile, Scope
    from qa.settings import Settings
    from vectorstore.ingest import Progress
    from vectorstore.integrity import IndexReport
    from vectorstore.readers import Unreadable
    from vectorstore.types import Article

SOME_SKIPPED = 3
"""The exit status of `qa ingest` if some articles are in and others were skipped."""

OnProgress = Callable[["Progress"], None]

# Modules that take seconds to import are imported by the commands that need them.


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(package_name="article-qa", prog_name="qa")
def cli() -> None:
    """Ask questions about your articles; every sentence of an answer shows its source."""


@cli.command()
@click.argument("given", metavar="PATH|URL...", nargs=-1, required=True)
@click.option(
    "--keep-all/--no-keep-all",
    default=None,
    help="Search promotional and repeated paragraphs too.  [default: QA_KEEP_ALL, else no]",
)
@click.option(
    "--follow-links", is_flag=True, help="Also follow links that lead out of a given folder."
)
@collection_option
@data_option
def ingest(
    given: tuple[str, ...],
    keep_all: bool | None,
    follow_links: bool,
    collection: str | None,
    data: Path | None,
) -> None:
    """Add articles from files, folders and addresses.

    Files: text, Markdown, HTML, MHTML, PDF, DOCX, ODT, RTF, EPUB, mail (EML, MBOX), tables (CSV,
    TSV), JSON and JSON Lines, and archives of these (ZIP, TAR, WARC). Addresses: articles,
    documents, feeds and sitemaps. It is safe to run again: unchanged articles stay, changed ones
    are replaced. While `qa serve` is running, the articles are sent to it.

    Promotional lines, and paragraphs that many articles share, are not searched. With --keep-all
    they are. To change that for an article, ingest it again.

    What cannot be read is named with its reason, and stops nothing else. Exit status: 0 if
    nothing was skipped, 3 if some articles were, 1 if all were.
    """
    from vectorstore.fetching.fetcher import is_address
    from vectorstore.readers import SUFFIXES, count_candidates, read_articles

    settings = settings_for(data=data, collection=collection, keep_all=keep_all)
    addresses = [each for each in given if is_address(each)]
    paths = [Path(each) for each in given if not is_address(each)]
    with open_for(settings, is_made=True) as library:
        candidates = count_candidates(paths, follow_links=follow_links) + len(addresses)
        with ingest_progress(err, candidates) as on_progress:
            articles = chain(
                read_articles(paths, keep_all=settings.keep_all, follow_links=follow_links),
                _read_addresses(addresses, settings, on_progress, candidates),
            )
            with said_if_interrupted() as noting:
                report = library.add(articles, noting(on_progress))
        show_report(out, report)
    if not report.articles:
        err.print(f"No articles found: no file there ends in {', '.join(sorted(SUFFIXES))}.")
    skipped = [each.status == "skipped" for each in report.articles]
    if any(skipped):
        sys.exit(1 if all(skipped) else SOME_SKIPPED)


@contextmanager
def said_if_interrupted() -> "Iterator[Callable[[OnProgress], OnProgress]]":
    """On Ctrl-C, says how many articles are in, and exits with code 1."""
    indexed = 0

    def noting(on_progress: "OnProgress") -> "OnProgress":
        def note(progress: "Progress") -> None:
            nonlocal indexed
            if progress.stage == "embedding":
                indexed = progress.done
            on_progress(progress)

        return note

    try:
        yield noting
    except KeyboardInterrupt:
        articles = "article is" if indexed == 1 else "articles are"
        fail(f"Interrupted. {indexed:,} {articles} in; run it again to add the rest.")


def _read_addresses(
    addresses: Sequence[str],
    settings: "Settings",
    on_progress: "Callable[[Progress], None]",
    candidates: int,
) -> "Iterator[Article | Unreadable]":
    """The articles at the addresses, which are the last of the `candidates`. Progress counts each
    entry of a list, since at most one page a second is fetched from a site."""
    if not addresses:
        return
    from qa.composition import make_fetcher
    from vectorstore.fetching.web_reader import read_address
    from vectorstore.ingest import Progress

    fetcher = make_fetcher(settings)
    before, expected, entries = candidates - len(addresses), candidates, 1

    def on_entry(done: int, total: int) -> None:
        nonlocal entries
        entries = total
        on_progress(Progress("reading", before + done, expected + total - 1))

    for address in addresses:
        entries = 1
        yield from read_address(fetcher, address, keep_all=settings.keep_all, on_entry=on_entry)
        before, expected = before + entries, expected + entries - 1


@cli.command()
@click.argument("address", metavar="[URL|FOLDER]", required=False, type=Text())
@click.option("--list", "action", flag_value="list", help="Show what is followed, and its errors.")
@click.option(
    "--remove", "action", flag_value="remove", help="Follow it no longer; its articles stay."
)
@click.option(
    "--now", "action", flag_value="now", help="Look at it, or at all, now and in every detail."
)
@json_option
@collection_option
@data_option
def follow(
    address: str | None,
    action: str | None,
    as_json: bool,
    collection: str | None,
    data: Path | None,
) -> None:
    """Follow a feed, a sitemap, a page or a folder.

    It is looked at now, and from then on by `qa serve`: addresses every QA_FOLLOW_MINUTES, folders
    as soon as they change. New articles are added, changed ones replaced, withdrawn ones removed.
    """
    from pydantic_core import to_json

    if action == "remove" and address is None:
        raise click.UsageError("--remove needs the address or the folder.")
    if action is None and address is None:
        action = "list"
    if action == "list" and address is not None:
        raise click.UsageError("--list shows all that is followed; leave the address out.")
    settings = settings_for(data=data, collection=collection)
    with open_for(settings, is_made=True) as library:
        if action == "list":
            followed = library.followed()
            if as_json:
                click.echo(to_json(followed, indent=2))
            else:
                show_followed(out, followed)
        elif action == "remove" and address is not None:
            if not library.unfollow(address):
                fail(f"Not followed: {address}. `qa follow --list` shows what is.")
            out.print(f"{address} is followed no longer. Its articles stay.", markup=False)
        else:
            with err.status("Looking at it, a page a second…"):
                is_now = action == "now"
                looked = library.look_now(address) if is_now else library.follow(address or "")
            if as_json:
                click.echo(to_json(looked, indent=2))
            else:
                show_look(out, looked)
            if any(each.failures for each in looked.followed):
                sys.exit(1)


@cli.command()
@question_argument
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
@click.option(
    "--as-of", type=Day(), help='Answer with what was published by this day, which is "today".'
)
@click.option("--ignore-dates", is_flag=True, help='Search all dates, whatever "last week" says.')
@click.option(
    "--save",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save it: FILE.json, which `qa verify` reads, .md, .html or .jsonld; can be repeated.",
)
@filter_options
@json_option
@collection_option
@data_option
def ask(
    words: tuple[str, ...],
    answerer: str | None,
    passages: int,
    as_of: date | None,
    ignore_dates: bool,
    save: tuple[Path, ...],
    published_from: date | None,
    published_to: date | None,
    sources: tuple[str, ...],
    article_ids: tuple[str, ...],
    as_json: bool,
    collection: str | None,
    data: Path | None,
) -> None:
    """Answer a question, quoting the articles.

    The question needs no quotes around it, unless the shell would read some of its characters.
    Without one, or for "-", it is read from standard input.
    """
    import asyncio

    from qa.receipts.receipt_file import format_of, save_receipt
    from qa.types import Question
    from vectorstore.types import Filters

    check_days(published_from, published_to)
    for path in save:
        format_of(path)
    asked = Question(
        text=question_from(words),
        filters=Filters(published_from, published_to, sources, article_ids),
        passages=passages,
        as_of=as_of,
        reads_dates=not ignore_dates,
        answerer=answerer,  # type: ignore[arg-type]  # one of the choices above
    )
    settings = settings_for(data=data, collection=collection)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        answer = None
        if as_json:
            answer = library.ask(asked)
            show_json(answer)
        elif not empty:
            answer = asyncio.run(show_answer_stream(out, library.stream(asked)))
        if answer is not None and save:
            receipt = library.receipt(answer)
            for path in save:
                save_receipt(receipt, path)
            err.print(printable(f"Saved: {', '.join(map(str, save))}."), markup=False)


@cli.command()
@question_argument
@click.option(
    "-k", default=8, show_default=True, type=click.IntRange(1, 100), help="How many passages."
)
@click.option(
    "--rerank", is_flag=True, help="Read the first passages and rank them by what they say."
)
@filter_options
@json_option
@collection_option
@data_option
def search(
    words: tuple[str, ...],
    k: int,
    rerank: bool,
    published_from: date | None,
    published_to: date | None,
    sources: tuple[str, ...],
    article_ids: tuple[str, ...],
    as_json: bool,
    collection: str | None,
    data: Path | None,
) -> None:
    """Find passages that best fit a question, without answering it.

    Without one, or for "-", it is read from standard input.
    """
    from qa.schemas import FoundPassages
    from vectorstore.types import Filters

    check_days(published_from, published_to)
    query = question_from(words)
    settings = settings_for(data=data, collection=collection)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        found = library.search(
            query,
            k,
            Filters(published_from, published_to, sources, article_ids),
            rerank=rerank,
        )
    if as_json:
        show_json(FoundPassages(found))
    elif not empty:
        show_passages(out, found)


@cli.command()
@question_argument
@click.option("--as-of", type=Day(), help="Only what was published by this day.")
@click.option("--markdown", is_flag=True, help="Print it as a Markdown list.")
@filter_options
@json_option
@collection_option
@data_option
def timeline(
    words: tuple[str, ...],
    as_of: date | None,
    markdown: bool,
    published_from: date | None,
    published_to: date | None,
    sources: tuple[str, ...],
    article_ids: tuple[str, ...],
    as_json: bool,
    collection: str | None,
    data: Path | None,
) -> None:
    """Show what the articles tell about a name or a question, day by day.

    Without one, or for "-", it is read from standard input.
    """
    from qa.answering.dated_quotes import as_markdown
    from vectorstore.types import Filters

    check_days(published_from, published_to)
    about = question_from(words)
    settings = settings_for(data=data, collection=collection)
    filters = Filters(published_from, published_to, sources, article_ids)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        found = library.timeline(about, filters, as_of)
    if as_json:
        show_json(found)
    elif markdown:
        click.echo(as_markdown(found), nl=False)
    elif not empty:
        show_timeline(out, found)


@cli.command()
@click.option("--containing", type=Text(), default="", help="Only articles with these words.")
@json_option
@collection_option
@data_option
def articles(containing: str, as_json: bool, collection: str | None, data: Path | None) -> None:
    """List the articles, newest first."""
    settings = settings_for(data=data, collection=collection)
    with open_for(settings) as library:
        empty = say_if_empty(library, settings)
        page = library.articles(500, None, containing)
        pages = [page]
        while page.next_cursor is not None:
            page = library.articles(500, page.next_cursor, containing)
            pages.append(page)
    entries = [entry for each in pages for entry in each.articles]
    if as_json:
        show_json(entries)
    elif not empty:
        show_articles(out, entries)


@cli.command()
@click.argument("article_id", type=Text(), metavar="ID")
@json_option
@collection_option
@data_option
def show(article_id: str, as_json: bool, collection: str | None, data: Path | None) -> None:
    """Print an article exactly as it is stored.

    In a terminal, also which parts of it are not searched, and why.
    """
    with open_for(settings_for(data=data, collection=collection)) as library:
        article = library.article(article_id)
    if article is None:
        fail(f"There is no article with the id {article_id!r}. `qa articles` lists them.")
    if as_json:
        show_json(article)
    else:
        show_text(article.text)
        if sys.stdout.isatty():
            show_skipped(err, article)


@cli.command()
@click.argument("article_ids", type=Text(), metavar="ID...", nargs=-1, required=True)
@collection_option
@data_option
def remove(article_ids: tuple[str, ...], collection: str | None, data: Path | None) -> None:
    """Remove articles, with their passages and vectors."""
    with open_for(settings_for(data=data, collection=collection)) as library:
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

    settings = settings_for(host=host, port=port, data=data)
    serve_here(settings, seed, err, say_waiting)


repair_option = click.option("--repair", is_flag=True, help="Rebuild whatever is not consistent.")


@cli.command()
@repair_option
@collection_option
@data_option
def doctor(repair: bool, collection: str | None, data: Path | None) -> None:
    """Check that the index is consistent.

    Compares the articles, their passages, the full-text index and the vectors. While `qa serve` is
    running, the service does it; for --repair, stop it first.
    """
    settings = settings_for(data=data, collection=collection)
    if repair:
        report = _repaired(settings)
    else:
        with open_for(settings) as library:
            report = library.inspect()
    show_diagnosis(out, report)
    if not report.agrees:
        sys.exit(1)


def _repaired(settings: "Settings") -> "IndexReport":
    from qa.connect import open_service

    refuse_if_there_is_none(settings)
    service = open_service(settings, say_waiting, rebuild=True)
    try:
        with repair_progress(err) as on_progress:
            return service.repair(on_progress)
    finally:
        service.close()


@cli.command()
@click.option(
    "--to",
    required=True,
    type=Text(),
    metavar="FOLDER|URL",
    help="An empty folder, or a PostgreSQL database: postgresql://USER:PASSWORD@HOST/NAME.",
)
@click.option("--chroma", metavar="URL", type=Text(), help="The Chroma server beside it.")
@data_option
def move(to: str, chroma: str | None, data: Path | None) -> None:
    """Copy the index to servers, or back into a folder.

    Nothing is embedded again, and the index stays where it was. To use the copy, set
    QA_DATABASE_URL and QA_CHROMA_URL, or QA_DATA, to where it is now.
    """
    from qa.composition import build_service
    from qa.connect import open_service
    from qa.settings import settings_of_another_index

    there = settings_of_another_index(settings_for(data=data), to, chroma)
    source = open_service(settings_for(data=data), say_waiting)
    try:
        target = build_service(there)
        try:
            with repair_progress(err, "Moving") as on_progress:
                passages = source.move(target, on_progress)
        finally:
            target.close()
    finally:
        source.close()
    out.print(f"Moved {passages:,} passages. The index is still where it was, too.")


@cli.group()
def keys() -> None:
    """Make, list and revoke the keys that a service accepts.

    Once there is a key, `qa serve` answers no request without one. A running service heeds a new
    key, or a revoked one, at once.
    """


@keys.command()
@click.argument("name", type=Text())
@click.option(
    "--scope",
    type=click.Choice(["read", "change"]),
    default="read",
    show_default=True,
    help="read: ask, search and read; change: also add and remove articles.",
)
@click.option(
    "--collection",
    "collections",
    type=Text(),
    multiple=True,
    help="Only for this collection; can be repeated.  [default: all, and the whole service]",
)
@data_option
def add(name: str, scope: "Scope", collections: tuple[str, ...], data: Path | None) -> None:
    """Make a key and print it. It is kept as a hash: it cannot be shown again."""
    settings = settings_for(data=data)
    if collections:
        from qa.collections.collection_folders import CollectionFolders

        for each in collections:
            CollectionFolders.of(settings).info(each)
    secret = _key_file(settings).add(name, scope, collections)
    click.echo(secret)
    err.print("Keep it now: it cannot be shown again.")


@keys.command(name="list")
@data_option
def list_keys(data: Path | None) -> None:
    """List the keys, without their secrets."""
    show_keys(out, _key_file(settings_for(data=data)).keys())


@keys.command()
@click.argument("name", type=Text(), metavar="NAME|ID")
@data_option
def revoke(name: str, data: Path | None) -> None:
    """Revoke a key: requests with it are refused from now on."""
    revoked = _key_file(settings_for(data=data)).revoke(name)
    out.print(printable(f"Revoked {revoked.name}, {revoked.id}."), markup=False)


def _key_file(settings: "Settings") -> "KeyFile":
    from qa.keys import KeyFile

    return KeyFile(settings.path_of_keys)


cli.add_command(collections)


@cli.command(hidden=True)
@repair_option
@data_option
@click.pass_context
def check(context: click.Context, repair: bool, data: Path | None) -> None:
    """The former name of `qa doctor`."""
    err.print("qa check is now qa doctor; this name goes in the next release.")
    context.invoke(doctor, repair=repair, collection=None, data=data)


@cli.command()
@data_option
def settings(data: Path | None) -> None:
    """Print the current settings, with secrets masked."""
    show_settings(out, settings_for(data=data))


for _command in (chat, completion, mcp, verify, upkeep.backup, upkeep.restore, upkeep.reindex):
    cli.add_command(_command)


def main() -> None:
    """Run the program. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not have every character
    try:
        sys.exit(cli.main(prog_name="qa", standalone_mode=False))
    except click.Abort:
        err.print("Interrupted. What was done is kept; run it again to go on.")
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UserError as error:
        fail(str(error))
