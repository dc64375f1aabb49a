import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.squad_metrics import exact_match, holds_answer, token_f1, words


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("The Blockchain Association.", "blockchain association", 1.0),
        ("August 2020", "in August 2020", 0.0),
        ("$1.2 billion", "12 billion", 1.0),
        ("", "August", 0.0),
    ],
)
def test_case_punctuation_and_articles_do_not_count(answer: str, gold: str, same: float) -> None:
    assert exact_match(answer, [gold]) == same


@pytest.mark.parametrize(
    ("answer", "gold", "f1"),
    [
        ("in August 2020", "August 2020", 0.8),
        ("August August", "August", 2 / 3),
        ("July", "August", 0.0),
        ("the", "a", 1.0),
        ("the", "August", 0.0),
    ],
)
def test_f1_weighs_the_words_shared_against_both(answer: str, gold: str, f1: float) -> None:
    assert token_f1(answer, [gold]) == pytest.approx(f1)


def test_the_best_gold_answer_counts() -> None:
    assert token_f1("August 2020", ["summer", "August 2020"]) == 1.0
    assert exact_match("August 2020", ["summer", "August 2020"]) == 1.0


def test_an_answer_is_held_as_whole_words_in_order() -> None:
    assert holds_answer("It joined in August, 2020, he said.", ["August 2020"])
    assert not holds_answer("It joined in August of the year 2020.", ["August 2020"])
    assert not holds_answer("It costs 1200.", ["120"])
    assert not holds_answer("Anything at all", ["the"])


@given(st.text(), st.text())
def test_f1_is_symmetric_and_at_least_the_exact_match(one: str, other: str) -> None:
    assert token_f1(one, [other]) == pytest.approx(token_f1(other, [one]))
    assert exact_match(one, [other]) <= token_f1(one, [other]) <= 1.0


@given(st.text())
def test_words_are_settled(text: str) -> None:
    assert not any(set(word) & set("!.,'\"") for word in words(text))
