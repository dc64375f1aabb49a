"""What was read once is not read again."""

from collections.abc import Sequence

import pytest

from vectorstore.reading_cache import CachedReader
from vectorstore.types import ArticleInfo, Passage, Reading, ScoredPassage, Span


class Counting:
    """A reader whose log-odds are the lengths of question and text; `read_texts` are those read."""

    def __init__(self) -> None:
        self.read_texts: list[list[str]] = []

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        self.read_texts.append([each.passage.text for each in passages])
        return [Reading((float(len(question) + len(each.passage.text)),)) for each in passages]


def passage(text: str, title: str = "Ships") -> ScoredPassage:
    span = Span(10, 10 + len(text))
    return ScoredPassage(
        Passage("p", "a", span.start, span.end, text, (span,)), ArticleInfo("a", title=title), 0.5
    )


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_readings_come_in_order_whether_they_are_kept_or_not(counting: Counting) -> None:
    cached = CachedReader(counting, 10)
    one, two, three = (passage("It sank." * n) for n in (1, 2, 3))
    first = cached.read("Why?", [three, one])
    assert cached.read("Why?", [one, two, three, two]) == [
        first[1],
        Reading((20.0,)),
        first[0],
        Reading((20.0,)),
    ]
    assert counting.read_texts == [["It sank." * 3, "It sank."], ["It sank." * 2]]


def test_another_question_or_title_is_read_anew(counting: Counting) -> None:
    cached = CachedReader(counting, 10)
    cached.read("Why?", [passage("It sank.")])
    cached.read("When?", [passage("It sank.")])
    cached.read("When?", [passage("It sank.", "Boats")])
    assert len(counting.read_texts) == 3


def test_the_most_recently_used_are_kept(counting: Counting) -> None:
    cached = CachedReader(counting, 2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.read("Why?", [passage(text)])
    assert counting.read_texts == [["a"], ["b"], ["c"], ["b"]]


def test_a_reader_is_asked_even_if_there_is_nothing_to_read(counting: Counting) -> None:
    """The first search loads its model."""
    assert CachedReader(counting, 2).read("Why?", []) == []
    assert counting.read_texts == [[]]
