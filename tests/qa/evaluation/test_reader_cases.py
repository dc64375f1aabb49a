"""Questions as new readers ask them: no fewer are answered well than before."""

from pathlib import Path

from qa.evaluation.reader_cases import (
    Conversation,
    ReaderCase,
    read_conversations,
    read_reader_cases,
)
from qa.service import Service
from qa.types import Answer, Question

SEEDS = Path(__file__).parents[3] / "seeds"
GOOD = 17
"""Of the 32 questions; set a little below what is measured."""
UNDERSTOOD = 10
"""Of the 16 conversations asked, every fourth one of seeds/conversations.jsonl."""


def test_no_fewer_are_answered_well(sample: Service) -> None:
    cases = read_reader_cases(SEEDS / "readers.jsonl")
    bad = [case.id for case in cases if not case.is_good(sample.ask(Question(case.question)))]
    assert len(cases) == 32
    assert len(cases) - len(bad) >= GOOD, f"not answered well: {bad}"


def test_no_fewer_follow_ups_are_understood(sample: Service) -> None:
    conversations = read_conversations(SEEDS / "conversations.jsonl")
    assert len({each.id for each in conversations}) == 64
    asked = conversations[::4]
    missed = [each.id for each in asked if not each.is_understood(sample.ask)]
    assert len(asked) - len(missed) >= UNDERSTOOD, f"not understood: {missed}"


def answer(**given: object) -> Answer:
    known: dict[str, object] = {
        "answered": False,
        "text": "The articles do not say.",
        "id": "1",
        "question": "?",
        "standalone_question": "?",
        "passages": (),
    }
    return Answer(**(known | given))  # type: ignore[arg-type]


def test_what_a_good_answer_is() -> None:
    assert not ReaderCase("a", "?", quotes=("in 2020",)).is_good(answer(answered=True))
    assert ReaderCase("a", "?", declined=True).is_good(answer())
    assert not ReaderCase("a", "?", declined=True).is_good(answer(answered=True))
    assert not ReaderCase("a", "?", declined=True, names=("Kraken",)).is_good(answer())
    assert ReaderCase("a", "?", suggests="Ripple").is_good(answer(text="Did you mean “ripple”?"))
    assert not ReaderCase("a", "?", suggests="Ripple").is_good(answer())


def test_a_turn_that_stands_alone_must_be_left_as_it_is() -> None:
    def ask(question: Question) -> Answer:
        return answer(standalone_question=f"{question.text} now")

    assert not Conversation("a", ("One?", "Two?"), ()).is_understood(ask)
    assert Conversation("a", ("One?", "Two?"), ("NOW",)).is_understood(ask)
