"""Plain text: its date, promotional lines and title."""

from datetime import date

import pytest

from tests.vectorstore.readers.reading import article, reason, skipped

WIRE = """\
 date 2022-04-20 Don't miss Ledger Forum, three days of panels in Columbus, Ohio.

The harbor of Lima froze on Monday. Ships waited outside.

Nobody was hurt.
"""


def test_text_is_kept_whole_with_its_date_and_promotion_skipped() -> None:
    wire = article("wire.txt", WIRE)
    assert wire.text == WIRE
    assert wire.info.published == date(2022, 4, 20)
    assert wire.info.title == "The harbor of Lima froze on Monday."
    assert skipped(wire) == [
        " date 2022-04-20",
        "Don't miss Ledger Forum, three days of panels in Columbus, Ohio.",
    ]


def test_a_date_on_a_line_of_its_own_is_metadata_too() -> None:
    found = article("a.txt", "date 2022-04-20\nThe harbor froze.")
    assert found.info.published == date(2022, 4, 20)
    assert skipped(found) == ["date 2022-04-20"]


def test_an_event_is_promotion_only_right_after_a_date() -> None:
    line = "Don't miss Ice Forum, three weeks of it."
    front = "---\ndate: 2022-04-20\n---\n"
    prose = "\n\nThe harbor froze."
    assert line in skipped(article("a.txt", f"date 2022-04-20 {line}{prose}"))
    assert line in skipped(article("a.txt", f"date 2022-04-20\n\n{line}{prose}"))
    assert line not in skipped(article("a.txt", f"date 2022-04-20{prose}\n\n{line}"))
    assert line not in skipped(article("a.md", f"{front}{line}{prose}"))


@pytest.mark.parametrize(
    "text", ["The date 2022-04-20 was kept.", "date2022-04-20 It was kept.", "dates 2022-04-20 ok"]
)
def test_a_date_within_prose_is_prose(text: str) -> None:
    found = article("a.txt", text)
    assert found.info.published is None
    assert found.skipped == ()


def test_a_date_that_no_calendar_has_is_skipped_and_says_nothing() -> None:
    found = article("a.txt", "date 2022-02-30 The harbor froze.")
    assert found.info.published is None
    assert skipped(found) == ["date 2022-02-30"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The harbor froze\n\nShips waited outside.", "The harbor froze"),
        ("date 2022-04-20\n\nIs it ice\n\nYes.", "Is it ice"),
        ("The harbor froze.\n\nShips waited.", "The harbor froze."),
        ("Subscribe to our newsletter\n\nIce in the bay\n\nShips waited.", "Ice in the bay"),
        (
            "LIMA, Peru (Reuters) - The harbor froze on Monday. Ships.",
            "The harbor froze on Monday.",
        ),
        ("Mr. Lee of Binance.US and the U.S. Senate met. They ate.", None),
        ("only a fragment without an end", "only a fragment without an end"),
    ],
)
def test_the_title_is_the_heading_or_the_first_sentence(text: str, title: str | None) -> None:
    expected = title or "Mr. Lee of Binance.US and the U.S. Senate met."
    assert article("a.txt", text).info.title == expected


def test_a_long_first_sentence_is_cut_after_a_word() -> None:
    title = article("a.txt", "harbor " * 100).info.title
    assert len(title) <= 200
    assert title.endswith("harbor…")


@pytest.mark.parametrize("content", ["", " \r\n\t", "...", "date 2022-04-20", "Advertisement\n"])
def test_an_article_without_prose_is_empty(content: str) -> None:
    assert "empty" in reason("a.txt", content)
