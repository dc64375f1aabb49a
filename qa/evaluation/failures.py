"""The worst failures of a run, grouped by what went wrong, most confident first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.evaluation.question_file import GoldSpan
from qa.evaluation.run_records import Record

CONTEXT = 90


@dataclass(frozen=True, slots=True)
class GoldInPlace:
    """A gold span with its context."""

    article_id: str
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that went wrong, with a sentence about what the search found for it."""

    record: Record
    golds: tuple[GoldInPlace, ...]
    search: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failures of one sort: how many there are, and the worst of them."""

    title: str
    count: int
    worst: tuple[Failure, ...]


def worst_failures(
    records: Sequence[Record], article_text: Callable[[str], str], each: int = 8
) -> tuple[FailureGroup, ...]:
    """At most `each` failures of every sort that occurs."""
    sorts: tuple[tuple[str, Callable[[Record], bool], bool], ...] = (
        ("A quote is not the article's own words", lambda r: not all(r.exact), True),
        ("No answer came", lambda r: r.answer is None, True),
        ("Answered, though the articles do not say", _answered_unanswerable, True),
        ("Answered with other words than the gold ones", _answered_wrongly, True),
        ("Declined, though the articles answer", _declined_answerable, False),
    )
    groups = []
    for title, is_one, surest_first in sorts:
        failed = sorted(filter(is_one, records), key=_confidence, reverse=surest_first)
        if failed:
            worst = tuple(_failure(record, article_text) for record in failed[:each])
            groups.append(FailureGroup(title, len(failed), worst))
    return tuple(groups)


def gold_rank(record: Record) -> int | None:
    """The rank, from 1, of the first passage found that wholly contains a gold span."""
    for rank, passage in enumerate(record.found, 1):
        for gold in record.case.answers:
            inside = passage.start <= gold.start and gold.end <= passage.end
            if inside and passage.article_id == gold.article_id:
                return rank
    return None


def _answered_unanswerable(record: Record) -> bool:
    return _answered(record) and not record.case.answerable


def _answered_wrongly(record: Record) -> bool:
    return _answered(record) and record.values.get("answer_in_quote") == (0.0, 1.0)


def _declined_answerable(record: Record) -> bool:
    return record.answer is not None and not record.answer.answered and record.case.answerable


def _answered(record: Record) -> bool:
    return record.answer is not None and record.answer.answered


def _confidence(record: Record) -> float:
    answer = record.answer
    return answer.confidence if answer is not None and answer.confidence is not None else 0.0


def _failure(record: Record, article_text: Callable[[str], str]) -> Failure:
    golds = tuple(_in_place(gold, article_text) for gold in record.case.answers)
    return Failure(record, golds, _search(record))


def _in_place(gold: GoldSpan, article_text: Callable[[str], str]) -> GoldInPlace:
    try:
        text = article_text(gold.article_id)
    except LookupError:
        return GoldInPlace(gold.article_id, "", gold.text, "")
    return GoldInPlace(
        gold.article_id,
        text[max(0, gold.start - CONTEXT) : gold.start],
        gold.text,
        text[gold.end : gold.end + CONTEXT],
    )


def _search(record: Record) -> str:
    if not record.case.answerable:
        return ""
    rank = gold_rank(record)
    if rank is not None:
        return f"The search ranks a passage with the answer {_ordinal(rank)}."
    articles = {gold.article_id for gold in record.case.answers}
    ranks = [n for n, passage in enumerate(record.found, 1) if passage.article_id in articles]
    if ranks:
        return f"The search ranks the right article {_ordinal(ranks[0])}, by another passage."
    return f"The search finds no passage of the right article among its first {len(record.found)}."


def _ordinal(rank: int) -> str:
    """
    >>> [_ordinal(rank) for rank in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    if rank % 100 in (11, 12, 13):
        return f"{rank}th"
    return f"{rank}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(rank % 10, 'th') }"
