"""Questions about time, each asked twice: with its dates and without.

Every kind of question has a figure for how often it is answered right; a few have others. The
difference from the plain system is paired, with a cluster bootstrap over articles.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from qa.answering.chain import Chains
from qa.answering.dated_quotes import TimelineEntry
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.answering.pipeline import Pipeline
from qa.answering.rewriting.query_rewriter import QueryRewriter
from qa.composition import SharedParts, build_service, make_search
from qa.evaluation.bootstrap import interval, resamples, statistic
from qa.evaluation.copy_credit import as_expected
from qa.evaluation.library_system import LibrarySystem, read, temporary_settings
from qa.evaluation.question_file import Case, GoldSpan, Half, check_spans, read_questions
from qa.evaluation.system import System
from qa.service import Service
from qa.settings import Settings
from qa.types import Answer, Citation, PassageResult, Question
from vectorstore.retrieval import word_rarities
from vectorstore.types import Article, Filters, Span

EVERY_PART = frozenset({"disagreeing", "list", "comparison", "changed_between"})
"""Kinds whose answer has several parts; in the others, the answers are alternatives."""
COUNT = "count"
"""The kind that asks how many articles there are: exactly those must be cited."""
DECLINED = frozenset({"near_date", "near_office"})
READ = 5
PASSAGES_READ = 8

Measure = Literal[
    "right",
    "hits@5",
    "nothing later",
    "never as current",
    "change told",
    "nothing told",
    "both shown",
    "event found",
    "event date",
    "in order",
]


@dataclass(frozen=True, slots=True)
class TimedOutcome:
    """What one system made of one question."""

    case: Case
    values: Mapping[Measure, tuple[float, float]]
    """Pairs of a numerator and a denominator."""
    shown: str


@dataclass(frozen=True, slots=True)
class KindFigure:
    """One figure for one kind of question, from the plain system and the one that reads dates."""

    kind: str
    measure: Measure
    questions: int
    plain: float
    timely: float
    low: float
    high: float
    """The 95% interval of the difference."""


def measure_over_time(
    articles: Sequence[Path],
    questions: Path,
    settings: Settings,
    console: Console,
    *,
    half: Half | None = None,
    shows: bool = False,
) -> list[KindFigure]:
    """Ask both systems the questions of one half, or all, on a temporary index.

    `shows` prints what went wrong. Raises QuestionFileError, and whatever opening the index does.
    """
    cases = [each for each in read_questions(questions) if half is None or each.half == half]
    found = [article for path in articles for article in read(path)]
    texts = {each.id: each.text for each in found}
    check_spans(cases, texts.__getitem__, path=questions, articles=", ".join(map(str, articles)))
    with both_systems(found, settings) as (plain, timely):
        before = [outcome_of(each, plain, plainly(_asked(each))) for each in cases]
        after = [outcome_of(each, timely, _asked(each)) for each in cases]
    if shows:
        for one, two in zip(before, after, strict=True):
            wrong = [name for name, (x, y) in two.values.items() if x < y]
            if wrong:
                console.rule(f"{two.case.kind} {two.case.id}: {', '.join(wrong)}", align="left")
                console.print(f"{two.case.question}  {two.case.as_of or ''}", markup=False)
                console.print("gold:", [e.text for e in two.case.answers], markup=False)
                console.print(f"plain: {one.shown}\ntime: {two.shown}", markup=False)
    return figures(before, after)


def _asked(case: Case) -> Question:
    return case.ask(passages=8, answerer="extractive")


@contextmanager
def both_systems(
    articles: Sequence[Article], settings: Settings
) -> Iterator[tuple[System, System]]:
    """A plain system and one that knows about time, over one temporary index of the articles."""
    with TemporaryDirectory(prefix="article-qa-") as folder:
        settings = temporary_settings(settings, folder)
        parts = SharedParts(settings)
        service = build_service(settings, parts=parts)
        try:
            service.add(articles)
            service.load()
            store, search = service.store, make_search(settings, service.store, parts)
            answerer = ExtractiveAnswerer(partial(word_rarities, store), tells_changes=False)
            chains = Chains({"extractive": Pipeline(QueryRewriter(), search, answerer)})
            plain = Service(store, chains, search, parts.judge, None)
            yield PlainSystem(plain), LibrarySystem(service)
        finally:
            service.close()


def plainly(question: Question) -> Question:
    """The question as a system that knows nothing about time would take it."""
    return replace(question, reads_dates=False, as_of=None)


def outcome_of(case: Case, system: System, question: Question) -> TimedOutcome:
    """Ask one question, or for a timeline, and judge the answer."""
    if case.events:
        entries = system.timeline(case.question)
        shown = "\n".join(f"{e.day} ({e.dated_by}) {e.citation.quote}" for e in entries)
        return TimedOutcome(case, dict(of_timeline(case, entries)), shown)
    answer = system.ask(question)
    return TimedOutcome(case, dict(_values(case, answer, system)), answer.text)


def of_timeline(
    case: Case, entries: Sequence[TimelineEntry]
) -> Iterator[tuple[Measure, tuple[float, float]]]:
    """Which events a timeline has, whether their days are right, and whether it is in order."""
    found = [
        (event, next((e for e in entries if _overlaps(e.citation, event.told)), None))
        for event in case.events
    ]
    days = [(event.day, entry.day) for event, entry in found if entry is not None]
    yield "event found", (float(len(days)), float(len(found)))
    yield "event date", (float(sum(one == other for one, other in days)), float(len(days)))
    in_order = all(one.day <= other.day for one, other in pairwise(entries))
    yield "in order", (float(in_order and bool(entries)), 1.0)


def by_publication(found: Sequence[PassageResult]) -> tuple[TimelineEntry, ...]:
    """A plain timeline: the passages found, in order of publication."""
    dated = [each for each in found if each.published is not None]
    return tuple(
        TimelineEntry(str(each.published), "publication", _whole(each))
        for each in sorted(dated, key=lambda each: str(each.published))
    )


def _whole(found: PassageResult) -> Citation:
    return Citation(
        number=1,
        article_id=found.article_id,
        passage_id=found.id,
        start=found.start,
        end=found.end,
        quote=found.text,
        **found.metadata(),
    )


class PlainSystem(LibrarySystem):
    """Its timelines are what a search finds, in order of publication."""

    def timeline(self, about: str) -> tuple[TimelineEntry, ...]:
        return by_publication(self.search(about, PASSAGES_READ, Filters()))


def _values(
    case: Case, answer: Answer, system: System
) -> Iterator[tuple[Measure, tuple[float, float]]]:
    def credited(expected: Sequence[GoldSpan]) -> tuple[Citation, ...]:
        return as_expected(answer.citations, expected, system.copies_of, system.article_text)

    if case.kind in DECLINED:
        yield "right", (float(not answer.answered), 1.0)
    else:
        cited = credited(case.answers)
        reached = [any(_reaches(each, gold) for each in cited) for gold in case.answers]
        whole = sum(reached) / len(reached) if case.kind in EVERY_PART else float(any(reached))
        if case.kind == COUNT:
            whole = _overlap({e.article_id for e in cited}, {e.article_id for e in case.answers})
        yield "right", (whole if answer.answered else 0.0, 1.0)
        read = as_expected(
            answer.passages[:READ], case.answers, system.copies_of, system.article_text
        )
        articles = {gold.article_id for gold in case.answers}
        yield "hits@5", (float(any(each.article_id in articles for each in read)), 1.0)
    if case.as_of is not None:
        later = [e for e in answer.citations if e.published and e.published > case.as_of]
        yield "nothing later", (float(not later), 1.0)
    standing = answer.standing
    if case.superseded:
        told = {each.citation for each in standing.earlier} if standing else set()
        told |= {number for e in answer.sentences if e.earlier for number in e.citations}
        now = [gold.text for gold in case.answers]
        stale = [
            each
            for each in credited(case.superseded)
            if any(_overlaps(each, gold) for gold in case.superseded)
            and not any(text in each.quote for text in now)
            and each.number not in told
        ]
        yield "never as current", (float(not stale), 1.0)
        yield "change told", (float(bool(standing and standing.earlier)), 1.0)
    if case.kind == "disagreeing":
        yield "both shown", (float(standing is not None and standing.disagrees), 1.0)
    if case.kind in ("unchanged", "near_date", "near_office"):
        yield "nothing told", (float(standing is None), 1.0)


def figures(plain: Sequence[TimedOutcome], timely: Sequence[TimedOutcome]) -> list[KindFigure]:
    """The figures for each kind of question; both sequences are of the same questions, in order."""
    found = []
    for kind in dict.fromkeys(each.case.kind for each in plain):
        rows = [pair for pair in zip(plain, timely, strict=True) if pair[0].case.kind == kind]
        for measure in dict.fromkeys(name for row in rows for each in row for name in each.values):
            kept = [(one, two) for one, two in rows if measure in one.values]
            pairs = np.array(
                [[*one.values[measure], *two.values[measure]] for one, two in kept], np.float64
            )
            alone = np.ones((1, len(kept)))
            before, after = (
                float(statistic("ratio", pairs[:, at], pairs[:, at + 1], alone)[0]) for at in (0, 2)
            )
            differences = np.concatenate(
                [
                    statistic("ratio", pairs[:, 2], pairs[:, 3], weights)
                    - statistic("ratio", pairs[:, 0], pairs[:, 1], weights)
                    for weights in resamples([_cluster(one.case) for one, _ in kept])
                ]
            )
            low, high = interval(differences) or (float("nan"), float("nan"))
            found.append(KindFigure(kind, measure, len(kept), before, after, low, high))
    return found


def _cluster(case: Case) -> str:
    return case.answers[0].article_id if case.answers else case.id


def _reaches(citation: Citation, gold: GoldSpan) -> bool:
    """Whether it quotes the gold words, from there or from another article."""
    return _overlaps(citation, gold) or gold.text in citation.quote


def _overlaps(citation: Citation, gold: GoldSpan) -> bool:
    return citation.article_id == gold.article_id and _share(
        Span(citation.start, citation.end), gold.span
    )


def _overlap(one: set[str], other: set[str]) -> float:
    """The Jaccard index."""
    return len(one & other) / max(1, len(one | other))


def _share(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def as_table(found: Sequence[KindFigure]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("kind", "figure", "questions", "plain", "with time", "difference", "95% interval"):
        table.add_column(name, justify="left" if name in ("kind", "figure") else "right")
    for each in found:
        table.add_row(
            each.kind,
            each.measure,
            str(each.questions),
            f"{each.plain:.3f}",
            f"{each.timely:.3f}",
            f"{each.timely - each.plain:+.3f}",
            f"{each.low:+.3f} to {each.high:+.3f}",
        )
    return table
