import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from qa.evaluation.question_file import Case, read_questions
from qa.evaluation.run_records import Record
from qa.evaluation.runner import Asking, RunError, read_progress, run_case, run_cases
from qa.types import Answer, Question
from tests.qa.evaluation.fake import FakeSystem


@dataclass
class Interrupted(FakeSystem):
    """Stops at the given call, as Ctrl-C would."""

    at: int = 0
    questions: list[str] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        if len(self.questions) == self.at:
            raise KeyboardInterrupt
        self.questions.append(question.text)
        return super().ask(question)


@pytest.fixture
def cases(question_file: Path) -> tuple[Case, ...]:
    return read_questions(question_file)


def _run(
    cases: Sequence[Case], system: FakeSystem, progress: Path, key: str = "k", jobs: int = 1
) -> tuple[Record, ...]:
    return run_cases(cases, system, Asking(), progress=progress, key=key, jobs=jobs)


def _untimed(records: Sequence[Record]) -> list[Record]:
    # The fake numbers its answers as they come.
    return [
        replace(
            record,
            ask_ms=None,
            search_ms=None,
            answer=replace(record.answer, id="") if record.answer is not None else None,
        )
        for record in records
    ]


def test_an_interrupted_run_goes_on_where_it_stopped(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.jsonl"
    with pytest.raises(KeyboardInterrupt):
        _run(cases, Interrupted(system.articles, at=2), progress)
    assert list(read_progress(progress, "k")) == ["join", "leave"]
    records = _run(cases, system, progress)
    assert system.asked == 3
    assert [record.case.id for record in records] == [case.id for case in cases]
    assert _untimed(records) == _untimed(
        _run(cases, FakeSystem(system.articles), tmp_path / "uninterrupted.jsonl")
    )


def test_a_line_cut_off_while_it_was_written_is_asked_again(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.jsonl"
    _run(cases, system, progress)
    progress.write_bytes(progress.read_bytes()[:-40])
    again = FakeSystem(system.articles)
    assert len(_run(cases, again, progress)) == 5
    assert again.asked == 1
    assert len(read_progress(progress, "k")) == 5


def test_records_of_other_settings_are_not_taken_up(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.jsonl"
    _run(cases, system, progress)
    _run(cases, system, progress, key="other")
    assert system.asked == 10
    assert read_progress(progress, "k") == {}


def test_a_question_that_failed_is_tried_again(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.jsonl"
    system.failing = {cases[1].question: "Out of order."}
    first = _run(cases, system, progress)
    assert first[1].failure == "Out of order."
    assert first[1].answer is None
    assert first[2].answer is not None
    system.failing = {}
    assert _run(cases, system, progress)[1].answer is not None
    assert system.asked == 6


def test_a_run_where_nothing_comes_back_stops(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    many = [replace(cases[0], id=str(n)) for n in range(50)]
    system.failing = {cases[0].question: "HTTP 503: no index."}
    with pytest.raises(RunError, match=r"10 questions in a row failed.*no index"):
        _run(many, system, tmp_path / "progress.jsonl")


def test_several_questions_at_a_time_give_the_same_records(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    many = [replace(case, id=f"{case.id}{n}") for n in range(8) for case in cases]
    apart = _run(many, system, tmp_path / "one.jsonl")
    together = _run(many, FakeSystem(system.articles), tmp_path / "four.jsonl", jobs=4)
    assert _untimed(together) == _untimed(apart)


def test_jobs_are_questions_in_the_air_at_one_time(
    cases: tuple[Case, ...], system: FakeSystem, tmp_path: Path
) -> None:
    together = threading.Barrier(2, timeout=10)

    class Meeting(FakeSystem):
        def ask(self, question: Question) -> Answer:
            together.wait()
            return super().ask(question)

    assert len(_run(cases[:4], Meeting(system.articles), tmp_path / "p.jsonl", jobs=2)) == 4


def test_the_search_is_for_the_question_as_it_was_understood(
    cases: tuple[Case, ...], system: FakeSystem
) -> None:
    class Condensing(FakeSystem):
        def ask(self, question: Question) -> Answer:
            return replace(super().ask(question), standalone_question=cases[1].question)

    record = run_case(replace(cases[0], question="And?"), Condensing(system.articles), Asking())
    assert record.found == run_case(cases[1], system, Asking()).found


@pytest.mark.parametrize("shift", [1, -1, -10_000, 10_000])
def test_a_quote_is_held_against_the_article(
    cases: tuple[Case, ...], system: FakeSystem, shift: int
) -> None:
    assert run_case(cases[0], system, Asking()).exact == (True,)
    system.shift = shift
    assert run_case(cases[0], system, Asking()).exact == (False,)
