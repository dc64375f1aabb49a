"""Passages ranked by what a reader makes of them, and by the search where it made nothing."""

from collections.abc import Iterator, Sequence

import pytest

from tests.vectorstore.examples import article
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.ingest import ingest
from vectorstore.reranking import READ, READ_AT_ONCE, ReadingSearch
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Filters, Reading, ScoredPassage

QUESTION = "Which ship sank?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("reranking") / "index", HashingEmbedder())
    ingest(store, [article(f"{n}", f"Ship number {n} sank. It was new.") for n in range(12)])
    yield store
    store.close()


class Preferring:
    """A reader that finds the answer in one article."""

    def __init__(self, article_id: str) -> None:
        self.article_id = article_id
        self.read_at_once: list[int] = []

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        self.read_at_once.append(len(passages))
        return [
            Reading(
                tuple(
                    9.0 if p.article.id == self.article_id else -9.0 for _ in p.passage.sentences
                ),
            )
            for p in passages
        ]


def ids(found: Sequence[ScoredPassage]) -> list[str]:
    return [each.article.id for each in found]


def test_the_passage_that_answers_comes_first(store: Store) -> None:
    last_read = ids(search(store, QUESTION, READ))[-1]
    found = ReadingSearch(store, Preferring(last_read))(QUESTION, 3, Filters())
    assert ids(found)[0] == last_read
    assert all(0 <= each.score <= 1 for each in found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_only_the_first_passages_are_read_and_none_is_lost(store: Store) -> None:
    reader = Preferring("none")
    found = ReadingSearch(store, reader)(QUESTION, 12, Filters())
    assert sum(reader.read_at_once) == READ
    assert sorted(ids(found)) == sorted(ids(search(store, QUESTION, 12)))
    assert sum(each.reading is not None for each in found) == READ


def test_reading_stops_when_its_time_is_up(store: Store) -> None:
    reader = Preferring("none")
    ReadingSearch(store, reader, seconds=0.0)(QUESTION, 8, Filters())
    assert reader.read_at_once == [READ_AT_ONCE]


def test_without_a_reader_the_search_ranks(store: Store) -> None:
    plain = search(store, QUESTION, 5)
    found = ReadingSearch(store, None)(QUESTION, 5, Filters())
    assert ids(found) == ids(plain)
    assert [each.prior for each in found] == [each.score for each in plain]
    unranked = ReadingSearch(store, Preferring("none"), reranks=False)(QUESTION, 5, Filters())
    assert ids(unranked) == ids(plain)


def test_a_reranker_ranks_in_the_readers_stead(store: Store) -> None:
    class LastFirst:
        def log_odds(self, question: str, passages: Sequence[ScoredPassage]) -> list[float]:
            return [20.0 * place for place in range(len(passages))]

    plain = ids(search(store, QUESTION, READ))
    found = ReadingSearch(store, Preferring("none"), LastFirst())(QUESTION, READ, Filters())
    assert ids(found) == plain[::-1]


def test_where_nothing_is_found_the_reader_is_loaded_all_the_same(store: Store) -> None:
    reader = Preferring("none")
    nothing = Filters(article_ids=("no such article",))
    assert ReadingSearch(store, reader)(QUESTION, 5, nothing) == []
    assert reader.read_at_once == [0]
