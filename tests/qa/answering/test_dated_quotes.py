"""Dated quotes in order: by the day of the event where the sentence states it."""

from datetime import date

import pytest

from qa.answering.dated_quotes import as_markdown, event_day, timeline_of
from tests.qa.passages import passage_of
from vectorstore.types import ScoredPassage


def told(text: str, published: str, title: str = "The Tern Bay bridge") -> ScoredPassage:
    return passage_of(text, published, title=title, published=date.fromisoformat(published))


CLOSED = told("The Tern Bay bridge was closed on 1 February 2025. Nobody was hurt.", "2025-02-03")
COST = told("Repairing the Tern Bay bridge will cost 18 million crowns.", "2025-02-20")
PLAN = told("The Tern Bay bridge is to reopen on 1 September.", "2025-05-09")
OPEN = told("The Tern Bay bridge reopened on 1 September 2025.", "2025-09-02")
ELSEWHERE = told("A mill burned on 17 March 2025.", "2025-03-18", title="A fire")


def test_entries_are_in_order_and_say_what_dates_them() -> None:
    timeline = timeline_of("Tern Bay bridge", [OPEN, COST, ELSEWHERE, PLAN, CLOSED])
    assert [(each.day, each.dated_by) for each in timeline.entries] == [
        ("2025-02-01", "event"),
        ("2025-02-20", "publication"),
        ("2025-09-01", "event"),
    ]
    assert [each.citation.number for each in timeline.entries] == [1, 2, 3]


def test_an_event_told_twice_is_one_entry_from_what_was_written_after_it() -> None:
    (entry,) = timeline_of("Tern Bay bridge", [PLAN, OPEN]).entries
    assert entry.citation.article_id == "2025-09-02"


def test_every_quote_is_the_words_of_its_article() -> None:
    passages = [CLOSED, COST, OPEN]
    texts = {each.article.id: each.passage.text for each in passages}
    for each in timeline_of("the bridge at Tern Bay", passages).entries:
        cited = each.citation
        assert texts[cited.article_id][cited.start : cited.end] == cited.quote


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("It opened on Monday.", "2025-05-05"),
        ("It is closed, the county said on Thursday.", None),
        ("It burned yesterday.", "2025-05-08"),
        ("It will not open before 1 September.", None),
        ("It opens on 1 September.", "2025-09-01"),
        ("It was founded in November 2024.", "2024-11"),
        ("It closed on 20 December.", "2024-12-20"),
        ("It stands since 1974.", None),
    ],
)
def test_the_day_of_an_event(sentence: str, day: str | None) -> None:
    assert event_day(sentence, date(2025, 5, 9)) == day


def test_markdown_has_the_day_the_quote_and_the_place() -> None:
    text = as_markdown(timeline_of("Tern Bay bridge", [COST, OPEN], date(2025, 9, 30)))
    assert text.startswith("# Tern Bay bridge\n\nAs of 30 September 2025.\n")
    assert "- **20 February 2025 (published)**: “Repairing the Tern Bay bridge" in text
    assert "- **1 September 2025**: “The Tern Bay bridge reopened" in text
    assert "2025-09-02, characters 0 to 49)" in text


def test_what_nothing_tells_of_has_no_entries() -> None:
    assert timeline_of("Quill Museum", [CLOSED, OPEN]).entries == ()
