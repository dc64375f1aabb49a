"""Splits a growing text into sentences, independently of how it is chunked."""

import re

from vectorstore.text.sentences import split_sentences

_LONGEST = 1_000
"""In characters; a longer sentence is cut at a space."""

_BULLET = re.compile(r"[-*+•]|\d{1,3}[.)]|#{1,6}|>+|\|.*|```\w*")
_LEAD = re.compile(r"\s*(?:(?:[-*+•>]|\d{1,3}[.)]|#{1,6})[ \t]+)*")
MARKER = re.compile(
    r"""\s*(?:
        \[\^?(?:passages?\s|sources?\s|refs?\s)?\s*\d{1,3}(?:\s*(?:,|;|-|–|and|&)\s*\^?\d{1,3})*\s*\]
        (?:\((?:[^()\s]|\([^()\s]*\))*\))?
      | 【\d{1,3}[^】\n]*】
      | \(\s*passages?\s\d{1,2}\s*\)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
SPEAKS = r"(?:says|states|reports|notes|mentions|explains|confirms)"
"""Verbs after a marker that is the subject of a sentence: "[2] states that"."""

_END = re.compile(
    rf"[.!?…][\"'”’)\]*_»]*(?:{MARKER.pattern}(?!\s+{SPEAKS}\b)\.?)*(?=\s)|\n",
    re.VERBOSE | re.IGNORECASE,
)
_NEXT = re.compile(r"\s+(\S+)(?=\s)")


def without_markers(text: str) -> str:
    """The text without its citation markers and the space before each."""
    return MARKER.sub("", text)


def leading_markup(piece: str) -> str:
    """The whitespace, bullet or heading mark at the start of a piece."""
    match = _LEAD.match(piece)
    return match[0] if match else ""


def cut_sentences(text: str) -> list[str]:
    """The pieces of a complete text, as `SentenceStream` cuts them."""
    stream = SentenceStream()
    return [*stream.feed(text), *stream.finish()]


class SentenceStream:
    """Takes a text in chunks and returns its pieces as they are completed.

    A piece is a sentence with the whitespace, bullet or number before it and the markers after it;
    all pieces joined are the text. A cut waits for the next word, so that it does not depend on
    the chunks.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._from = 0

    def feed(self, text: str) -> list[str]:
        self._rest += text
        pieces: list[str] = []
        while (cut := self._next_cut()) is not None:
            pieces.append(self._rest[:cut])
            self._rest, self._from = self._rest[cut:], 0
        return pieces

    def finish(self) -> list[str]:
        """The remaining pieces, as if the last line had ended."""
        pieces = self.feed("\n\n.\n")
        self._rest = ""
        # Remove the line that was added.
        return [p for p in (piece.removesuffix("\n\n.\n") for piece in pieces) if p]

    def _next_cut(self) -> int | None:
        while match := _END.search(self._rest, self._from):
            if match.end() > _LONGEST:
                return self._last_space()
            following = _NEXT.match(self._rest, match.end() if match[0] != "\n" else match.start())
            if following is None:
                return self._too_long()
            if following.end() > 2 * _LONGEST:
                break
            if self._ends_at(match, following):
                return match.end() if match[0] != "\n" else match.start()
            self._from = match.end()
        return self._too_long()

    def _ends_at(self, match: re.Match[str], following: re.Match[str]) -> bool:
        before = self._rest[: match.start() if match[0] == "\n" else match.end()]
        body = before[len(leading_markup(before)) :].strip()
        if not body:
            return False
        gap = following[0][: following.start(1) - following.start()]
        if match[0] == "\n" or "\n" in gap:
            line = leading_markup(before).lstrip()
            if gap.count("\n") > 1 or _BULLET.fullmatch(following[1]) or line.startswith("#"):
                return True
            if body.endswith(":"):
                return True
            if match[0] == "\n":
                return False
        # No sentence ends before a lower-case word: "$1.2 bn. in May".
        following_word = without_markers(following[1]) or "The"
        if following_word[0].islower() and not body.endswith(("?", "!")):
            return False
        clean = without_markers(body)
        return any(s.end == len(clean) for s in split_sentences(f"{clean} {following_word}"))

    def _too_long(self) -> int | None:
        return self._last_space() if len(self._rest) >= 2 * _LONGEST else None

    def _last_space(self) -> int:
        """Where to cut a sentence that is longer than the limit."""
        space = self._rest.rfind(" ", 1, _LONGEST)
        return space if space > 0 else _LONGEST
