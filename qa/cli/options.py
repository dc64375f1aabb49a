"""Arguments and options that several commands share, and the types of their values."""

import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import click

LONGEST_QUESTION = 2_000
BYTES_READ = 100_000
"""From standard input: more than any question has."""


Decorator = Callable[[Callable[..., None]], Callable[..., None]]


class Text(click.ParamType[str]):
    """UTF-8 text: the shell may pass other bytes, which could be neither searched nor sent."""

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


class QuestionText(Text):
    """A question or a query, without surrounding whitespace."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = super().convert(value, param, ctx).strip()
        if not 1 <= len(text) <= LONGEST_QUESTION:
            self.fail(f"A question has 1 to {LONGEST_QUESTION:,} characters.", param, ctx)
        return text


question_argument: Decorator = click.argument("words", nargs=-1, metavar="[QUESTION]", type=Text())


def question_from(words: Sequence[str]) -> str:
    """The question in the words of a command line, which need no quotes; read from standard input
    if there are none or only "-".

    Raises click.UsageError.
    """
    if words and tuple(words) != ("-",):
        return QuestionText().convert(" ".join(words), None, None)
    if not words and sys.stdin.isatty():
        raise click.UsageError("Ask something: qa ask QUESTION. A dash reads standard input.")
    try:
        given = sys.stdin.buffer.read(BYTES_READ).decode("utf-8")
    except UnicodeDecodeError:
        raise click.UsageError("What came in is not UTF-8.") from None
    return QuestionText().convert(given, None, None)


class Day(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date. Write it like 2022-04-20.", param, ctx)


data_option: Decorator = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the index.  [default: QA_DATA, else ./data]",
)
collection_option: Decorator = click.option(
    "--collection",
    type=Text(),
    metavar="NAME",
    help="The collection.  [default: QA_COLLECTION, else default]",
)
json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, as the HTTP interface returns it."
)
FILTERS: tuple[Decorator, ...] = (
    click.option(
        "--from", "published_from", type=Day(), help="Only articles of this date or later."
    ),
    click.option("--to", "published_to", type=Day(), help="Only articles of this date or earlier."),
    click.option(
        "--source",
        "sources",
        type=Text(),
        multiple=True,
        help="Only articles from this source; can be repeated.",
    ),
    click.option(
        "--article",
        "article_ids",
        type=Text(),
        multiple=True,
        help="Only the article with this id; can be repeated.",
    ),
)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(FILTERS):
        command = option(command)
    return command


def check_days(published_from: date | None, published_to: date | None) -> None:
    """Raises click.UsageError for an empty date range."""
    if published_from and published_to and published_from > published_to:
        raise click.UsageError(f"--from {published_from} is after --to {published_to}.")
