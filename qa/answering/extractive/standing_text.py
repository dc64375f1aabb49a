"""Answers that say what is true now and what was: "41 members (20 April 2022) [1]; earlier: 38"."""

from collections.abc import Sequence

from qa.answering.extractive.one_story import later_day, tell_one_story
from qa.answering.extractive.quotation import Quotation, goes_on, quote_of
from qa.answering.extractive.sentence_ranking import NEXT_BEST, Ranked
from qa.answering.extractive.standing import Version, Versions
from qa.types import Citation, Reply, Reported, ReportedStanding, Sentence, ShortAnswer
from qa.verification.markers import with_markers
from vectorstore.text.dates import day_name
from vectorstore.types import ScoredPassage

DISAGREES = "Sources disagree: "


def told(versions: Versions, passages: Sequence[ScoredPassage]) -> Reply:
    """One sentence, each part of it words from its citation's quote and the day of its article.

    The short answer is what is true now; there is none if sources disagree.
    """
    every = (*versions.current, *versions.earlier)
    citations = tuple(
        _citation(number, each, passages) for number, each in enumerate(every, start=1)
    )
    parts = [_part(number, each) for number, each in enumerate(every, start=1)]
    now = len(versions.current)
    text = "; ".join(parts[:now])
    if now > 1:
        text = DISAGREES + text
    if versions.earlier:
        text += f"; earlier: {'; '.join(parts[now:])}"
    later = later_day([passages[each.candidate.passage] for each in every], passages)
    text += f" [{goes_on(later)}]." if later else "."
    reported = [
        Reported(_words(each), number, each.published) for number, each in enumerate(every, start=1)
    ]
    numbers = tuple(each.number for each in citations)
    return Reply(
        answered=True,
        text=text,
        sentences=(
            Sentence(0, len(text), text, numbers, supported=True, earlier=later is not None),
        ),
        citations=citations,
        short_answer=None if now > 1 else ShortAnswer(versions.current[0].given, 1),
        standing=ReportedStanding(tuple(reported[:now]), tuple(reported[now:])),
    )


def now_and_before(order: Sequence[Ranked], passages: Sequence[ScoredPassage]) -> Reply | None:
    """The newest sentence, and the first earlier one of the same story that scores close to the
    best; None if there is none, since nothing is then known to have changed. `order` has the
    newest first."""
    first = order[0].candidate
    published = passages[first.passage].article.published
    if published is None:
        return None
    before = [
        each.candidate
        for each in order
        if max(each.score for each in order) - each.score <= NEXT_BEST
        and (day := passages[each.candidate.passage].article.published) is not None
        and day < published
        and tell_one_story(passages[first.passage], passages[each.candidate.passage])
    ]
    if not before:
        return None
    quotes = [
        quote_of(each.passage, passages[each.passage], each.number) for each in (first, before[0])
    ]
    now, then = (_quoted(quote, passages) for quote in quotes)
    day = passages[before[0].passage].article.published
    text = f"{with_markers(now, [1])}"
    earlier = with_markers(f"Earlier ({day_name(day) if day else ''}): {then}", [2])
    whole = f"{text} {earlier}"
    return Reply(
        answered=True,
        text=whole,
        sentences=(
            Sentence(0, len(text), text, (1,), supported=True),
            Sentence(len(text) + 1, len(whole), earlier, (2,), supported=True),
        ),
        citations=tuple(
            Citation.of(number, passages[quote.passage], quote.span)
            for number, quote in enumerate(quotes, start=1)
        ),
        standing=ReportedStanding((Reported(now, 1, published),), (Reported(then, 2, day),)),
    )


def _quoted(quote: Quotation, passages: Sequence[ScoredPassage]) -> str:
    return " ".join(passages[quote.passage].passage.sentence_text(quote.span).split())


def _citation(number: int, version: Version, passages: Sequence[ScoredPassage]) -> Citation:
    candidate = version.candidate
    found = passages[candidate.passage]
    return Citation.of(number, found, quote_of(candidate.passage, found, candidate.number).span)


def _part(number: int, version: Version) -> str:
    when = f" ({day_name(version.published)})" if version.published else ""
    return with_markers(f"{_words(version)}{when}", [number])


def _words(version: Version) -> str:
    return " ".join(version.given.split())
