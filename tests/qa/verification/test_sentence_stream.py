"""A text is cut into pieces without losing any of it, however long its sentences are."""

import pytest

from qa.verification.sentence_stream import SentenceStream, cut_sentences

LONG = "word " * 240 + "end."


@pytest.mark.parametrize(
    "text",
    [
        "word " * 240 + "end",
        LONG,
        f"{LONG} Next one.",
        f"First one. {LONG} Next one.",
        f"{LONG}\n\n- Next one.",
        "x" * 999,
        "x" * 1_000,
        "x" * 1_500,
        "x" * 1_999,
        "x" * 2_500,
        "word " * 900,
    ],
)
def test_a_sentence_over_the_limit_is_cut_and_not_lost(text: str) -> None:
    pieces = cut_sentences(text)
    assert "".join(pieces).rstrip() == text.rstrip()
    assert max(map(len, pieces)) <= 1_000


def test_a_long_sentence_is_cut_in_the_same_places_however_it_arrives() -> None:
    text = f"First one. {LONG} Next one. {LONG}"
    stream = SentenceStream()
    arriving = [piece for character in text for piece in stream.feed(character)]
    assert [*arriving, *stream.finish()] == cut_sentences(text)
