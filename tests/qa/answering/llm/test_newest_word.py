"""A written answer is held against the newest word."""

from qa.answering.llm.newest_word import with_newest
from qa.types import Reply
from tests.qa.answering.extractive.test_standing import MEMBERS, NEW, OLD, reply

NEWEST = reply(MEMBERS, OLD, NEW)


def written(text: str) -> Reply:
    return Reply(answered=True, text=text, answerer="llm", citations=NEWEST.citations[1:2])


def test_an_earlier_value_alone_is_followed_by_what_is_so_now() -> None:
    answer = with_newest(written("The Alliance has 38 members [1]."), NEWEST)
    assert answer.text == (
        "The Alliance has 38 members [1]. "
        "41 members (20 April 2022) [2]; earlier: 38 members (3 March 2022) [3]."
    )
    assert [each.quote for each in answer.citations[1:]] == [
        "The Alliance now has 41 members.",
        "The Alliance has 38 members.",
    ]
    assert answer.standing is not None
    assert answer.standing.current[0].citation == 2
    last = answer.sentences[-1]
    assert answer.text[last.start : last.end] == last.text


def test_an_answer_that_has_the_newest_value_stays() -> None:
    answer = written("The Alliance has 41 members, after 38 in March [1].")
    assert with_newest(answer, NEWEST) is answer


def test_an_answer_about_something_else_stays() -> None:
    answer = written("The Alliance was founded in 1938 [1].")
    assert with_newest(answer, NEWEST) is answer
    assert with_newest(answer, None) is answer
