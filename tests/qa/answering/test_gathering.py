"""Which and how many articles are about something."""

import pytest

from qa.answering.gathering import counted, counted_about
from tests.qa.answering.extractive.test_standing import found

FIRST = found("Rosa Tilling was elected. She farms near Penrow.", "2025-06-10", read=[0, 0])
LATER = found("Harvest begins. Rosa Tilling spoke of frost.", "2025-08-28", read=[0, 0])
OTHER = found("Rosa Brask spoke of the harvest.", "2025-07-01", read=[0])


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("In how many articles is Rosa Tilling named?", "Rosa Tilling"),
        ("which articles tell of the frost", "of the frost"),
        ("How many reports mention Penrow", "Penrow"),
        ("How many articles are there?", None),
        ("How many articles mention the Tilling report?", "the Tilling report"),
        ("How many stories does the tower have?", None),
        ("What reports did Enron file?", None),
        ("How many farms reported a loss?", None),
        ("Which articles of the law were changed in May?", "of the law were changed in May"),
    ],
)
def test_what_articles_are_counted_about(question: str, about: str | None) -> None:
    assert counted_about(question) == about


def test_each_article_with_all_the_words_counts_once_and_is_cited() -> None:
    reply = counted("Rosa Tilling", [LATER, OTHER, FIRST, FIRST])
    assert reply is not None
    assert reply.text == "2 articles mention “Rosa Tilling”: 10 June 2025 [1]; 28 August 2025 [2]."
    assert [each.quote for each in reply.citations] == [
        "Rosa Tilling was elected.",
        "Rosa Tilling spoke of frost.",
    ]
    assert reply.notice is not None
    assert "4 best passages" in reply.notice


def test_nothing_is_counted_where_no_article_has_the_words() -> None:
    assert counted("pears", [FIRST, LATER]) is None
