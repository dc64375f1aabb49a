"""What a run stores: one record per question, so that every figure can be traced back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from qa.evaluation.question_file import Case
from qa.evaluation.retrieval_metrics import PassageRef
from qa.types import Answer
from vectorstore.errors import UserError


class RunFileError(UserError):
    """The file is not the JSON file of a run."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judge's scores for an answer, each from 0 to 1, with its reasons.

    `correctness` is None for questions that the articles do not answer.
    """

    correctness: float | None
    faithfulness: float
    reasons: str


@dataclass(frozen=True, slots=True)
class Record:
    """One question's outcome.

    `answer` is stored without its passages: `given` refers to them. `found` is what a separate
    search returned for the question. `exact` says for each citation whether its quote is exactly
    what the article says there. `values` is the pair of numbers that the question adds to each
    metric (see bootstrap.py). Without an answer, `failure` says why.
    """

    case: Case
    answer: Answer | None
    failure: str | None = None
    given: tuple[PassageRef, ...] = ()
    found: tuple[PassageRef, ...] = ()
    exact: tuple[bool, ...] = ()
    ask_ms: float | None = None
    search_ms: float | None = None
    judgement: Judgement | None = None
    values: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setup:
    """What was run, and on what. Prices are in dollars per million tokens."""

    started: str
    command: str
    machine: str
    questions: str
    questions_sha256: str
    articles: str
    answerer: str | None
    model: str | None
    passages: int
    jobs: int = 1
    judge: str | None = None
    input_price: float | None = None
    output_price: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the ends of its 95% bootstrap interval, over `count` questions.

    `kind` None: over all questions. `low` and `high` are None where nothing can be resampled.
    """

    key: str
    kind: str | None
    value: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Run:
    setup: Setup
    figures: tuple[Figure, ...]
    records: tuple[Record, ...]

    def figure(self, key: str, kind: str | None = None) -> Figure | None:
        return next((f for f in self.figures if f.key == key and f.kind == kind), None)


_RUN = TypeAdapter(Run)
_SETUP = TypeAdapter(Setup)
_FIGURE = TypeAdapter(Figure)
_RECORD = TypeAdapter(Record)


def write_run(run: Run, path: Path) -> None:
    """JSON with one line per figure and per record, so that two files can be compared by line."""
    head = _SETUP.dump_json(run.setup)
    figures = b",\n".join(_FIGURE.dump_json(figure) for figure in run.figures)
    records = b",\n".join(dump_record(record) for record in run.records)
    path.write_bytes(
        b'{"setup": %b,\n"figures": [\n%b\n],\n"records": [\n%b\n]}\n' % (head, figures, records)
    )


def read_run(path: Path) -> Run:
    """Raises RunFileError for any other file, OSError for one that cannot be read."""
    try:
        return _RUN.validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunFileError(
            f"{path} is not the JSON file of an evaluation; give one that scripts/evaluate wrote."
        ) from error


def dump_record(record: Record) -> bytes:
    """The record as one line of JSON, without fields that have their default."""
    return _RECORD.dump_json(record, exclude_defaults=True)


def load_record(line: bytes) -> Record:
    """Raises ValueError for a line that is not a record."""
    return _RECORD.validate_json(line)
