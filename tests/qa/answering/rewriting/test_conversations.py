"""How many of the conversations in `conversations.jsonl` the rules get right.

Each has the earlier messages, user first, a question, and either `alone`, if the question must stay
as it is, or what its rewrite must contain (`has`) and must not contain (`has_not`). The rules were
developed on `development`; `test` was only measured.

A follow-up is "right" if its references are replaced, "context" if the last question was added to
it, "left" if it stays as it is, and otherwise "wrong".
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from qa.answering.rewriting.rules import rewrite_by_rule
from qa.types import Turn

FILE = Path(__file__).with_name("conversations.jsonl")


@dataclass(frozen=True)
class Conversation:
    part: str
    said: list[str]
    question: str
    alone: bool = False
    has: tuple[str, ...] = ()
    has_not: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        turns = [Turn("assistant" if n % 2 else "user", text) for n, text in enumerate(self.said)]
        rewritten = rewrite_by_rule(self.question, turns)
        if self.alone:
            return "right" if rewritten == self.question else "wrong"
        if rewritten == self.question:
            return "left"
        wrong_names = [each for each in self.has_not if each[0].isupper()]
        if not all(has(rewritten, each) for each in self.has) or any(
            has(rewritten, each) for each in wrong_names
        ):
            return "wrong"
        pronouns_left = any(has(rewritten, each) for each in self.has_not)
        return "context" if pronouns_left else "right"


def has(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


CONVERSATIONS = [Conversation(**json.loads(line)) for line in FILE.read_text("utf-8").splitlines()]


def counted(part: str, *, alone: bool) -> Counter[str]:
    return Counter(c.outcome for c in CONVERSATIONS if (c.part, c.alone) == (part, alone))


def test_there_are_enough_of_each() -> None:
    parts = Counter(each.part for each in CONVERSATIONS)
    assert min(parts.values()) >= 50
    assert sum(each.alone for each in CONVERSATIONS) >= 40
    assert sum(len(each.said) > 2 for each in CONVERSATIONS) >= 10


@pytest.mark.parametrize(("part", "wrong"), [("development", 0), ("test", 1)])
def test_questions_that_stand_alone_are_left_alone(part: str, wrong: int) -> None:
    assert counted(part, alone=True)["wrong"] <= wrong


@pytest.mark.parametrize(("part", "right", "wrong"), [("development", 31, 0), ("test", 27, 5)])
def test_follow_ups_get_what_they_refer_to(part: str, right: int, wrong: int) -> None:
    outcomes = counted(part, alone=False)
    assert outcomes["right"] >= right
    assert outcomes["wrong"] <= wrong
