"""Ensures that a written answer does not give as current what newer articles contradict."""

import re
from dataclasses import replace

from qa.types import Reply, Reported, ReportedStanding, Sentence
from qa.verification.sentence_stream import MARKER


def with_newest(reply: Reply, newest: Reply | None) -> Reply:
    """The reply, with what articles report now and earlier added if it has an earlier value, or one
    of several that disagree, but lacks a current one.

    `newest` is in the articles' own words, one sentence with its citations.
    """
    standing = newest.standing if newest else None
    if newest is None or standing is None:
        return reply
    said = MARKER.sub("", reply.text)
    reported = (*standing.current, *standing.earlier)
    if all(_has(said, each) for each in standing.current) or not any(
        _has(said, each) for each in reported
    ):
        return reply
    first = len(reply.citations)
    numbers = {each.number: each.number + first for each in newest.citations}
    text = re.sub(r"\[(\d+)\]", lambda marker: f"[{numbers[int(marker[1])]}]", newest.text)
    start = len(reply.text) + 1
    sentence = Sentence(start, start + len(text), text, tuple(numbers.values()), supported=True)
    added = (replace(each, number=numbers[each.number]) for each in newest.citations)
    return replace(
        reply,
        text=f"{reply.text} {text}",
        sentences=(*reply.sentences, sentence),
        citations=(*reply.citations, *added),
        standing=ReportedStanding(
            _renumbered(standing.current, numbers), _renumbered(standing.earlier, numbers)
        ),
    )


def _renumbered(reported: tuple[Reported, ...], numbers: dict[int, int]) -> tuple[Reported, ...]:
    return tuple(replace(each, citation=numbers[each.citation]) for each in reported)


def _has(text: str, reported: Reported) -> bool:
    """Whether a text has a value: its number, or all of its words."""
    number = re.search(r"\d[\d,.]*\d|\d", reported.text)
    words = number[0] if number else reported.text
    return bool(re.search(rf"(?<![\w,.]){re.escape(words)}(?!\w|[,.]\d)", text, re.IGNORECASE))
