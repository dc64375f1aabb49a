"""Which words of a question say when, and which days they name. Today is Wednesday, 18 May 2022."""

from datetime import date

import pytest

from qa.answering.timeframe import Days, When, time_of, timeframe_of
from qa.types import Question
from vectorstore.types import Filters

TODAY = date(2022, 5, 18)


@pytest.mark.parametrize(
    ("question", "phrase", "first", "last"),
    [
        ("Which exchange failed in 2014?", "in 2014", "2014-01-01", "2014-12-31"),
        ("Who left in April 2021?", "in April 2021", "2021-04-01", "2021-04-30"),
        ("What changed since the summer of 2021?", "since the summer of 2021", "2021-06-01", None),
        ("How did Tesla do in Q3?", "in Q3", "2021-07-01", "2021-09-30"),
        ("What was decided before 3 May 2021?", "before 3 May 2021", None, "2021-05-02"),
        ("What was new after May 3rd, 2021?", "after May 3rd, 2021", "2021-05-04", None),
        (
            "How many had it by the end of March 2021?",
            "by the end of March 2021",
            None,
            "2021-03-31",
        ),
        (
            "What was lost between 3 March and 5 April 2021?",
            "between 3 March and 5 April 2021",
            "2021-03-03",
            "2021-04-05",
        ),
        (
            "What grew from November 2020 to January 2021?",
            "from November 2020 to January 2021",
            "2020-11-01",
            "2021-01-31",
        ),
        ("What was lost in the 1990s?", "in the 1990s", "1990-01-01", "1999-12-31"),
        ("Which laws passed this year?", "this year", "2022-01-01", "2022-05-18"),
        ("Which laws passed last year?", "last year", "2021-01-01", "2021-12-31"),
        ("What fell last quarter?", "last quarter", "2022-01-01", "2022-03-31"),
        (
            "Who ran it in the first half of 2020?",
            "in the first half of 2020",
            "2020-01-01",
            "2020-06-30",
        ),
        ("What failed last winter?", "last winter", "2021-12-01", "2022-02-28"),
        ("Who resigned in December?", "in December", "2021-12-01", "2021-12-31"),
        ("Did prices fall in 2021?", "in 2021", "2021-01-01", "2021-12-31"),
        ("What did Will Smith say in 2021?", "in 2021", "2021-01-01", "2021-12-31"),
        ("What did he do from 2019 on?", "from 2019", "2019-01-01", None),
    ],
)
def test_what_happened_at_a_time_is_looked_for_there_first(
    question: str, phrase: str, first: str | None, last: str | None
) -> None:
    frame = timeframe_of(question, TODAY)
    assert frame is not None
    assert frame.speaks_of == "happened"
    assert frame.span.of(question) == phrase
    assert frame.days == days(first, last)
    filters = Filters(sources=("Reuters",))
    assert frame.narrowed(filters) == filters
    assert frame.favoured is not None
    assert frame.favoured.published_from == frame.days.first


@pytest.mark.parametrize(
    ("question", "phrase", "first", "last"),
    [
        ("What was published before 3 May?", "before 3 May", None, "2022-05-02"),
        ("Show me news from late 2021", "from late 2021", "2021-09-01", "2021-12-31"),
        ("What were the headlines of 2021?", "of 2021", "2021-01-01", "2021-12-31"),
        ("What is in today's news?", "in today", "2022-05-18", "2022-05-18"),
        ("What was reported on 20 April?", "on 20 April", "2022-04-20", "2022-04-20"),
        (
            "What profit was reported in the last quarter of 2021?",
            "in the last quarter of 2021",
            "2021-10-01",
            "2021-12-31",
        ),
        (
            "What was reported in the last week of March 2021?",
            "in the last week of March 2021",
            "2021-03-25",
            "2021-03-31",
        ),
        (
            "What was reported in the first half of March 2021?",
            "in the first half of March 2021",
            "2021-03-01",
            "2021-03-16",
        ),
        ("What was reported in the past week?", "in the past week", "2022-05-11", "2022-05-18"),
        (
            "What was reported between 3 and 5 May 2021?",
            "between 3 and 5 May 2021",
            "2021-05-03",
            "2021-05-05",
        ),
        (
            "What was reported between November and February 2022?",
            "between November and February 2022",
            "2021-11-01",
            "2022-02-28",
        ),
        ("What happened last week?", "last week", "2022-05-09", None),
        ("What happened yesterday?", "yesterday", "2022-05-17", None),
        ("Who resigned three weeks ago?", "three weeks ago", "2022-04-24", None),
        ("What did the SEC do in the past two weeks?", "in the past two weeks", "2022-05-04", None),
        ("What happened on Monday?", "on Monday", "2022-05-16", None),
        ("What happened on Tuesday, May 3?", "on Tuesday, May 3", "2022-05-03", None),
        ("Who left on Friday 6 May 2022?", "on Friday 6 May 2022", "2022-05-06", None),
        ("Who left a few days ago?", "a few days ago", "2022-05-15", None),
    ],
)
def test_what_was_reported_at_a_time_or_happened_just_now_is_looked_for_nowhere_else(
    question: str, phrase: str, first: str | None, last: str | None
) -> None:
    frame = timeframe_of(question, TODAY)
    assert frame is not None
    assert frame.speaks_of == "reported"
    assert frame.span.of(question) == phrase
    assert frame.days == days(first, last)
    assert frame.favoured is None
    narrowed = frame.narrowed(Filters())
    assert Days(narrowed.published_from, narrowed.published_to) == frame.days


@pytest.mark.parametrize(
    "question",
    [
        "What did the 2014 law say?",
        "Who won the 2020 election?",
        "What may happen to Ripple?",
        "Is Section 1960 a law?",
        "Who is the chief now?",
        "What is it called today?",
        "What will happen in June?",
        "Did the May report differ?",
        "What is Web3?",
        "Who was in the 31 April group?",
    ],
)
def test_a_number_or_a_month_that_says_nothing_of_when_is_left_alone(question: str) -> None:
    assert timeframe_of(question, TODAY) is None


def test_as_of_in_a_question_leaves_out_what_came_later() -> None:
    question = Question("Who led Binance.US as of May 2021?")
    when = time_of(question, question.text, TODAY)
    assert when.as_of == date(2021, 5, 31)
    assert when.filters == Filters(published_to=date(2021, 5, 31))
    assert (
        when.notice(answered=True) == "As of 31 May 2021: articles published later were left out."
    )


def test_as_of_is_today_for_the_words_of_the_question() -> None:
    question = Question("What was reported last week?", as_of=date(2021, 8, 18))
    when = time_of(question, question.text, TODAY)
    assert when.filters == Filters(date(2021, 8, 9), date(2021, 8, 15))
    assert when.as_of == date(2021, 8, 18)


def test_no_filter_lets_through_what_as_of_leaves_out() -> None:
    later = Filters(published_to=date(2022, 1, 1))
    question = Question("Who led it in 2020?", filters=later, as_of=date(2021, 8, 18))
    assert time_of(question, question.text, TODAY).filters.published_to == date(2021, 8, 18)


def test_dates_chosen_by_hand_or_words_to_be_ignored_leave_the_search_alone() -> None:
    text = "What was reported in April 2022?"
    chosen = Filters(published_from=date(2020, 1, 1))
    for question in (Question(text, filters=chosen), Question(text, reads_dates=False)):
        when = time_of(question, text, TODAY)
        assert when.filters == question.filters
        assert when.read is None
        assert when.notice(answered=False) is None


@pytest.mark.parametrize(
    ("text", "any_week"),
    [
        ("Who was sworn in on Monday?", True),
        ("Who left yesterday?", False),
        ("What was reported on Monday?", False),
    ],
)
def test_a_weekday_may_be_that_of_any_week(text: str, any_week: bool) -> None:
    question = Question(text, filters=Filters(sources=("Reuters",)))
    when = time_of(question, text, TODAY)
    assert when.filters.published_from is not None
    assert (when.otherwise is not None) == any_week
    if when.otherwise is not None:
        assert when.otherwise == When(question.filters, text)


def test_as_of_a_weekday_nothing_later_is_searched_even_if_nothing_is_found() -> None:
    question = Question("Who led it as of Monday?")
    when = time_of(question, question.text, TODAY)
    assert (when.filters.published_to, when.as_of) == (date(2022, 5, 16), date(2022, 5, 16))
    assert when.otherwise is None


def test_what_was_searched_is_said_in_a_sentence() -> None:
    question = Question("What was published before 3 May?")
    when = time_of(question, question.text, TODAY)
    assert when.notice(answered=False) == (
        "“before 3 May”: only articles published to 2 May 2022 were searched."
    )
    assert when.notice(answered=True) is None


def days(first: str | None, last: str | None) -> Days:
    return Days(
        first and date.fromisoformat(first),  # type: ignore[arg-type]
        last and date.fromisoformat(last),  # type: ignore[arg-type]
    )
