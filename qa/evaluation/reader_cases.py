"""Questions as new readers ask them, and conversations: what makes an answer good, and whether."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.types import Answer, Question, Turn

Ask = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True)
class ReaderCase:
    """A question, and what makes an answer good.

    `quotes`: words, any of which a quote must contain; `declined`: the question must be declined,
    with one of `names` among the articles offered; `suggests`: the right spelling of a misspelt
    word, which must be understood or offered.
    """

    id: str
    question: str
    quotes: tuple[str, ...] = ()
    declined: bool = False
    names: tuple[str, ...] = ()
    suggests: str = ""

    def is_good(self, answer: Answer) -> bool:
        quoted = any(words in each.quote for each in answer.citations for words in self.quotes)
        if self.suggests:
            offered = self.suggests.lower() in f"{answer.text} {answer.notice or ''}".lower()
            return quoted or (offered and not answer.answered)
        if not self.declined:
            return quoted
        nearest = " ".join(f"{each.title} {each.text}" for each in answer.passages)
        return not answer.answered and (
            not self.names or any(name in nearest for name in self.names)
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a person says, turn by turn. The last turn is about one of the names in `about` without
    saying it; if there are none, it stands alone."""

    id: str
    turns: tuple[str, ...]
    about: tuple[str, ...]

    @property
    def is_test(self) -> bool:
        """Half of them are held out while the rules are changed."""
        return hashlib.sha256(self.id.encode()).digest()[-1] % 2 == 1

    def is_understood(self, ask: Ask) -> bool:
        """Whether the last turn, after real answers to the others, is understood as meant."""
        history: list[Turn] = []
        for turn in self.turns[:-1]:
            answer = ask(Question(turn, tuple(history), answerer="extractive"))
            history += [Turn("user", turn), Turn("assistant", answer.text)]
        last = self.turns[-1]
        understood = ask(Question(last, tuple(history), answerer="extractive")).standalone_question
        if not self.about:
            return understood == last
        return any(name.lower() in understood.lower() for name in self.about)


def read_reader_cases(file: Path) -> list[ReaderCase]:
    return [
        ReaderCase(
            row["id"],
            row["question"],
            tuple(row["good"].get("quotes", ())),
            bool(row["good"].get("declined")),
            tuple(row["good"].get("names", ())),
            row["good"].get("suggests", ""),
        )
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())
    ]


def read_conversations(file: Path) -> list[Conversation]:
    return [
        Conversation(row["id"], tuple(row["turns"]), tuple(row["about"]))
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())
    ]
