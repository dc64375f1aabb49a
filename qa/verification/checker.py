"""Checks a text against passages, sentence by sentence.

Markers in the text, such as [2], refer to passages. In the result they refer to citations: each is
one exact range of an article, numbered in the order of first use.
A sentence that no passage supports has a reason instead of citations. The checked text is plain
text: links, images, tags and hidden characters are removed, lists and paragraphs stay.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qa.types import Citation, Sentence, SentenceChecked
from qa.verification.claim_checker import Claim, ClaimChecker, FindPassages, Verdict
from qa.verification.claim_judge import ClaimJudge
from qa.verification.claims.tokens import find_words
from qa.verification.facts import Facts
from qa.verification.markers import with_markers
from qa.verification.sanitize import plain_text
from qa.verification.sentence_stream import (
    MARKER,
    SPEAKS,
    SentenceStream,
    cut_sentences,
    leading_markup,
    without_markers,
)
from vectorstore.types import ScoredPassage, Span

Unsupported = Literal["mark", "drop"]

_CHECKED_AT_ONCE = 16
_SHARED_WORDS = 6
_FEWEST_WORDS = 4
"""A sentence leaks a private text if it shares this many consecutive words with it; a shorter
sentence, of at least `_FEWEST_WORDS`, only if all of it is shared."""

_NUMBERS = re.compile(r"\d{1,3}(?:\s*[-–]\s*\^?\d{1,3})?")
# Openings that only refer to a passage: "According to [1], ..." and "[1] states that ...".
_NAMES_A_PASSAGE = re.compile(
    rf"""^(?:
        (?:according\sto|as\s(?:noted|reported|stated|described|mentioned)\s(?:in|by)|per|in|from)
        \s(?:the\s)?(?:passages?|articles?|sources?)?{MARKER.pattern}
        (?:(?:,?\sand)?{MARKER.pattern})*,?\s+
      | (?:the\s)?(?:passages?|articles?|sources?)?{MARKER.pattern}\s+
        {SPEAKS}\s(?:that\s)?
      | (?:based\son|according\sto)\sthe\s(?:given\s|provided\s)?
        (?:passages?|articles?|sources?),\s+
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_SCAFFOLDING = re.compile(
    r"(?:here (?:is|are)|to summari[sz]e|sure\b|certainly\b|of course\b|i hope|let me know|answer:|"
    r"sources?:|references?:)",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"(?:the following|in (?:summary|short|conclusion)|based on the)\b(?:.*:|\W*)$", re.IGNORECASE
)
"""The whole of an introduction: "The following day, it opened." is none."""
# Says that the articles themselves are silent: "court documents" are something else.
_ABSTAINS = re.compile(
    r"^\W*(?:however,?\s|unfortunately,?\s|but\s)?(?:(?:the|these|this|none\sof\sthe)\s)?"
    r"(?:(?:given|provided|available|retrieved|supplied)\s)?"
    r"(?:articles?|passages?|sources?|texts?|context|information)\b"
    r"(?:\s(?:provided|given|above|available|i\shave))?\s"
    r"(?:do(?:es)?\snot|don['’]t|doesn['’]t|did\snot|cannot|contains?\sno|gives?\sno|"
    r"provides?\sno|mentions?\sno)\b"
    r"|\b(?:is|are)\snot\s(?:mentioned|stated|specified|given|said)\sin\sthe\s"
    r"(?:given\s|provided\s)?(?:articles?|passages?|sources?|texts?|context)\b"
    r"|^\W*i\s(?:do\snot|don['’]t)\sknow\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A checked text: `text[s.start:s.end] == s.text` for each of `sentences`."""

    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]

    @property
    def supported(self) -> bool:
        """Whether all sentences are supported; False for a text without sentences."""
        return bool(self.sentences) and all(sentence.supported for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class CheckedPiece:
    """The next piece of checked text, and the sentence at its end."""

    text: str
    checked: SentenceChecked


def check_text(
    text: str,
    passages: Sequence[ScoredPassage],
    judge: ClaimJudge,
    *,
    question: str = "",
    unsupported: Unsupported = "mark",
) -> CheckedText:
    """Checks a text; its markers, if any, number `passages` from 1."""
    sources = ClaimChecker(passages, judge, question=question)
    checker = StreamChecker(sources, unsupported=unsupported)
    return _joined([*checker.feed(text), *checker.finish()])


def check_text_by_search(
    text: str,
    find: FindPassages,
    judge: ClaimJudge,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> CheckedText:
    """Checks each sentence of a text against the passages that `find` returns for it.

    Markers in the text are ignored. Once `is_cancelled` returns true, stops before the next
    sentences and returns an empty text.
    """
    pieces = cut_sentences(without_markers(text))
    claims = list(dict.fromkeys(claim for piece in pieces if (claim := _plain_claim(piece))))
    found: dict[str, tuple[ScoredPassage, ...]] = {}
    for claim, passages in zip(claims, find(claims), strict=False):
        found[claim] = tuple(passages)
        if is_cancelled():
            return CheckedText("", (), ())
    sources = ClaimChecker(
        list({each.passage.id: each for group in found.values() for each in group}.values()), judge
    )
    checker = StreamChecker(sources, found=found)
    checked: list[CheckedPiece] = []
    size = len(pieces) if judge.reads_all_at_once else _CHECKED_AT_ONCE
    for start in range(0, len(pieces), size):
        checked += checker.check_pieces(pieces[start : start + size])
        if is_cancelled():
            return CheckedText("", (), ())
    return _joined(checked)


def _joined(pieces: Sequence[CheckedPiece]) -> CheckedText:
    return CheckedText(
        "".join(piece.text for piece in pieces),
        tuple(piece.checked.sentence for piece in pieces),
        tuple(citation for piece in pieces for citation in piece.checked.citations),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A piece as read: the markup before it, and its claim; None if the piece is left out."""

    lead: str
    claim: Claim | None = None
    abstains: bool = False


class StreamChecker:
    """Checks a text that arrives in chunks, and returns each sentence as soon as it is checked.

    The pieces, joined, are the checked text, however it was cut into chunks. With "drop",
    unsupported sentences are left out of it. A sentence that repeats `private` text is always
    left out, as is one that says nothing, such as "Here is what I found:".
    """

    def __init__(
        self,
        sources: ClaimChecker,
        *,
        unsupported: Unsupported = "mark",
        private: Sequence[str] = (),
        found: Mapping[str, tuple[ScoredPassage, ...]] | None = None,
    ) -> None:
        """`found`: the passages to check each sentence against; all of them if it has none."""
        self._found = found or {}
        self._sources = sources
        self._unsupported = unsupported
        self._private = " | ".join(_words(text) for text in private)
        self._cutter = SentenceStream()
        self._waiting: list[str] = []
        self._length = 0
        self._break = ""
        self._numbers: dict[tuple[str, Span], int] = {}
        self.abstained = False
        """Whether a sentence said that the passages do not answer the question."""

    def feed(self, text: str) -> list[CheckedPiece]:
        self._waiting += self._cutter.feed(text)
        return [] if self._sources.reads_all_at_once else self._check_waiting()

    def finish(self) -> list[CheckedPiece]:
        """The remaining pieces, now that the text has ended."""
        self._waiting += self._cutter.finish()
        return self._check_waiting()

    def _check_waiting(self) -> list[CheckedPiece]:
        pieces, self._waiting = self._waiting, []
        return self.check_pieces(pieces)

    def check_pieces(self, pieces: Iterable[str]) -> list[CheckedPiece]:
        """Checks pieces from `SentenceStream` together; leaves out those not to be shown."""
        drafts = [self._read(raw) for raw in pieces]
        claims = [draft.claim for draft in drafts if draft.claim and not draft.abstains]
        verdicts = dict(zip(claims, self._sources.check_all(claims), strict=True))
        checked: list[CheckedPiece] = []
        for draft in drafts:
            self._break = _wider(self._break, draft.lead)
            if draft.claim is None:
                continue
            verdict = _SAYS_NOTHING if draft.abstains else verdicts[draft.claim]
            if verdict.supported or self._unsupported == "mark":
                checked.append(self._piece(draft.claim.text, verdict))
        return checked

    def _read(self, raw: str) -> "_Draft":
        lead = leading_markup(raw)
        written = raw[len(lead) :].rstrip()
        text = self._claim(written)
        if _words(text) == _ABSTENTION:
            self.abstained = True
            return _Draft(lead)
        if not text or self._gives_away(written) or _is_scaffolding(text):
            return _Draft(lead)
        abstains = bool(_ABSTAINS.search(text)) and not self._is_quoted(text)
        self.abstained |= abstains
        cited = (n for match in MARKER.finditer(written) for n in _marker_numbers(match[0]))
        return _Draft(lead, Claim(text, frozenset(cited), self._found.get(text)), abstains)

    def _is_quoted(self, text: str) -> bool:
        words = _words(text)
        return any(words in _words(each.passage.text) for each in self._sources.passages)

    def _claim(self, written: str) -> str:
        opening = _NAMES_A_PASSAGE.match(written)
        claim = without_markers(written[opening.end() :] if opening else written)
        claim = " ".join(plain_text(claim, self._sources.addresses).split())
        return claim[:1].upper() + claim[1:] if opening else claim

    def _gives_away(self, written: str) -> bool:
        words = _words(written).split()
        size = min(len(words), _SHARED_WORDS)
        runs = (" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
        return size >= _FEWEST_WORDS and any(f" {run} " in self._private for run in runs)

    def _piece(self, claim: str, verdict: Verdict) -> CheckedPiece:
        new = [q for q in verdict.quotes if (q.found.article.id, q.span) not in self._numbers]
        for quote in new:
            self._numbers[quote.found.article.id, quote.span] = len(self._numbers) + 1
        numbers = tuple(self._numbers[q.found.article.id, q.span] for q in verdict.quotes)
        text = with_markers(claim, numbers)
        lead = self._break if self._length else self._break.lstrip()
        start = self._length + len(lead)
        self._length = start + len(text)
        self._break = ""
        sentence = Sentence(
            start,
            self._length,
            text,
            numbers,
            verdict.supported,
            verdict.reason,
            verdict.outcome,
            verdict.probability,
        )
        citations = tuple(
            Citation.of(self._numbers[q.found.article.id, q.span], q.found, q.span) for q in new
        )
        return CheckedPiece(lead + text, SentenceChecked(sentence, citations))


def _plain_claim(piece: str) -> str:
    """The sentence in a piece, without bullet and markup; empty if it has no words."""
    claim = " ".join(plain_text(piece[len(leading_markup(piece)) :]).split())
    return claim if any(c.isalnum() for c in claim) else ""


def _marker_numbers(marker: str) -> Iterator[int]:
    inner = marker.split("](")[0].split("†")[0]
    for match in _NUMBERS.finditer(inner):
        first, *last = (int(n) for n in re.findall(r"\d+", match[0]))
        yield from range(first, min(last[0], first + 20) + 1) if last else (first,)


def _wider(one: str, other: str) -> str:
    """Merges two breaks before a sentence: the higher number of newlines, and the latest bullet."""
    breaks = max(one.count("\n"), other.count("\n"))
    bullet = other.strip() or ("" if other else one.strip())
    bullet = "" if bullet.startswith(("#", ">")) else bullet
    space = "\n" * min(breaks, 2) or " "
    return f"{space}{bullet} " if bullet else space


def _is_scaffolding(claim: str) -> bool:
    if not any(c.isalnum() for c in claim):
        return True
    if not _SCAFFOLDING.match(claim) and not _INTRODUCES.match(claim):
        return False
    facts = Facts(claim)
    return not (facts.names or facts.dates or facts.quantities) and (
        claim.endswith(":") or len(claim.split()) <= 8
    )


def _words(text: str) -> str:
    return f" {' '.join(word.folded for word in find_words(text))} "


_ABSTENTION = _words("The articles do not say.")
"""What the prompt asks the model to write when the passages hold no answer."""
_SAYS_NOTHING = Verdict(reason="A quote cannot show that something is not said.")
