"""Asks every question and appends each record to a file, so that a run can be resumed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from qa.evaluation.copy_credit import as_expected
from qa.evaluation.question_file import Case
from qa.evaluation.retrieval_metrics import DEPTH, PassageRef
from qa.evaluation.run_records import Judgement, Record, dump_record, load_record
from qa.evaluation.system import AskError, CannotSearch, System
from qa.types import Answer, AnswererName, PassageResult
from vectorstore.errors import UserError

FAILURES_IN_A_ROW = 10

Judge = Callable[[Case, Answer], Judgement]


class RunError(UserError):
    """The run cannot continue; finished records are kept. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How each question is asked. If `judge` raises AskError, the answer stays unjudged."""

    passages: int = 8
    answerer: AnswererName | None = None
    judge: Judge | None = None


def run_case(case: Case, system: System, asking: Asking) -> Record:
    """Asks one question, searches for it and checks its quotes; a failure is recorded."""
    answer: Answer | None = None
    failure: str | None = None
    ask_ms: float | None = None
    started = time.perf_counter()
    try:
        answer = system.ask(case.ask(passages=asking.passages, answerer=asking.answerer))
        ask_ms = (time.perf_counter() - started) * 1000
    except AskError as error:
        failure = str(error)
    # Search for a follow-up as the system rewrote it.
    query = answer.standalone_question if answer is not None else case.question
    found: tuple[PassageResult, ...] = ()
    search_ms: float | None = None
    started = time.perf_counter()
    try:
        found = system.search(query, DEPTH, case.filters)
        search_ms = (time.perf_counter() - started) * 1000
    except CannotSearch:
        pass
    except AskError as error:
        failure = failure or str(error)

    def expected_refs(passages: Sequence[PassageResult]) -> tuple[PassageRef, ...]:
        return refs(as_expected(passages, case.answers, system.copies_of, system.article_text))

    if answer is None:
        return Record(case, None, failure, found=expected_refs(found), search_ms=search_ms)
    cited = as_expected(answer.citations, case.answers, system.copies_of, system.article_text)
    return Record(
        case,
        replace(answer, passages=(), citations=cited),
        failure,
        given=expected_refs(answer.passages),
        found=expected_refs(found),
        exact=exact_quotes(answer, system),
        ask_ms=ask_ms,
        search_ms=search_ms,
        judgement=_judged(case, answer, asking.judge),
    )


def exact_quotes(answer: Answer, system: System) -> tuple[bool, ...]:
    """For each citation, whether `article.text[start:end] == quote`."""
    return tuple(
        _article_words(system, c.article_id, c.start, c.end) == c.quote for c in answer.citations
    )


def refs(passages: Sequence[PassageResult]) -> tuple[PassageRef, ...]:
    return tuple(PassageRef(p.id, p.article_id, p.start, p.end, p.score) for p in passages)


def run_cases(
    cases: Sequence[Case],
    system: System,
    asking: Asking,
    *,
    progress: Path,
    key: str,
    jobs: int = 1,
    on_record: Callable[[Record], None] = lambda record: None,
) -> tuple[Record, ...]:
    """The record of every case, in the order of `cases`, asking `jobs` questions concurrently.

    Records are appended to the file `progress` as they come. Those already in it under the same
    `key` are reused, except failures, which are tried again. `on_record` is called with each.
    Raises RunError after several failures in a row.
    """
    done = read_progress(progress, key)
    records = {case.id: done[case.id] for case in cases if case.id in done}
    for record in records.values():
        on_record(record)
    waiting = [case for case in cases if case.id not in records]
    failures = 0
    with (
        appending(progress, key, done.values()) as file,
        ThreadPoolExecutor(jobs, thread_name_prefix="asking") as pool,
    ):
        futures = [pool.submit(run_case, case, system, asking) for case in waiting]
        try:
            for future in as_completed(futures):
                record = future.result()
                records[record.case.id] = record
                _append(file, dump_record(record))
                on_record(record)
                failures = failures + 1 if record.answer is None else 0
                if failures == FAILURES_IN_A_ROW:
                    raise RunError(
                        f"{failures} questions in a row failed; the last one: {record.failure}"
                    )
        finally:
            # After an interruption or a failure, do not start the questions still queued.
            pool.shutdown(wait=False, cancel_futures=True)
    return tuple(records[case.id] for case in cases)


def progress_key(*settings: object) -> str:
    """Equal for runs whose records are interchangeable."""
    return sha256(repr(settings).encode()).hexdigest()


def read_progress(path: Path, key: str) -> dict[str, Record]:
    """The records of an interrupted run with this key, by case id, without failures."""
    try:
        header, *lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    if header.decode("utf-8", "replace") != key:
        return {}
    records: dict[str, Record] = {}
    for line in lines:
        try:
            record = load_record(line)
        except ValueError:
            # The run was interrupted while it wrote this line.
            continue
        if record.answer is not None and record.failure is None:
            records[record.case.id] = record
    return records


@contextmanager
def appending(path: Path, key: str, done: Iterable[Record]) -> Iterator[BinaryIO]:
    """The progress file, rewritten with the records `done` so that no partial line is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_suffix(".new")
    with begun.open("wb") as file:
        _append(file, key.encode())
        for record in done:
            _append(file, dump_record(record))
        begun.replace(path)
        yield file


def _append(file: BinaryIO, line: bytes) -> None:
    file.write(line + b"\n")
    file.flush()


def _article_words(system: System, article_id: str, start: int, end: int) -> str | None:
    # Python would count a negative offset from the end.
    if not 0 <= start < end:
        return None
    try:
        return system.article_text(article_id)[start:end]
    except (LookupError, AskError):
        return None


def _judged(case: Case, answer: Answer, judge: Judge | None) -> Judgement | None:
    if judge is None or not answer.answered:
        return None
    try:
        return judge(case, answer)
    except AskError:
        return None
