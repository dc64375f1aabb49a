"""The prompts: templates filled in with the passages, the conversation and the question."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from string import Template
from typing import Literal, NamedTuple

from qa.types import Turn
from qa.verification.sanitize import visible
from qa.verification.sentence_stream import MARKER
from vectorstore.text.dates import day_name
from vectorstore.types import ScoredPassage

PROMPTS = (
    "answer_system",
    "answer_user",
    "rewrite_system",
    "rewrite_user",
    "judge_system",
    "judge_user",
)


class Message(NamedTuple):
    """One message of a prompt, as LangChain takes it."""

    role: Literal["system", "human"]
    text: str


def new_fence() -> str:
    """A random word, which no article can know, to fence off what is not an instruction."""
    return secrets.token_hex(8)


def answer_prompt(
    question: str,
    passages: Sequence[ScoredPassage],
    fence: str,
    today: date | None = None,
) -> tuple[Message, Message]:
    """The question under its passages, which are numbered from 1 in the order given, and what is
    known of the days: `today`, and which passage is newer than which."""
    written = "\n\n".join(
        _passage(number, found, fence) for number, found in enumerate(passages, start=1)
    )
    values = {
        "fence": fence,
        "passages": written,
        "days": _days(passages, today),
        "question": harmless(question),
    }
    return _messages("answer", values)


def rewrite_prompt(question: str, history: Sequence[Turn], fence: str) -> tuple[Message, Message]:
    """The last question under the conversation that it ends, one line per turn."""
    conversation = "\n".join(f"{turn.role.capitalize()}: {_line(turn.content)}" for turn in history)
    values = {"fence": fence, "conversation": conversation, "question": _line(question)}
    return _messages("rewrite", values)


def judge_prompt(pairs: Sequence[tuple[str, str]], fence: str) -> tuple[Message, Message]:
    """Pairs of (evidence, claim), numbered from 1."""
    written = "\n\n".join(
        f"--- {fence} pair {number}\nExcerpt: {_line(evidence)}\nSentence: {_line(claim)}"
        for number, (evidence, claim) in enumerate(pairs, start=1)
    )
    return _messages("judge", {"fence": fence, "pairs": written, "count": str(len(pairs))})


def private_texts() -> tuple[str, ...]:
    """What is written for the model only: no answer may repeat it."""
    return tuple(_read(name) for name in PROMPTS)


@cache
def prompt_version() -> str:
    """A hash of the prompts, for those who keep answers."""
    return hashlib.sha256("\0".join(private_texts()).encode()).hexdigest()[:12]


def harmless(text: str) -> str:
    """`text` without hidden characters, and without anything that looks like a marker.

    >>> harmless("as shown [2], and\u202e so on")
    'as shown (2), and so on'
    """
    return MARKER.sub(_rounded, visible(text))


def _rounded(marker: re.Match[str]) -> str:
    text = marker[0]
    return text.translate({ord("["): "(", ord("]"): ")", ord("【"): "(", ord("】"): ")"})


def _passage(number: int, found: ScoredPassage, fence: str) -> str:
    article = found.article
    about = [f"Title: {_line(article.title)}"]
    if article.source:
        about.append(f"Source: {_line(article.source)}")
    if article.published:
        about.append(f"Date: {article.published.isoformat()}")
    return f"--- {fence} passage [{number}]\n{' | '.join(about)}\n{harmless(found.passage.text)}"


def _days(passages: Sequence[ScoredPassage], today: date | None) -> str:
    dated = sorted(
        (each.article.published, number)
        for number, each in enumerate(passages, start=1)
        if each.article.published is not None
    )
    said = [] if today is None else [f"Today is {day_name(today)}."]
    if len(dated) > 1:
        said.append(f"From oldest to newest: {' '.join(f'[{number}]' for _, number in dated)}")
    return "\n".join(said)


def _line(text: str) -> str:
    return " ".join(harmless(text).split())


def _messages(name: str, values: dict[str, str]) -> tuple[Message, Message]:
    system, user = (
        Template(_read(f"{name}_{part}")).substitute(values).strip() for part in ("system", "user")
    )
    return Message("system", system), Message("human", user)


@cache
def _read(name: str) -> str:
    return files("qa.answering.llm").joinpath("templates", f"{name}.md").read_text(encoding="utf-8")
