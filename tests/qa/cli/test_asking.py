"""How a question reaches `qa`, and how what it prints fits where it goes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from rich.console import Console

from qa.cli.conversation import continued
from qa.cli.output import NARROWEST, WIDTH, show_passages, width_of
from qa.types import PassageResult, Turn
from tests.qa.cli.conftest import Qa
from tests.qa.processes import PROGRAM, environment, run
from tests.qa.serving import Served

QUESTION = "When did Binance.US join the Blockchain Association?"


@pytest.fixture
def of_served(qa: Qa, served: Served) -> Qa:
    return lambda *arguments: qa(*arguments, "--data", served.folder)


def typed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    """Standard input, which is no terminal."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), "utf-8"))


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_needs_no_quotes_and_may_come_from_a_pipe(
    of_served: Qa, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    quoted = of_served(command, QUESTION).out
    assert quoted
    assert of_served(command, *QUESTION.split()).out == quoted
    for words in ((), ("-",)):
        typed(monkeypatch, f"  {QUESTION}\n".encode())
        assert of_served(command, *words).out == quoted


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "1 to 2,000 characters"),
        (b"q" * 2_001, "1 to 2,000 characters"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_is_no_question_is_wrong_usage(
    of_served: Qa, monkeypatch: pytest.MonkeyPatch, given: bytes, told: str
) -> None:
    typed(monkeypatch, given)
    ran = of_served("ask", "-")
    assert ran.code == 2
    assert told in ran.err


def test_a_conversation_goes_on_from_what_was_said(
    of_served: Qa, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [QUESTION, "", "q" * 2_001, "Who left then?", "exit", "never asked"]
    typed(monkeypatch, "\n".join(lines).encode())
    ran = of_served("chat")
    assert ran.code == 0
    assert ran.err == "A question has at most 2,000 characters.\n"
    first = of_served("ask", QUESTION).out
    assert ran.out.startswith(first)
    assert len(ran.out) > len(first)


def test_a_long_conversation_forgets_its_beginning() -> None:
    history: tuple[Turn, ...] = ()
    for number in range(70):
        history = continued(history, f"question {number}", "a" * 2_500)
    assert history[-2].content == "question 69"
    assert history[0].role == "user"
    assert len(history) <= 100
    assert sum(len(each.content) for each in history) <= 100_000


@pytest.mark.parametrize(("columns", "expected"), [(60, 60), (300, WIDTH), (10, NARROWEST)])
def test_quotes_are_wrapped_to_the_terminal(columns: int, expected: int) -> None:
    written = io.StringIO()
    console = Console(file=written, width=columns, force_terminal=True, soft_wrap=True)
    assert width_of(console) == expected
    text = "The harbour pilots of the western reach were paid on Monday. " * 5
    show_passages(
        console, [PassageResult(id="p", article_id="a", start=0, end=9, text=text, score=1)]
    )
    lines = [line for line in written.getvalue().splitlines() if line.startswith("    The")]
    assert lines
    assert all(len(line) <= expected for line in lines)
    assert width_of(Console(file=written, width=columns)) == WIDTH


def test_what_closes_its_end_of_a_pipe_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "pay.txt").write_text("Harbor pilots earned 100 dollars on Monday.")
    assert run(tmp_path, "ingest", "pay.txt")[0] == 0
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, *PROGRAM, "ask", "How", "much", "did", "pilots", "earn?"]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=100,
        check=False,
    )
    os.close(writing)
    assert ran.stderr == b""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(qa: Qa, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    script = qa("completion", shell).out
    assert f"_QA_COMPLETE={shell}_complete" in script
    assert get_completion_class(shell) is not None
    monkeypatch.setenv("_QA_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "qa ing")
    monkeypatch.setenv("COMP_CWORD", "ing" if shell == "fish" else "1")
    assert "ingest" in qa().out


def test_an_ingest_that_is_interrupted_keeps_what_was_indexed(
    qa: Qa, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("boats").mkdir()
    for number in range(60):
        Path(f"boats/{number}.txt").write_text(f"The pilot of boat {number} was paid on Monday.")
    from vectorstore.store import Store

    publish = Store.publish
    published = 0

    def interrupting(store: Store, *arguments: object) -> None:
        nonlocal published
        published += 1
        if published == 2:
            raise KeyboardInterrupt
        publish(store, *arguments)  # type: ignore[arg-type]  # those that it was given

    monkeypatch.setattr(Store, "publish", interrupting)
    ran = qa("ingest", "boats")
    assert ran.code == 1
    assert ran.err == "Interrupted. 32 articles are in; run it again to add the rest.\n"
    monkeypatch.setattr(Store, "publish", publish)
    assert len(qa("articles").out.splitlines()) == 32
    assert qa("ingest", "boats").out.startswith("28 added, 0 replaced, 32 unchanged")
