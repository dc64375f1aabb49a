"""Output to terminals and pipes, and failures to write it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from importlib import resources

import pytest
from rich.console import Console

from qa.cli.output import (
    ingest_progress,
    printable,
    repair_progress,
    show_answer_stream,
    show_json,
)
from qa.types import SURE_FROM, Answer, Event, Token
from vectorstore.ingest import Progress


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_ingest_shows_its_articles() -> None:
    console = terminal()
    with ingest_progress(console, 40) as on_progress:
        on_progress(Progress("reading", 10))
        on_progress(Progress("reading", 30))
        on_progress(Progress("embedding", 20, 30))
    assert "30/40" in shown(console)
    assert "20/30" in shown(console)
    assert "articles/s" in shown(console)


def test_a_repair_shows_its_passages() -> None:
    console = terminal()
    with repair_progress(console) as on_progress:
        on_progress(Progress("embedding", 256, 1_000, 256))
        on_progress(Progress("embedding", 512, 1_000, 512))
    assert "512/1,000" in shown(console)
    assert "passages/s" in shown(console)


def test_a_pipe_is_shown_no_progress() -> None:
    console = Console(file=io.StringIO())
    with repair_progress(console) as on_progress:
        on_progress(Progress("embedding", 256, 1_000, 256))
    assert shown(console) == ""


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200f", "\u061c", "\x9b", "\x1b"])
def test_a_character_that_a_terminal_would_obey_is_marked(character: str) -> None:
    assert printable(f"pay{character}lap\n") == "pay\N{REPLACEMENT CHARACTER}lap\n"


def test_json_in_a_terminal_has_no_character_that_it_would_obey(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value = {"text": "pay\u202elap \x9b2J \x1b[2J ü"}
    show_json(value)
    assert "\u202e" in capsys.readouterr().out, "a program gets what there is"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show_json(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert not {"\u202e", "\x9b", "\x1b"} & set(shown)


@pytest.mark.parametrize(("confidence", "doubted"), [(0.59, True), (0.6, False), (None, False)])
def test_quotes_that_may_not_answer_are_shown_with_a_warning(
    confidence: float | None, doubted: bool
) -> None:
    answer = Answer(
        id="",
        question="Who sat?",
        standalone_question="Who sat?",
        answered=True,
        text="The cat sat.",
        passages=(),
        confidence=confidence,
    )

    async def events() -> AsyncIterator[Event]:
        yield Token(answer.text)
        yield answer

    console = terminal()
    asyncio.run(show_answer_stream(console, events()))
    assert ("These quotes may not answer the question." in shown(console)) is doubted


def test_the_page_warns_of_the_same_answers() -> None:
    page = (resources.files("qa.web") / "turn.js").read_text("utf-8")
    assert f"\nconst SURE = {SURE_FROM};\n" in page


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("No space left on device")


def test_a_stream_is_closed_when_its_answer_cannot_be_printed() -> None:
    closed = []

    async def events() -> AsyncIterator[Event]:
        try:
            yield Token("The cat sat.")
            yield Token("It was content.")
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def closed_by_printing() -> None:
        try:
            await show_answer_stream(Console(file=Full()), events())
        finally:
            assert closed, "before the event loop ends"

    with pytest.raises(OSError, match="No space left"):
        asyncio.run(closed_by_printing())
