"""Questions of several parts: what is asked of each, and how the answers are put together."""

from datetime import date

import pytest

from qa.answering.planning import combined, plan_of
from qa.types import Reply
from tests.qa.answering.extractive.test_standing import NEW, OLD, reply
from vectorstore.types import Filters

TODAY = date(2025, 12, 1)
TWO = "How many members has the Alliance and how many has the Union?"
UNANSWERED = Reply(answered=False, text="The articles do not say.")


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Which cost more, the bridge or the mill?",
            ["How much cost the bridge?", "How much cost the mill?"],
        ),
        (
            "Compare how many were hurt in the mill fire and at the bridge",
            ["how many were hurt in the mill fire?", "how many were hurt in the bridge?"],
        ),
        (
            "How many objects were stolen and how many were recovered?",
            ["How many objects were stolen?", "how many were recovered?"],
        ),
    ],
)
def test_each_side_is_asked_about(question: str, parts: list[str]) -> None:
    assert [each.question for each in plan_of(question, TODAY)] == parts


def test_what_changed_is_asked_of_both_days() -> None:
    first, last = plan_of("How did the price change between May and July 2025?", TODAY)
    assert first.question == last.question == "What was the price?"
    assert first.filters == Filters(date(2025, 5, 1), date(2025, 5, 31))
    assert last.filters == Filters(date(2025, 7, 1), date(2025, 7, 31))
    assert (first.name, last.name) == ("May", "July 2025")


def test_a_range_over_new_year_begins_in_the_year_before() -> None:
    first, last = plan_of("How did the price change between November and February 2022?", TODAY)
    assert first.filters == Filters(date(2021, 11, 1), date(2021, 11, 30))
    assert last.filters == Filters(date(2022, 2, 1), date(2022, 2, 28))


def test_a_leap_day_is_the_last_day_of_another_february() -> None:
    leap_year = date(2024, 6, 1)
    first, _ = plan_of("How did the price change between February and March 2023?", leap_year)
    assert first.filters == Filters(date(2023, 2, 1), date(2023, 2, 28))


@pytest.mark.parametrize(
    "question",
    [
        "Who won, and by how much?",
        "Which bank, if any, failed?",
        "What happened between May and July 2025?",
        "Who is the chairman of Smith and Sons?",
        "Did it rain or snow?",
        "Who bought the mill and how much did he pay?",
        "What happened to the mill and when?",
    ],
)
def test_other_questions_are_asked_as_they_are(question: str) -> None:
    assert plan_of(question, TODAY) == ()


def test_the_answer_says_of_each_part_what_it_rests_on() -> None:
    answers = [reply("How many members does the Alliance have?", each) for each in (OLD, NEW)]
    whole = combined(plan_of(TWO, TODAY), answers)
    assert whole is not None
    assert whole.text == (
        "How many members has the Alliance: The Alliance has 38 members [1]. "
        "How many has the Union: The Alliance now has 41 members [2]."
    )
    for each in whole.sentences:
        assert whole.text[each.start : each.end] == each.text
    assert [each.number for each in whole.citations] == [1, 2]
    assert [each.citations for each in whole.sentences] == [(1,), (2,)]


def test_one_answered_part_is_no_comparison() -> None:
    one = reply("How many members does the Alliance have?", OLD)
    assert combined(plan_of(TWO, TODAY), [one, UNANSWERED]) is None
