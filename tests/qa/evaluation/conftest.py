"""A small setup to evaluate: three articles, five questions, and runs on them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from qa.composition import build_service
from qa.evaluation.command_line import ARTICLES as SAMPLE
from qa.evaluation.evaluate import OpenedTarget, Plan, evaluate
from qa.evaluation.run_records import Run
from qa.evaluation.runner import Asking
from qa.service import Service
from qa.settings import read_settings
from tests.qa.evaluation.fake import FakeSystem
from vectorstore.readers import read_articles
from vectorstore.types import Embedder

ARTICLES = {
    "joins": (
        "Binance.US joined the Blockchain Association in August 2020.\n\n"
        "The association lobbies lawmakers in Washington 🏛️."
    ),
    "leaves": (
        "Binance.US left the Blockchain Association in April 2022.\n\n"
        "The exchange said that it would build a lobby of its own."
    ),
    "kraken": "Kraken's founder Jesse Powell stepped down. Dave Ripley succeeded him.",
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Service]:
    """The service over the sample collection. Nothing is added to it."""
    settings = read_settings(data=tmp_path_factory.mktemp("sample") / "index")
    service = build_service(settings, embedder)
    service.add(read_articles([SAMPLE]))
    yield service
    service.close()


def gold(article_id: str, text: str) -> dict[str, object]:
    start = ARTICLES[article_id].index(text)
    return {"article_id": article_id, "start": start, "end": start + len(text), "text": text}


QUESTIONS = [
    {
        "id": "join",
        "question": "When joined Binance.US the Blockchain Association?",
        "kind": "fact",
        "answers": [gold("joins", "August 2020")],
    },
    {
        "id": "leave",
        "question": "When left Binance.US the Blockchain Association?",
        "kind": "fact",
        "answers": [gold("leaves", "April 2022")],
    },
    {
        "id": "compare",
        "question": "When joined and left Binance.US the Blockchain Association?",
        "kind": "comparison",
        "answers": [gold("joins", "August 2020"), gold("leaves", "April 2022")],
    },
    {
        "id": "kraken",
        "question": "Which person was at the helm afterwards?",
        "kind": "fact",
        "answers": [gold("kraken", "Dave Ripley")],
    },
    {
        "id": "price",
        "question": "What does a bushel of wheat cost in Chicago?",
        "kind": "unanswerable",
        "answers": [],
    },
]


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem(ARTICLES)


@pytest.fixture
def question_file(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in QUESTIONS), encoding="utf-8")
    return file


Evaluated = Callable[[FakeSystem], Run]


@pytest.fixture
def evaluated(question_file: Path, tmp_path: Path) -> Evaluated:
    """Evaluates a system on the five questions."""

    def run(system: FakeSystem) -> Run:
        @contextmanager
        def opened():  # type: ignore[no-untyped-def]
            yield system

        plan = Plan(question_file, articles="a test", articles_key="test", answerer="extractive")
        found, _ = evaluate(
            OpenedTarget(plan, Asking(), system.article_text, opened),
            folder=tmp_path / "reports",
            name="run",
            console=Console(quiet=True),
        )
        return found

    return run


def renamed(run: Run, copies: int) -> Run:
    """The run's records `copies` times over, as of as many questions on as many articles."""
    return replace(
        run,
        records=tuple(
            replace(
                record,
                case=replace(
                    record.case,
                    id=f"{record.case.id}-{copy}",
                    answers=tuple(
                        replace(each, article_id=f"{each.article_id}-{copy}")
                        for each in record.case.answers
                    ),
                ),
            )
            for copy in range(copies)
            for record in run.records
        ),
    )
