import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qa.evaluation.command_line import Target, main
from qa.evaluation.evaluate import OpenedTarget
from qa.evaluation.runner import Asking
from tests.qa.evaluation.conftest import ARTICLES
from tests.qa.evaluation.fake import FakeSystem
from vectorstore.errors import UserError

MISPLACED = json.dumps(
    {
        "id": "misplaced",
        "question": "When?",
        "answers": [{"article_id": "joins", "start": 0, "end": 4, "text": "2020"}],
    }
)


@pytest.fixture
def run(tmp_path: Path, question_file: Path) -> "Run":
    return Run(tmp_path, question_file)


class Run:
    """The command line over a fake system."""

    def __init__(self, folder: Path, questions: Path) -> None:
        self.folder, self.questions = folder, questions
        self.system = FakeSystem(ARTICLES)

    def __call__(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(a) for a in arguments], obj=self._open)

    def evaluate(self, *arguments: str | Path) -> Result:
        where = ("--articles", self.folder, "--questions", self.questions, "--out", self.folder)
        return self(*where, *arguments)

    def _open(self, wanted: Target) -> OpenedTarget:
        if wanted.url is not None:
            raise UserError(f"Nothing answers at {wanted.url}.")

        @contextmanager
        def opened() -> Iterator[FakeSystem]:
            yield self.system

        asking = Asking(wanted.plan.passages, wanted.plan.answerer)
        return OpenedTarget(wanted.plan, asking, self.system.article_text, opened)


def test_an_evaluation_prints_its_figures_and_names_its_files(run: Run) -> None:
    result = run.evaluate("--name", "first")
    assert result.exit_code == 0, result.output
    assert "passage hits@5" in result.output
    written = json.loads((run.folder / "first.json").read_text())
    assert written["records"][0]["case"]["id"] == "join"
    assert (run.folder / "first.html").exists()
    assert not list(run.folder.glob(".unfinished*"))


def test_a_limit_spreads_over_the_file(run: Run) -> None:
    run.evaluate("--name", "first", "--limit", "2")
    written = json.loads((run.folder / "first.json").read_text())
    assert [record["case"]["id"] for record in written["records"]] == ["join", "compare"]


def test_an_earlier_run_is_shown_again(run: Run) -> None:
    run.evaluate("--name", "first")
    shown = run("--show", run.folder / "first.json", "--markdown")
    assert shown.output.startswith("| figure | value |")


def test_two_runs_are_compared(run: Run) -> None:
    run.evaluate("--name", "first")
    run.evaluate("--name", "second")
    result = run("--compare", run.folder / "first.json", run.folder / "second.json")
    assert result.exit_code == 0
    assert "no difference" in result.output
    assert "5 questions that both runs share" in result.output


def test_an_interrupted_evaluation_is_taken_up(run: Run) -> None:
    asked = run.system.ask

    def stopping(question: object) -> object:
        if run.system.asked == 3:
            raise KeyboardInterrupt
        return asked(question)  # type: ignore[arg-type]

    run.system.ask = stopping  # type: ignore[assignment,method-assign]
    result = run.evaluate()
    assert result.exit_code == 1
    assert "run the same command to resume" in result.output
    run.system = FakeSystem(ARTICLES)
    result = run.evaluate()
    assert "Resuming an interrupted run: 3 questions are done" in result.output
    assert run.system.asked == 2


def test_an_interrupted_evaluation_is_begun_anew_on_request(run: Run) -> None:
    run.system.failing = {"When joined Binance.US the Blockchain Association?": "No."}
    run.evaluate()
    run.system = FakeSystem(ARTICLES)
    run.evaluate("--fresh")
    assert run.system.asked == 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 6: not JSON at column 2"),
        (MISPLACED, "line 6: joins[0:4] is 'Bina', not '2020'; that text is at start 55, end 59."),
    ],
)
def test_a_bad_question_line_ends_it_with_the_line_number(run: Run, line: str, said: str) -> None:
    run.questions.write_text(run.questions.read_text() + "\n" + line)
    result = run.evaluate()
    assert result.exit_code == 1
    assert said in result.output
    assert run.system.asked == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--articles", "a", "--url", "http://b"), "--articles and --url exclude each other"),
        (("--key-file", "-"), "--key-file is for a service"),
        (("--input-price", "1"), "A cost needs both"),
        (("--update-baseline", "--limit", "3"), "leave out --articles"),
        (("--passages", "99"), "--passages"),
        (("--compare", "only-one.json"), "--compare"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--questions", "none.jsonl"), "none.jsonl cannot be read or written"),
        (("--compare", "none.json", "none.json"), "none.json cannot be read or written"),
        (("--show", "none.json"), "none.json cannot be read or written"),
        (("--url", "http://127.0.0.1:1"), "Nothing answers at http://127.0.0.1:1."),
    ],
)
def test_what_is_not_there_is_named_and_exits_with_1(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
