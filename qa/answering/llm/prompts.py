"""The prompts: templates filled in with the passages, the conversation and the question.

They are read from a folder: the one that comes with the package, or another whose files replace
some of those.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Literal, NamedTuple

from qa.types import UNANSWERED_TEXT, Turn
from qa.verification.sanitize import visible
from qa.verification.sentence_stream import MARKER
from vectorstore.errors import UserError
from vectorstore.text.dates import day_name
from vectorstore.types import ScoredPassage

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "answer_system": ("fence", "length", "language", "tone"),
    "answer_user": ("fence", "passages", "days", "question"),
    "rewrite_system": ("fence",),
    "rewrite_user": ("fence", "conversation", "question"),
    "judge_system": ("fence",),
    "judge_user": ("fence", "pairs", "count"),
}
"""The prompts, and the placeholders that each may have."""
OPTIONAL = frozenset({"days", "count", "length", "language", "tone"})
SUFFIX = ".md"
LONGEST_PROMPT = 20_000

Length = Literal["short", "medium", "long"]
LENGTHS: Mapping[Length, str] = {
    "short": "one or two sentences",
    "medium": "one to six sentences",
    "long": "up to twelve sentences",
}


class PromptsRefused(UserError):
    """Prompts cannot be used; the message has a sentence for each fault."""


@dataclass(frozen=True, slots=True)
class HouseStyle:
    """How answers should be written. Without a language, in that of the question."""

    length: Length = "medium"
    language: str | None = None
    tone: str | None = None

    @property
    def values(self) -> dict[str, str]:
        tone = f"\n- The tone of the answer: {_one_line(self.tone)}." if self.tone else ""
        language = _one_line(self.language) if self.language else "the language of the question"
        return {"length": LENGTHS[self.length], "language": language, "tone": tone}

    @property
    def asked_for(self) -> dict[str, bool]:
        """Whether each of these differs from the default."""
        return {
            "length": self.length != "medium",
            "language": bool(self.language),
            "tone": bool(self.tone),
        }


class Message(NamedTuple):
    """One message of a prompt, as LangChain takes it."""

    role: Literal["system", "human"]
    text: str


def new_fence() -> str:
    """A random word that no article can know, to fence off what is not an instruction."""
    return secrets.token_hex(8)


class Prompts:
    """The templates, by name, and the house style for answers."""

    def __init__(self, templates: Mapping[str, str], style: HouseStyle | None = None) -> None:
        self._templates = dict(templates)
        self._style = style or HouseStyle()

    @property
    def private_texts(self) -> tuple[str, ...]:
        """Text meant for the model only: no answer may repeat it."""
        return tuple(self._templates.values())

    @property
    def version(self) -> str:
        """A hash of the prompts and the style, for code that keeps answers."""
        parts = (*self._templates.values(), *self._style.values.values())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def answer(
        self,
        question: str,
        passages: Sequence[ScoredPassage],
        fence: str,
        today: date | None = None,
    ) -> tuple[Message, Message]:
        """The question under its passages, which are numbered from 1 in the order given, and what
        is known about dates: `today`, and the passages from oldest to newest."""
        written = "\n\n".join(
            _passage(number, found, fence) for number, found in enumerate(passages, start=1)
        )
        values = {
            "fence": fence,
            "passages": written,
            "days": _days(passages, today),
            "question": harmless(question),
        }
        return self._messages("answer", self._style.values | values)

    def rewrite(
        self, question: str, history: Sequence[Turn], fence: str
    ) -> tuple[Message, Message]:
        """The last question under the conversation that leads to it, one line per turn."""
        conversation = "\n".join(
            f"{turn.role.capitalize()}: {_line(turn.content)}" for turn in history
        )
        values = {"fence": fence, "conversation": conversation, "question": _line(question)}
        return self._messages("rewrite", values)

    def judge(self, pairs: Sequence[tuple[str, str]], fence: str) -> tuple[Message, Message]:
        """Pairs of (evidence, claim), numbered from 1."""
        written = "\n\n".join(
            f"--- {fence} pair {number}\nExcerpt: {_line(evidence)}\nSentence: {_line(claim)}"
            for number, (evidence, claim) in enumerate(pairs, start=1)
        )
        return self._messages("judge", {"fence": fence, "pairs": written, "count": str(len(pairs))})

    def _messages(self, name: str, values: Mapping[str, str]) -> tuple[Message, Message]:
        system, user = (
            Template(self._templates[f"{name}_{part}"]).substitute(values).strip()
            for part in ("system", "user")
        )
        return Message("system", system), Message("human", user)


@cache
def bundled_prompts() -> Prompts:
    return Prompts(_bundled())


def read_prompts(folder: Path | None, style: HouseStyle | None = None) -> Prompts:
    """The prompts in a folder, with bundled ones for those that it lacks.

    Raises PromptsRefused.
    """
    style = style or HouseStyle()
    own = {} if folder is None else _own(folder)
    faults = [each for name in own for each in faults_of(name, own[name])]
    if "answer_system" in own:
        there = _placeholders(own["answer_system"])
        faults += [
            f"answer_system.md has no ${name}, so that QA_ANSWER_{name.upper()} would not reach "
            "the model."
            for name, is_asked_for in style.asked_for.items()
            if is_asked_for and name not in there
        ]
    if faults:
        raise PromptsRefused(f"QA_PROMPTS is {str(folder)!r}. {' '.join(faults)}")
    return Prompts({**_bundled(), **own}, style)


def faults_of(name: str, text: str) -> list[str]:
    """A sentence for each fault in the prompt with this name.

    >>> for fault in faults_of("rewrite_system", "Rewrite it for $5, and end with $fense."):
    ...     print(fault)
    rewrite_system.md has a $ in line 1 that begins no placeholder: write $$.
    rewrite_system.md lacks $fence.
    rewrite_system.md has $fense, which is no placeholder of it: there is $fence.
    """
    file = f"{name}{SUFFIX}"
    if not text.strip():
        return [f"{file} is empty."]
    if len(text) > LONGEST_PROMPT:
        return [f"{file} has more than {LONGEST_PROMPT:,} characters."]
    found = _placeholders(text)
    allowed = ALLOWED[name]
    there = ", ".join(f"${each}" for each in allowed)
    faults = [
        f"{file} has a $ in line {line} that begins no placeholder: write $$."
        for line in _stray_dollars(text)
    ]
    faults += [
        f"{file} lacks ${each}." for each in allowed if each not in found and each not in OPTIONAL
    ]
    faults += [
        f"{file} has ${each}, which is no placeholder of it: there is {there}."
        for each in found
        if each not in allowed
    ]
    if name == "answer_system" and UNANSWERED_TEXT not in text:
        faults.append(
            f"{file} does not tell the model to write “{UNANSWERED_TEXT}” where that is so: "
            "nothing else is taken for it."
        )
    return faults


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


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


@cache
def _bundled() -> Mapping[str, str]:
    folder = files("qa.answering.llm").joinpath("templates")
    return {
        name: folder.joinpath(f"{name}{SUFFIX}").read_text(encoding="utf-8") for name in ALLOWED
    }


def _own(folder: Path) -> dict[str, str]:
    """The prompts in a folder, in the order of `ALLOWED`. Raises PromptsRefused."""
    said = f"QA_PROMPTS is {str(folder)!r}"
    try:
        names = sorted(each.name for each in folder.iterdir() if each.suffix == SUFFIX)
    except OSError as error:
        raise PromptsRefused(f"{said}, which is no folder to read: {error.strerror}.") from error
    known = [f"{name}{SUFFIX}" for name in ALLOWED]
    unknown = [each for each in names if each not in known and each != "README.md"]
    if unknown or not names:
        found = f"{', '.join(unknown)}, which are no prompts" if unknown else "no prompt"
        raise PromptsRefused(f"{said}. It has {found}: the files are {', '.join(known)}.")
    own = {}
    for name in ALLOWED:
        if f"{name}{SUFFIX}" in names:
            try:
                own[name] = (folder / f"{name}{SUFFIX}").read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise PromptsRefused(
                    f"{said}. {name}{SUFFIX} cannot be read as UTF-8: {error}."
                ) from error
    return own


def _placeholders(text: str) -> list[str]:
    return Template(text).get_identifiers()


def _stray_dollars(text: str) -> list[int]:
    """The line numbers of dollar signs that begin no placeholder and are not doubled."""
    return [
        text.count("\n", 0, found.start()) + 1
        for found in Template.pattern.finditer(text)
        if found["invalid"] is not None
    ]
