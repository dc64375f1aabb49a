"""Of quotes that tell one story at different times, the newest is first, and the others say so."""

import pytest

from tests.qa.answering.extractive.test_standing import OPINION, found, reply
from vectorstore.types import ScoredPassage

WHERE = "Where do the Quill Museum's visitors enter?"
GATE = "Visitors of the Quill Museum enter by the old gate."
YARD = "Since the fire the visitors of the Quill Museum enter by the yard."


def test_the_newest_is_quoted_first_and_the_other_with_its_day() -> None:
    answer = reply(
        WHERE,
        found(GATE, "2022-03-03", read=[OPINION]),
        found(YARD, "2022-04-20", read=[OPINION - 1]),
    )
    assert answer.text == f"{YARD[:-1]} [1]. Earlier (3 March 2022): {GATE[:-1]} [2]."
    assert [each.earlier for each in answer.sentences] == [False, True]
    assert answer.standing is None


def test_a_day_counted_from_publication_is_told_once() -> None:
    answer = reply(
        WHERE,
        found(f"{GATE[:-1]}, it said on Monday.", "2022-03-03", read=[OPINION]),
        found(YARD, "2022-04-20", read=[OPINION]),
    )
    earlier = answer.text.split("Earlier ")[1]
    assert earlier.startswith("(published on Thursday, 3 March 2022): Visitors")
    assert earlier.count("published") == 1


def test_the_best_comes_first_where_articles_tell_different_stories() -> None:
    answer = reply(
        "Where did visitors enter?",
        found("Visitors of the Quill Museum enter by the gate.", "2022-03-03", read=[OPINION]),
        found("Visitors of Fennway Castle enter by the yard.", "2022-04-20", read=[OPINION - 1]),
    )
    assert "Earlier" not in answer.text
    assert answer.citations[0].quote.startswith("Visitors of the Quill Museum")


@pytest.mark.parametrize(
    "question",
    ["Where did the Quill Museum's visitors enter in 2022?", "Why do visitors enter by the yard?"],
)
def test_a_past_time_and_a_reason_are_answered_by_the_best(question: str) -> None:
    answer = reply(
        question,
        found(GATE, "2022-03-03", read=[OPINION]),
        found(YARD, "2022-04-20", read=[OPINION - 0.5]),
    )
    assert "Earlier" not in answer.text


def test_the_short_answer_is_of_the_sentence_that_comes_first() -> None:
    answer = reply(
        "When does the Quill Museum open on Sundays?",
        found("The Quill Museum opens on Sundays at 9 a.m.", "2022-03-03", read=[OPINION]),
        found("On Sundays the Quill Museum opens at 11 a.m.", "2022-04-20", read=[OPINION]),
    )
    if answer.short_answer is not None:
        assert answer.short_answer.text in answer.citations[0].quote
    assert "11 a.m." in answer.citations[0].quote


def test_a_later_article_that_answers_comes_first_however_little_it_says_of_the_question() -> None:
    porch = "A porch in the yard of the Quill Museum now serves everybody who comes."
    answer = reply(
        WHERE,
        found(GATE, "2022-03-03", read=[OPINION]),
        found(f"{porch} Nobody was hurt.", "2022-04-20", read=[0.5, -9]),
    )
    assert answer.citations[0].quote == porch
    assert [each.earlier for each in answer.sentences] == [False, True]


def test_what_a_later_article_says_of_another_person_is_no_later_answer() -> None:
    before = "A judge sentenced Bo Dahl on Thursday to 25 years for the fire at the Quill Museum."
    answer = reply(
        "When was Bo Dahl sentenced?",
        found(before, "2022-03-03", read=[4]),
        found(
            "Bo Dahl set fire to the Quill Museum. Ann Lee was sentenced to two years in June.",
            "2022-07-20",
            read=[-9, 3],
        ),
    )
    assert [each.quote for each in answer.citations] == [before]


def test_an_answer_about_now_says_until_when_its_story_goes_on() -> None:
    roof = "The Quill Museum was given a roof of slate."
    answer = reply(
        WHERE,
        found(GATE, "2022-03-03", read=[OPINION]),
        found(roof, "2022-04-20", read=[-9]),
        found("Fennway Castle was sold.", "2022-05-01", read=[-9]),
    )
    until = "[published on 3 March 2022; the story continues until 20 April 2022]"
    assert answer.text == f"{GATE[:-1]} [1]. {until}"
    assert answer.sentences[0].earlier
    when = reply("When did the Quill Museum open?", *_opened(roof))
    assert "goes on" not in when.text


def _opened(roof: str) -> tuple[ScoredPassage, ScoredPassage]:
    return (
        found("The Quill Museum opened on 4 May 1911.", "2022-03-03", read=[OPINION]),
        found(roof, "2022-04-20", read=[-9]),
    )


def test_a_company_of_a_similar_name_is_another() -> None:
    ours = found("[Ann Lee] runs Binance.US now.", "2025-03-01", read=[4])
    other = found("At Binance [Bo Dahl] runs things now.", "2025-06-01", read=[5])
    answer = reply("Who runs Binance.US?", ours, other)
    assert [each.quote for each in answer.citations] == ["Ann Lee runs Binance.US now."]
    assert [each.article_id for each in reply("Who runs Binance?", ours, other).citations] == [
        other.article.id
    ]
