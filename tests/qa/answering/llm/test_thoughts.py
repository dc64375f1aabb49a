"""A model's thoughts are removed from its text, however it is split into chunks."""

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.answering.llm.thoughts import ThoughtFilter, without_thoughts

TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "THINK", "Thinking")
# Pieces that make tags, halves of tags, and text that looks like either.
TEXTS = st.lists(
    st.sampled_from(
        [f"<{slash}{tag}>" for slash in ("", "/") for tag in TAGS]
        + ["<", "</", "<th", "think>", ">", "/", "<b>", "a < b", "x", "\n", "é", "<thinker>"]
    ),
    max_size=12,
).map("".join)
PLAIN = st.text().filter(lambda text: "<" not in text)


def chunks_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


def visible(chunks: list[str], *, starts_inside: bool = False) -> str:
    thoughts = ThoughtFilter(starts_inside=starts_inside)
    whole = ""
    for chunk in chunks:
        whole = thoughts.feed(chunk).after(whole)
    return thoughts.finish().after(whole)


@given(TEXTS, st.lists(st.integers(0, 1_000), max_size=20), st.booleans())
@example("\n<think>", [1], True)
def test_any_chunks_of_a_text_give_the_same(
    text: str, cuts: list[int], starts_inside: bool
) -> None:
    once = visible([text], starts_inside=starts_inside)
    assert visible(chunks_of(text, cuts), starts_inside=starts_inside) == once
    assert visible(list(text), starts_inside=starts_inside) == once


@given(TEXTS)
def test_holding_the_text_back_changes_when_it_comes_and_not_what(text: str) -> None:
    assert visible([text], starts_inside=True) == visible([text])


@given(
    st.lists(st.tuples(PLAIN, st.sampled_from(TAGS), PLAIN), max_size=5),
    PLAIN,
    st.lists(st.integers(0, 1_000), max_size=20),
)
def test_thoughts_never_show(parts: list[tuple[str, str, str]], end: str, cuts: list[int]) -> None:
    text = "".join(f"{said}<{tag}>{thought}</{tag}>" for said, tag, thought in parts) + end
    said = "".join(said for said, _, _ in parts) + end
    assert visible(chunks_of(text, cuts)) == said
    assert without_thoughts(text) == said


@given(PLAIN, PLAIN)
def test_thoughts_without_an_end_hide_what_follows(said: str, thought: str) -> None:
    assert without_thoughts(f"{said}<think>{thought}") == said


@given(PLAIN, PLAIN)
def test_an_end_without_a_beginning_says_that_all_before_it_was_thought(
    thought: str, said: str
) -> None:
    assert without_thoughts(f"{thought}</think>{said}") == said


@given(st.lists(st.text(), max_size=10))
def test_text_without_tags_comes_as_it_is_and_at_once(chunks: list[str]) -> None:
    thoughts = ThoughtFilter()
    fed = shown = ""
    for chunk in chunks:
        fed += chunk
        shown += thoughts.feed(chunk).text
        assert fed.startswith(shown)
        assert len(fed) - len(shown) < len("</reasoning>")
        if not fed.endswith(tuple("<" + "/reasoning"[:n] for n in range(10))):
            assert "<" in fed[-11:] or shown == fed
    assert shown + thoughts.finish().text == fed


def test_a_model_that_opens_its_thoughts_itself_is_not_held_back() -> None:
    thoughts = ThoughtFilter(starts_inside=True)
    thoughts.feed("\n<think>Hm.</think>")
    assert thoughts.feed("In August 2020.").text == "In August 2020."


@pytest.mark.parametrize("chunk", ["<", "<think>", "a < b ", "word "])
def test_the_work_grows_with_the_text_and_not_with_its_square(chunk: str) -> None:
    def seconds(count: int) -> float:
        thoughts = ThoughtFilter()
        started = time.process_time()
        for _ in range(count):
            thoughts.feed(chunk)
        return time.process_time() - started

    # Ten times the text takes a hundred times as long if all of it is read again with each chunk.
    assert seconds(100_000) < 40 * max(seconds(10_000), 0.001)
