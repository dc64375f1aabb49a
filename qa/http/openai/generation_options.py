"""Text generation options: which are honoured, refused with a sentence, or without effect.

An answer is what the articles say. `stop` and token limits cut its text off; options that need a
model that writes freely are refused if the answer would not be what was asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qa.http.problems import Problem, shortened
from vectorstore.types import Span

MOST_STOPS = 16
SAID_BACK = 10

Stop = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Stops = Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None
TokenLimit = Annotated[int, Field(ge=1)] | None
FinishReason = Literal["stop", "length"]

OF_THE_CALLER = frozenset({"metadata", "safety_identifier", "user"})
"""Fields that say who is asking, not what to answer."""


@dataclass(frozen=True, slots=True)
class TextLimit:
    """Where to cut off a text: before any of `stops`, and after `most_tokens`, as counted by the
    embedding model."""

    token_spans: Callable[[str], Sequence[Span]]
    stops: tuple[str, ...] = ()
    most_tokens: int | None = None


class LimitedText:
    """A text that arrives in pieces, cut off at a limit. Each call returns what can be passed on.

    Whatever may still turn out to be the start of a stop sequence or a longer word is held back.
    """

    def __init__(self, limit: TextLimit) -> None:
        self._limit = limit
        self._text = ""
        self._is_over = False
        self.length = 0
        """How many characters were passed on."""
        self.finish_reason: FinishReason = "stop"

    def add(self, piece: str) -> str:
        self._text += piece
        return self._passed_on(len(self._text) - self._held_back())

    def rest(self) -> str:
        """What was held back, once the text is complete."""
        return self._passed_on(len(self._text))

    def _passed_on(self, safe: int) -> str:
        if self._is_over:
            return ""
        found = [
            at for each in self._limit.stops if (at := self._text.find(each, self.length)) >= 0
        ]
        end = min([safe, *found])
        most = self._limit.most_tokens
        tokens = [] if most is None else self._limit.token_spans(self._text[:end])
        if most is not None and len(tokens) > most:
            self.finish_reason = "length"
            end = tokens[most - 1].end
            self._is_over = True
        self._is_over = self._is_over or bool(found and end == min(found))
        piece = self._text[self.length : end]
        self.length = max(self.length, end)
        return piece

    def _held_back(self) -> int:
        longest = max((len(each) for each in self._limit.stops), default=1) - 1
        if self._limit.most_tokens is None:
            return min(longest, len(self._text) - self.length)
        words = self._text.rsplit(maxsplit=1)
        unfinished = len(words[-1]) if words and not self._text[-1].isspace() else 0
        return min(max(longest, unfinished), len(self._text) - self.length)


def as_stops(given: Stops) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def refuse_more_than_one(n: int | None, name: str = "n") -> None:
    if n is not None and n != 1:
        raise Problem(400, f"There is one answer to a question: leave {name} out, or set it to 1.")


def refuse_tools(choice: object) -> None:
    """Raises Problem unless `tool_choice` permits calling no tool."""
    if choice not in (None, "auto", "none"):
        raise Problem(
            400, "This service calls no tools: leave tool_choice out, or set it to auto or none."
        )


def refuse_other_than_text(given: object, name: str) -> None:
    """Raises Problem for a format other than text."""
    if isinstance(given, Mapping) and given.get("type", "text") != "text":
        raise Problem(
            400,
            f"An answer is text: leave {name} out. Its sentences and quotes are beside the text, "
            "as JSON.",
        )


def notices_of(ignored: Iterable[str], *, instructed: bool = False) -> tuple[str, ...]:
    """Sentences that say what had no effect. `instructed`: whether there were system messages."""
    names = [shortened(each) for each in ignored if each not in OF_THE_CALLER]
    told = []
    if names:
        more = f" and {len(names) - SAID_BACK} more" if len(names) > SAID_BACK else ""
        told.append(
            f"Ignored: {', '.join(names[:SAID_BACK])}{more}. An answer is what the articles say."
        )
    if instructed:
        told.append(
            "System messages are ignored: what an answer says is for the articles to decide."
        )
    return tuple(told)
