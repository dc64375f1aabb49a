"""Questions in several parts: each is searched for and answered, then combined. Pure.

Which cost more, the bridge or the mill?      the bridge · the mill
How did the price change between May and      the price, in articles of May · the price, in
July 2025?                                    articles of July
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from qa.answering.rewriting.references import find_references
from qa.answering.timeframe import spans_between
from qa.types import Citation, Reply, Sentence
from vectorstore.text.words import content_words
from vectorstore.types import Filters

MOST_CHARACTERS = 300

_OF_TWO = re.compile(
    r"^(?P<head>(?:which|who|what)\b[^,?]*),\s*(?P<one>[^,?]+?)\s+or\s+(?P<other>[^,?]+?)\W*$",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"^(?:please\s)?compare\s(?P<what>.*?)(?P<link>\b(?:in|of|at|by|for|from)\s)"
    r"(?P<one>[^,?]+?)\s(?:and|with|to)\s(?:(?:in|of|at|by|for|from)\s)?(?P<other>[^,?]+?)\W*$",
    re.IGNORECASE,
)
_TWO_QUESTIONS = re.compile(
    r"^(?P<one>(?:how\s(?:many|much)|who|what|when|where)\b.+?),?\s+and\s"
    r"(?P<other>(?:how\s(?:many|much)|who|what|when|where)\b.+?)\W*$",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"^(?:how\s(?:did|has|have)\s(?P<what>.+?)\schanged?|what\schanged\s(?:in|about)\s(?P<about>.+?))\W*$",
    re.IGNORECASE,
)
_COMPARES_AMOUNTS = re.compile(
    r"\b(?:more|less|fewer|larger|higher|bigger|smaller|lower|greater)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked about one side; `name` is what the answer calls it. If nothing is found with
    `filters`, the search is repeated with `wider`."""

    name: str
    question: str
    filters: Filters = Filters()
    wider: Filters | None = None


def plan_of(question: str, today: date) -> tuple[Part, ...]:
    """The parts of a question, in order; none if it is asked as it is.

    >>> [part.question for part in plan_of("Who pays more, Fennway or Ostermann?", date.today())]
    ['How much pays Fennway?', 'How much pays Ostermann?']
    """
    if len(question) > MOST_CHARACTERS:
        return ()
    return _between(question, today) or _of_two(question) or _compared(question) or _two(question)


def combined(parts: Sequence[Part], replies: Sequence[Reply]) -> Reply | None:
    """One reply with the answer to each part and its citations; None unless two are answered."""
    answered = [(part, reply) for part, reply in zip(parts, replies, strict=True) if reply.answered]
    if len(answered) < 2:
        return None
    text = ""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for part, reply in answered:
        numbers = {each.number: each.number + len(citations) for each in reply.citations}
        before = f"{text} " if text else ""
        text = f"{before}{part.name[:1].upper()}{part.name[1:]}: "
        begins = len(before)
        for sentence in reply.sentences:
            said = _renumbered(sentence.text, numbers)
            text += said if text.endswith(": ") else f" {said}"
            cited = tuple(numbers[each] for each in sentence.citations)
            whole = text[begins:]
            sentences.append(
                replace(sentence, start=begins, end=len(text), text=whole, citations=cited)
            )
            begins = len(text) + 1
        citations += [replace(each, number=numbers[each.number]) for each in reply.citations]
    known = [each.confidence for _, each in answered if each.confidence is not None]
    missing = [part.name for part in parts if part not in [each for each, _ in answered]]
    return Reply(
        answered=True,
        text=text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        confidence=min(known, default=None),
        notice=f"The articles do not answer this for {', '.join(missing)}." if missing else None,
    )


def _between(question: str, today: date) -> tuple[Part, ...]:
    spans = spans_between(question, today)
    if spans is None:
        return ()
    span, ends = spans
    rest = f"{question[: span.start].rstrip(' ,')}{question[span.end :]}"
    asked = _CHANGED.match(rest)
    if asked is None:
        return ()
    what = asked["what"] or asked["about"]
    return tuple(
        Part(
            name,
            f"What was {what}?",
            Filters(published_from=days.first, published_to=days.last),
            Filters(published_to=days.last),
        )
        for name, days in ends
    )


def _of_two(question: str) -> tuple[Part, ...]:
    found = _OF_TWO.match(question)
    if found is None or not _COMPARES_AMOUNTS.search(found["head"]):
        return ()
    asks = re.sub(r"^\w+\s", "How much ", _COMPARES_AMOUNTS.sub("", found["head"]))
    asks = " ".join(asks.split())
    return tuple(Part(found[side], f"{asks} {found[side]}?") for side in ("one", "other"))


def _compared(question: str) -> tuple[Part, ...]:
    found = _COMPARE.match(question)
    if found is None or not content_words(found["what"]):
        return ()
    what = found["what"].strip()
    asks = what if re.match(r"(?:how|what|who|which)\b", what, re.IGNORECASE) else f"What is {what}"
    link = found["link"]
    return tuple(Part(found[side], f"{asks} {link}{found[side]}?") for side in ("one", "other"))


def _two(question: str) -> tuple[Part, ...]:
    """Two questions, unless the second needs the first to be understood."""
    found = _TWO_QUESTIONS.match(question)
    if found is None:
        return ()
    one, other = found["one"], found["other"]
    if not content_words(other) or find_references(other):
        return ()
    return (Part(one, f"{one}?"), Part(other, f"{other}?"))


def _renumbered(text: str, numbers: dict[int, int]) -> str:
    return re.sub(
        r"\[(\d+)\]", lambda marker: f"[{numbers.get(int(marker[1]), int(marker[1]))}]", text
    )
