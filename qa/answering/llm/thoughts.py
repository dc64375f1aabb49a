"""Removes a model's thoughts from its text as the text arrives."""

import re
from dataclasses import dataclass

_TAG = re.compile(r"<(/?)(?:think(?:ing)?|thoughts?|reasoning)>", re.IGNORECASE)
# The beginning of a tag, at the end of a chunk; the rest of it may be in the next one.
_TAG_BEGUN = re.compile(r"<(?:/?[a-z]{0,9})?$", re.IGNORECASE)
_TAGS = tuple(
    f"<{slash}{name}>"
    for slash in ("", "/")
    for name in ("think", "thinking", "thought", "thoughts", "reasoning")
)


@dataclass(frozen=True, slots=True)
class VisibleText:
    """A piece of text without thoughts. With `retracts`, all text before it was thoughts."""

    text: str
    retracts: bool = False

    def after(self, before: str) -> str:
        """The whole visible text, if it was `before` until now."""
        return self.text if self.retracts else before + self.text


class ThoughtFilter:
    """Takes a text in chunks and returns what is outside `<think>` and `</think>`.

    However the text is split into chunks, the result is the same, and text without tags is returned
    as it arrives, except for an ending that may be the beginning of a tag. An unclosed tag hides
    all that follows. A closing tag without an opening one means that everything before it was
    thoughts: the opening one was part of the prompt. For a model known to do that, `starts_inside`
    holds the text back until the closing tag arrives or the text ends.

    `<thinking>`, `<thought>`, `<thoughts>` and `<reasoning>` are also recognised, in either case.
    """

    def __init__(self, *, starts_inside: bool = False) -> None:
        self._inside = False
        self._begun = ""
        self._held: list[str] | None = [] if starts_inside else None
        self.started_inside = False
        """Whether a closing tag came without an opening one."""

    def feed(self, chunk: str) -> VisibleText:
        text = self._begun + chunk
        begun = _TAG_BEGUN.search(text)
        cut = begun.start() if begun and _may_become_tag(begun[0]) else len(text)
        self._begun = text[cut:]
        return self._released(self._without_thoughts(text[:cut]))

    def finish(self) -> VisibleText:
        """What was held back when the text ended."""
        rest = "" if self._inside else self._begun
        self._begun = ""
        if self._held is not None:
            rest, self._held = "".join([*self._held, rest]), None
        return VisibleText(rest)

    def _without_thoughts(self, text: str) -> VisibleText:
        visible: list[str] = []
        retracts = False
        position = 0
        for tag in _TAG.finditer(text):
            if not self._inside:
                visible.append(text[position : tag.start()])
            closes = bool(tag[1])
            if closes and not self._inside:
                visible.clear()
                retracts = self.started_inside = True
            elif (
                not closes
                and self._held is not None
                and not "".join([*self._held, *visible]).strip()
            ):
                # This time the model opens its thoughts itself.
                visible[:0] = self._held
                self._held = None
            self._inside = not closes
            position = tag.end()
        if not self._inside:
            visible.append(text[position:])
        return VisibleText("".join(visible), retracts)

    def _released(self, visible: VisibleText) -> VisibleText:
        if self._held is None:
            return visible
        if visible.retracts:
            self._held = None
            return visible
        self._held.append(visible.text)
        return VisibleText("")


def without_thoughts(text: str) -> str:
    """The text with all thoughts removed.

    >>> without_thoughts("<think>The user asks for a date.</think>In August 2020.")
    'In August 2020.'
    >>> without_thoughts("A date is asked for.</think>In August 2020.")
    'In August 2020.'
    """
    thoughts = ThoughtFilter()
    visible = thoughts.feed(text).text
    return thoughts.finish().after(visible)


def _may_become_tag(begun: str) -> bool:
    return any(tag.startswith(begun.lower()) for tag in _TAGS)
