"""What a terminal shows that other outputs do not."""

import io

from rich.console import Console

from qa.cli.output import ingest_progress, repair_progress
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
