"""Reads question files (JSON Lines) into cases; every problem is reported with its line."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qa.types import AnswererName, Question, Turn
from vectorstore.errors import UserError
from vectorstore.types import Filters, Span

SHOWN_PROBLEMS = 8

Half = Literal["development", "test"]
"""Rules and thresholds are tuned on one half and judged on the other."""


class QuestionFileError(UserError):
    """Says which lines of a question file are wrong, and what to do about each."""


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """The part of an article that answers a question: `article.text[start:end] == text`."""

    article_id: str
    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class GoldEvent:
    """An event of a timeline: its day, month or year in ISO format, and what reports it."""

    day: str
    told: GoldSpan


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its gold spans; without any, the articles do not answer it.

    `line` is its line in the question file, from 1.
    """

    id: str
    question: str
    kind: str
    answers: tuple[GoldSpan, ...]
    history: tuple[Turn, ...] = ()
    filters: Filters = Filters()
    line: int = 0
    half: Half | None = None
    as_of: date | None = None
    superseded: tuple[GoldSpan, ...] = ()
    """What used to be true, and must not be presented as current."""
    events: tuple[GoldEvent, ...] = ()
    """A timeline's, in order; `question` is then what the timeline is about."""

    @property
    def answerable(self) -> bool:
        return bool(self.answers)

    def ask(self, *, passages: int, answerer: AnswererName | None) -> Question:
        return Question(
            self.question, self.history, self.filters, passages, answerer, as_of=self.as_of
        )


class _Strict(BaseModel):
    # A misspelt field must not be taken for an absent one.
    model_config = ConfigDict(extra="forbid")


class _AnswerLine(_Strict):
    article_id: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _spans_its_text(self) -> "_AnswerLine":
        if self.end - self.start != len(self.text):
            raise ValueError(
                f"start {self.start} and end {self.end} span {self.end - self.start} characters, "
                f"but text has {len(self.text)}"
            )
        return self

    def gold(self) -> GoldSpan:
        return GoldSpan(self.article_id, self.start, self.end, self.text)


class _EventLine(_AnswerLine):
    day: str = Field(pattern=r"^\d{4}(-\d\d){0,2}$")


class _TurnLine(_Strict):
    role: Literal["user", "assistant"]
    content: str


class _FiltersLine(_Strict):
    published_from: date | None = None
    published_to: date | None = None
    sources: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()


class _Line(_Strict):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1, max_length=2000)
    kind: str = Field(default="fact", min_length=1)
    history: tuple[_TurnLine, ...] = ()
    filters: _FiltersLine = _FiltersLine()
    answers: tuple[_AnswerLine, ...]
    half: Half | None = None
    as_of: date | None = None
    superseded: tuple[_AnswerLine, ...] = ()
    events: tuple[_EventLine, ...] = ()

    def case(self, line: int) -> Case:
        return Case(
            id=self.id,
            question=self.question,
            kind=self.kind,
            answers=tuple(each.gold() for each in self.answers),
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
            filters=Filters(
                published_from=self.filters.published_from,
                published_to=self.filters.published_to,
                sources=self.filters.sources,
                article_ids=self.filters.article_ids,
            ),
            line=line,
            half=self.half,
            as_of=self.as_of,
            superseded=tuple(each.gold() for each in self.superseded),
            events=tuple(GoldEvent(each.day, each.gold()) for each in self.events),
        )


def read_questions(path: Path) -> tuple[Case, ...]:
    """The cases of a question file, in order; blank lines are ignored.

    Raises QuestionFileError, which names every bad line, and OSError for an unreadable file.
    """
    cases: list[Case] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    # Only a line feed ends a line: JSON strings may contain Unicode's other line separators.
    for number, raw in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            case = _read_line(raw, number)
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
            continue
        if case.id in seen:
            problems.append(
                f"line {number}: the id {case.id!r} is taken by line {seen[case.id]}; "
                "give each question its own id."
            )
        seen.setdefault(case.id, number)
        cases.append(case)
    _refuse(path, problems)
    if not cases:
        raise QuestionFileError(f"{path} holds no questions; write one JSON object per line.")
    return tuple(cases)


def check_spans(
    cases: Sequence[Case], article_text: Callable[[str], str], *, path: Path, articles: str
) -> None:
    """Checks every gold span against its article.

    `article_text` raises LookupError for an unknown article; `articles` says where the articles
    come from. Raises QuestionFileError, which names every line that does not match.
    """
    problems: list[str] = []
    for case in cases:
        of_events = (event.told for event in case.events)
        for gold in (*case.answers, *case.superseded, *of_events):
            try:
                text = article_text(gold.article_id)
            except LookupError:
                problems.append(
                    f"line {case.line}: there is no article {gold.article_id!r} in {articles}; "
                    "correct article_id, or evaluate on the articles the questions were made for."
                )
                continue
            if gold.span.of(text) != gold.text:
                problems.append(f"line {case.line}: {_mismatch(gold, text)}")
    _refuse(path, problems)


def _read_line(raw: bytes, number: int) -> Case:
    try:
        content = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ValueError(
            f"not JSON at column {error.colno} ({error.msg}); write one JSON object per line."
        ) from error
    try:
        case = _Line.model_validate(content).case(number)
    except ValidationError as error:
        raise ValueError(_sentence(error)) from error
    if len(set(case.answers)) < len(case.answers):
        raise ValueError("the same answer is given twice; keep one of them.")
    return case


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the line"
    if first["type"] == "extra_forbidden":
        return f"there is no field {where}; correct its name or remove it."
    if first["type"] == "missing" and where == "answers":
        return "answers is missing; list the gold spans, or [] if the articles do not say."
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message[:1].lower()}{message[1:]}."


def _mismatch(gold: GoldSpan, text: str) -> str:
    found = gold.span.of(text)
    shown = f"{gold.article_id}[{gold.start}:{gold.end}] is {found[:60]!r}, not {gold.text[:60]!r}"
    if text.count(gold.text) == 1:
        start = text.index(gold.text)
        return f"{shown}; that text is at start {start}, end {start + len(gold.text)}."
    if gold.text in text:
        return f"{shown}; that text occurs {text.count(gold.text)} times: choose one of them."
    return f"{shown}; that text is nowhere in the article: copy it from there exactly."


def _refuse(path: Path, problems: Sequence[str]) -> None:
    if not problems:
        return
    shown = [f"{path}, {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        shown.append(f"... and {len(problems) - SHOWN_PROBLEMS} more lines like these.")
    raise QuestionFileError("\n".join(shown))
