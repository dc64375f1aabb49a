"""Which words of a text carry its meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.text.words import FUNCTION_WORDS, WORD, content_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What did the WHO say in May?", ["WHO", "say", "May"]),
        ("Which US agency sued Will Smith?", ["US", "agency", "sued", "Will", "Smith"]),
        ("what did the who say in may?", ["say"]),
        ("WHAT DID THE WHO SAY IN MAY?", ["SAY"]),
        ("Is IT spending down? It is.", ["IT", "spending"]),
        ("Who will lead it?", ["lead"]),
        ("“Will he go?” asked Theresa May.", ["asked", "Theresa", "May"]),
        ("How do I join?", ["join"]),
        ("Did he leave? Then who stayed?", ["leave", "stayed"]),
        ("Did the company’s board agree?", ["company’s", "board", "agree"]),
    ],
)
def test_function_words_go_unless_their_case_makes_them_names(text: str, words: list[str]) -> None:
    assert content_words(text) == words


@given(st.text())
def test_they_are_words_of_the_text_in_order(text: str) -> None:
    every = iter(WORD.findall(text))
    assert all(word in every for word in content_words(text))


@given(st.lists(st.sampled_from(sorted(FUNCTION_WORDS))).map(" ".join))
def test_in_small_letters_no_function_word_is_kept(text: str) -> None:
    assert content_words(text) == []
