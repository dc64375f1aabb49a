"""`qa chat`: a conversation, in which a question may refer to what was said before."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import (
    LONGEST_QUESTION,
    Text,
    collection_option,
    data_option,
)
from qa.cli.output import printable, show_answer_stream
from qa.cli.session import err, open_for, out, say_if_empty, settings_for
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.library import Library
    from qa.types import Answer, Event, Question, Turn

PROMPT = "? "
LEAVING = ("exit", "quit")
MOST_TURNS = 100
CHARACTERS_OF_TURNS = 100_000


@click.command()
@click.option(
    "--answerer",
    type=click.Choice(["extractive", "llm"]),
    help="What answers.  [default: llm if QA_MODEL is set]",
)
@collection_option
@data_option
def chat(answerer: str | None, collection: str | None, data: Path | None) -> None:
    """Ask one question after another.

    A question may refer to those before it. An empty line does nothing; exit, quit or Ctrl-D
    ends it. From a pipe, each line is a question.
    """
    import asyncio

    from qa.types import Question

    settings = settings_for(data=data, collection=collection)
    history: tuple[Turn, ...] = ()
    with open_for(settings) as library:
        if say_if_empty(library, settings):
            return
        for number, text in enumerate(questions()):
            if number and not sys.stdin.isatty():
                out.print()
            asked = Question(text, history, answerer=answerer)  # type: ignore[arg-type]  # a choice
            try:
                answer = asyncio.run(shown(library, asked))
            except UserError as error:  # the next question may do better
                err.print(printable(str(error)), markup=False)
                continue
            history = continued(history, text, answer.text)


def questions() -> Iterator[str]:
    """The questions on standard input, one per line; a terminal is prompted for them."""
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        with suppress(ImportError):  # if available, lines can be edited and recalled
            import readline  # noqa: F401
    while True:
        if is_terminal:
            try:
                line = input(PROMPT)
            except EOFError:
                out.print()
                return
        elif not (line := sys.stdin.readline()):
            return
        text = line.strip()
        if text in LEAVING:
            return
        if len(text) > LONGEST_QUESTION:
            err.print(f"A question has at most {LONGEST_QUESTION:,} characters.")
        elif text:
            try:
                yield Text().convert(text, None, None)
            except click.UsageError as error:
                err.print(error.format_message(), markup=False)


async def shown(library: "Library", question: "Question") -> "Answer":
    """The answer, printed as it is generated."""
    from qa.types import Answer

    found: list[Answer] = []

    async def noted() -> "AsyncIterator[Event]":
        async for event in library.stream(question):
            if isinstance(event, Answer):
                found.append(event)
            yield event

    await show_answer_stream(out, noted())
    return found[0]


def continued(history: "Sequence[Turn]", question: str, answer: str) -> "tuple[Turn, ...]":
    """The history with one more exchange, without the oldest ones that no longer fit."""
    from qa.types import Turn

    turns = [*history, Turn("user", question), Turn("assistant", answer)][-MOST_TURNS:]
    while sum(len(each.content) for each in turns) > CHARACTERS_OF_TURNS:
        turns = turns[2:]
    return tuple(turns)
