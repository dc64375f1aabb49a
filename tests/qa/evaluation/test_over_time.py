"""How answers over time are judged, and both systems compared."""

from dataclasses import replace
from datetime import date

import pytest

from qa.answering.dated_quotes import TimelineEntry
from qa.evaluation.over_time import TimedOutcome, figures, of_timeline, outcome_of
from qa.evaluation.question_file import Case, GoldEvent, GoldSpan
from qa.types import Answer, Citation, Question, Reported, ReportedStanding
from tests.qa.evaluation.fake import FakeSystem

ARTICLES = {"old": "The group has 38 members.", "new": "The group has 41 members."}
OLD = GoldSpan("old", 14, 24, "38 members")
NEW = GoldSpan("new", 14, 24, "41 members")
CASE = Case("c", "How many members?", "superseded", (NEW,), superseded=(OLD,))


def cited(number: int, article_id: str, published: str) -> Citation:
    text = ARTICLES[article_id]
    return Citation(
        number=number,
        article_id=article_id,
        passage_id=article_id,
        start=0,
        end=len(text),
        quote=text,
        published=date.fromisoformat(published),
    )


BOTH = (cited(1, "new", "2022-04-20"), cited(2, "old", "2022-03-03"))


class Says(FakeSystem):
    """Gives one answer to everything."""

    def __init__(self, citations: tuple[Citation, ...], standing: ReportedStanding | None) -> None:
        super().__init__(ARTICLES)
        self._said = (citations, standing)

    def ask(self, question: Question) -> Answer:
        citations, standing = self._said
        answer = super().ask(question)
        return replace(answer, answered=bool(citations), citations=citations, standing=standing)


TOLD = ReportedStanding(
    (Reported("41 members", 1, date(2022, 4, 20)),), (Reported("38 members", 2, date(2022, 3, 3)),)
)


@pytest.mark.parametrize(
    ("citations", "standing", "never", "told"),
    [(BOTH, TOLD, 1, 1), (BOTH, None, 0, 0), (BOTH[:1], None, 1, 0), (BOTH[1:], None, 0, 0)],
)
def test_an_earlier_value_is_to_be_told_as_such_or_not_at_all(
    citations: tuple[Citation, ...], standing: ReportedStanding | None, never: int, told: int
) -> None:
    outcome = outcome_of(CASE, Says(citations, standing), Question("How many members?"))
    assert outcome.values["never as current"] == (never, 1)
    assert outcome.values["change told"] == (told, 1)


def test_an_answer_as_of_a_day_may_cite_nothing_later() -> None:
    case = replace(CASE, kind="as_of", superseded=(), as_of=date(2022, 4, 1))
    outcome = outcome_of(case, Says(BOTH, None), Question("How many members?"))
    assert outcome.values["nothing later"] == (0, 1)


def test_a_near_miss_is_right_if_it_is_declined() -> None:
    case = replace(CASE, kind="near_date", superseded=(), answers=())
    right = [
        outcome_of(case, Says(citations, None), Question("?")).values["right"][0]
        for citations in (BOTH, ())
    ]
    assert right == [0, 1]


def test_a_timeline_is_judged_by_its_events_days_and_order() -> None:
    case = replace(
        CASE,
        kind="timeline",
        superseded=(),
        events=(GoldEvent("2022-03-01", OLD), GoldEvent("2022-04-20", NEW)),
    )
    entries = [
        TimelineEntry("2022-04-20", "event", BOTH[0]),
        TimelineEntry("2022-03-03", "publication", BOTH[1]),
    ]
    values = dict(of_timeline(case, entries))
    assert values == {"event found": (2, 2), "event date": (1, 2), "in order": (0, 1)}


def test_figures_have_the_paired_difference_of_each_kind() -> None:
    def outcomes(*right: float) -> list[TimedOutcome]:
        return [
            TimedOutcome(
                replace(CASE, id=str(n), answers=(), kind="near_date"), {"right": (x, 1)}, ""
            )
            for n, x in enumerate(right)
        ]

    (figure,) = figures(outcomes(0, 0, 1, 0), outcomes(1, 1, 1, 0))
    assert (figure.kind, figure.questions, figure.plain, figure.timely) == (
        "near_date",
        4,
        0.25,
        0.75,
    )
    assert 0 <= figure.low <= 0.5 <= figure.high <= 1


def test_of_articles_that_are_counted_those_cited_must_be_those_expected() -> None:
    case = replace(CASE, kind="count", superseded=(), answers=(OLD, NEW))
    right = [
        outcome_of(case, Says(citations, None), Question("?")).values["right"][0]
        for citations in (BOTH, BOTH[:1], ())
    ]
    assert right == [1, 0.5, 0]
