"""The stories that develop over weeks, and the questions about them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from qa.evaluation.question_file import Case, GoldSpan, check_spans, read_questions
from vectorstore.readers import read_articles
from vectorstore.types import Article

SEEDS = Path(__file__).parents[2] / "seeds"
UNANSWERED = {"near_date", "near_office"}


@dataclass(frozen=True)
class Told:
    """A set of stories, the articles that are searched beside them, and the least number of
    questions about them, and of those of a kind in a half."""

    stories: str
    questions: str
    beside: tuple[str, ...]
    least: int
    least_of_a_kind: int


SETS = (
    Told("stories.jsonl", "questions-over-time.jsonl", ("articles",), 180, 4),
    Told("press-stories.jsonl", "questions-press.jsonl", (), 100, 1),
)


@pytest.fixture(scope="module", params=SETS, ids=lambda each: each.stories)
def told(request: pytest.FixtureRequest) -> Told:
    found: Told = request.param
    return found


@pytest.fixture(scope="module")
def articles(told: Told) -> dict[str, Article]:
    read = read_articles([SEEDS / each for each in (*told.beside, told.stories)])
    return {each.id: each for each in read if isinstance(each, Article)}


@pytest.fixture(scope="module")
def cases(told: Told) -> tuple[Case, ...]:
    return read_questions(SEEDS / told.questions)


def spans(case: Case) -> tuple[GoldSpan, ...]:
    return (*case.answers, *case.superseded, *(each.told for each in case.events))


def test_every_span_is_the_text_of_its_article(
    told: Told, cases: tuple[Case, ...], articles: dict[str, Article]
) -> None:
    texts = {each.id: each.text for each in articles.values()}
    check_spans(cases, texts.__getitem__, path=SEEDS / told.questions, articles="seeds")


def test_each_kind_is_asked_of_both_halves(told: Told, cases: tuple[Case, ...]) -> None:
    kinds = Counter((each.kind, each.half) for each in cases)
    assert all(half for _, half in kinds)
    assert min(kinds.values()) >= told.least_of_a_kind
    assert len(cases) >= told.least


def test_a_question_has_no_answer_exactly_when_its_kind_says_so(cases: tuple[Case, ...]) -> None:
    for case in cases:
        assert (case.kind in UNANSWERED) == (not case.answers), case.id


def test_answers_as_of_a_day_were_published_by_then(
    cases: tuple[Case, ...], articles: dict[str, Article]
) -> None:
    for case in cases:
        for gold in case.answers:
            published = articles[gold.article_id].info.published or date.max
            assert published <= (case.as_of or date.max), case.id


def test_no_story_is_in_both_halves(told: Told, cases: tuple[Case, ...]) -> None:
    halves: dict[str, set[str | None]] = {}
    stories = {
        each.id for each in read_articles([SEEDS / told.stories]) if isinstance(each, Article)
    }
    for case in cases:
        if case.kind == "list":
            continue  # one asks over all stories
        for gold in spans(case):
            if gold.article_id in stories:
                halves.setdefault(gold.article_id, set()).add(case.half)
    assert {id for id, found in halves.items() if len(found) > 1} == set()
