"""The sample collection: gold spans are exact, and every kind of question is there."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from qa.types import Turn
from vectorstore.readers import read_articles
from vectorstore.types import Article, ArticleInfo, Filters, Span

SEEDS = Path(__file__).parents[2] / "seeds"
KINDS = (
    "fact",
    "why",
    "list",
    "comparison",
    "changed",
    "followup",
    "dated",
    "unanswerable",
    "near_miss",
)
UNANSWERED = ("unanswerable", "near_miss")
NEAR_COPIES = ("https://northgate-wire.example/stories/usdc-weekend", "tidewater-2023-03-13-usdc")


@dataclass(frozen=True, slots=True)
class Gold:
    article_id: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class SeedQuestion:
    id: str
    text: str
    kind: str
    history: tuple[Turn, ...]
    filters: Filters
    answers: tuple[Gold, ...]


def parse_question(line: str) -> SeedQuestion:
    """Fails on a field that the question format does not have, or that is missing."""
    given = json.loads(line)
    assert set(given) == {"id", "question", "kind", "history", "filters", "answers"}
    filters = given["filters"]
    assert set(filters) <= {"published_from", "published_to", "sources", "article_ids"}
    first, last = (filters.get(name) for name in ("published_from", "published_to"))
    return SeedQuestion(
        id=given["id"],
        text=given["question"],
        kind=given["kind"],
        history=tuple(Turn(**turn) for turn in given["history"]),
        filters=Filters(
            published_from=date.fromisoformat(first) if first else None,
            published_to=date.fromisoformat(last) if last else None,
            sources=tuple(filters.get("sources", ())),
            article_ids=tuple(filters.get("article_ids", ())),
        ),
        answers=tuple(
            Gold(gold["article_id"], Span(gold["start"], gold["end"]), gold["text"])
            for gold in given["answers"]
        ),
    )


def allowed(article: ArticleInfo, filters: Filters) -> bool:
    if filters.sources and article.source not in filters.sources:
        return False
    if filters.article_ids and article.id not in filters.article_ids:
        return False
    if filters.published_from is None and filters.published_to is None:
        return True
    if article.published is None:
        return False
    earliest, latest = filters.published_from or date.min, filters.published_to or date.max
    return earliest <= article.published <= latest


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    read = list(read_articles([SEEDS / "articles"]))
    unreadable = [str(one) for one in read if not isinstance(one, Article)]
    assert unreadable == []
    return {one.id: one for one in read if isinstance(one, Article)}


@pytest.fixture(scope="module")
def questions() -> list[SeedQuestion]:
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [parse_question(line) for line in lines]


def test_there_are_between_40_and_60_articles_with_distinct_ids(
    articles: dict[str, Article],
) -> None:
    assert 40 <= len(articles) <= 60
    assert all(article.text.strip() and article.info.title for article in articles.values())


@pytest.mark.parametrize(("suffix", "at_least"), [("txt", 30), ("md", 5), ("html", 3)])
def test_each_format_is_there(suffix: str, at_least: int) -> None:
    assert len(list((SEEDS / "articles").glob(f"*.{suffix}"))) >= at_least


def test_json_lines_hold_several_articles() -> None:
    (wire,) = (SEEDS / "articles").glob("*.jsonl")
    assert len(wire.read_text(encoding="utf-8").splitlines()) >= 8


def test_metadata_is_found_in_every_format_that_has_it(articles: dict[str, Article]) -> None:
    for article in articles.values():
        if article.id.endswith(".txt"):
            continue
        info = article.info
        assert None not in (info.published, info.source, info.author, info.url), info


def test_only_the_one_text_without_a_date_has_none(articles: dict[str, Article]) -> None:
    undated = [article.id for article in articles.values() if article.info.published is None]
    assert undated == ["what-a-wells-notice-is.txt"]


def test_a_text_is_dated_as_its_name_says(articles: dict[str, Article]) -> None:
    named = {id: article for id, article in articles.items() if id.startswith("20")}
    assert len(named) >= 30
    for id, article in named.items():
        assert article.info.published == date.fromisoformat(id[:10])


def test_one_text_keeps_its_windows_line_ends(articles: dict[str, Article]) -> None:
    assert [id for id, article in articles.items() if "\r\n" in article.text] == [
        "2023-02-10-kraken-stops-staking.txt"
    ]


def test_promotional_lines_repeat_and_differ() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (SEEDS / "articles").glob("*.txt")]
    assert sum("Sign up for The Long Docket" in text for text in texts) >= 6
    assert sum("About this desk" in text for text in texts) >= 5
    for line in ("miss Ledger Forum", "Subscribe to Hash & Statute", "Join us for Statehouse"):
        assert any(line in text for text in texts)


def test_the_wire_story_has_a_near_copy_under_another_source(articles: dict[str, Article]) -> None:
    wire, paper = (articles[id] for id in NEAR_COPIES)
    assert wire.info.source != paper.info.source
    assert wire.text != paper.text
    shared = set(paragraphs(wire)) & set(paragraphs(paper))
    assert len(shared) >= 2


def test_no_other_two_articles_share_a_paragraph(articles: dict[str, Article]) -> None:
    owners: dict[str, set[str]] = {}
    for article in articles.values():
        for paragraph in paragraphs(article):
            owners.setdefault(paragraph, set()).add(article.id)
    promotion = ("Sign up", "Subscribe", "About this desk", "*About this desk", "---")
    shared = {
        paragraph: ids
        for paragraph, ids in owners.items()
        if len(ids) > 1 and not paragraph.startswith(promotion)
    }
    assert all(ids == set(NEAR_COPIES) for ids in shared.values()), shared


def paragraphs(article: Article) -> Iterable[str]:
    return filter(None, (part.strip() for part in article.text.split("\n\n")))


def test_question_ids_are_distinct(questions: list[SeedQuestion]) -> None:
    assert [id for id, n in Counter(question.id for question in questions).items() if n > 1] == []


def test_every_kind_is_asked_often_enough(questions: list[SeedQuestion]) -> None:
    kinds = Counter(question.kind for question in questions)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 12
    assert kinds.total() >= 150
    assert kinds["unanswerable"] + kinds["near_miss"] >= 40
    assert kinds["near_miss"] >= 20


def test_every_gold_span_is_the_text_of_its_article(
    questions: list[SeedQuestion], articles: dict[str, Article]
) -> None:
    for question in questions:
        for gold in question.answers:
            assert gold.article_id in articles, question.id
            assert gold.span.of(articles[gold.article_id].text) == gold.text, question.id
            assert gold.text == gold.text.strip() != "", question.id


def test_no_gold_span_touches_what_is_skipped(
    questions: list[SeedQuestion], articles: dict[str, Article]
) -> None:
    for question in questions:
        for gold in question.answers:
            for skipped in articles[gold.article_id].skipped:
                apart = gold.span.end <= skipped.start or skipped.end <= gold.span.start
                assert apart, (question.id, skipped.of(articles[gold.article_id].text))


def test_gold_spans_of_a_question_do_not_overlap(questions: list[SeedQuestion]) -> None:
    for question in questions:
        ordered = sorted((gold.article_id, *gold.span) for gold in question.answers)
        for one, other in pairwise(ordered):
            assert one[0] != other[0] or one[2] <= other[1], question.id


def test_a_question_has_no_answer_exactly_when_its_kind_says_so(
    questions: list[SeedQuestion],
) -> None:
    for question in questions:
        assert (question.kind in UNANSWERED) == (not question.answers), question.id


def test_gold_spans_lie_in_articles_that_the_filters_let_through(
    questions: list[SeedQuestion], articles: dict[str, Article]
) -> None:
    for question in questions:
        for gold in question.answers:
            assert allowed(articles[gold.article_id].info, question.filters), question.id


def test_filters_let_some_articles_through_and_keep_some_out(
    questions: list[SeedQuestion], articles: dict[str, Article]
) -> None:
    filtered = [question for question in questions if question.filters]
    assert {"dated", "unanswerable"} <= {question.kind for question in filtered}
    for question in filtered:
        let_through = [allowed(one.info, question.filters) for one in articles.values()]
        assert any(let_through), question.id
        assert not all(let_through), question.id


def test_dated_questions_have_a_date_filter(questions: list[SeedQuestion]) -> None:
    for question in questions:
        if question.kind == "dated":
            assert question.filters.published_from or question.filters.published_to, question.id


def test_histories_alternate_and_end_with_the_assistant(questions: list[SeedQuestion]) -> None:
    for question in questions:
        roles = [turn.role for turn in question.history]
        assert roles == ["user", "assistant"] * (len(roles) // 2), question.id
        assert question.history or question.kind != "followup", question.id


def test_every_article_answers_some_question(
    questions: list[SeedQuestion], articles: dict[str, Article]
) -> None:
    asked = {gold.article_id for question in questions for gold in question.answers}
    assert asked == set(articles)
