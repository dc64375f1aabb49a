"""Output to terminals and pipes, and failures to write it."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from qa.cli.output import ingest_progress, repair_progress, show_answer_stream
from qa.types import Event, Token
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
