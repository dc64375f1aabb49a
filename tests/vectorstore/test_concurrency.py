"""While articles are replaced, readers in other threads see each one entirely old or new."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.vectorstore.examples import NOTICE, article
from vectorstore.ingest import ingest
from vectorstore.integrity import inspect_index
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Article, Filters, Passage

PARAGRAPH = "The committee met about the bill in version {} of this text, line {}. "


def version(n: int) -> Article:
    lines = [PARAGRAPH.format(n, line) * 8 for line in range(4)]
    return article("a", f"Version {n}.", *lines, NOTICE if n % 2 else "", source=f"Version {n}")


def version_of(passage: Passage) -> str:
    (number,) = set(re.findall(r"[Vv]ersion (\d+)", passage.text))
    return f"Version {number}"


def reading_while(store: Store, write: Callable[[], None], *reads: Callable[[], None]) -> int:
    """Repeats every reading in a thread of its own until `write` is done; how often in all."""
    written = threading.Event()

    def repeat(read: Callable[[], None]) -> int:
        times = 0
        while not written.is_set() or times == 0:
            read()
            times += 1
        return times

    with ThreadPoolExecutor(len(reads)) as threads:
        readers = [threads.submit(repeat, read) for read in reads]
        try:
            write()
        finally:
            written.set()
        return sum(reader.result() for reader in readers)


@pytest.mark.both_engines
def test_nobody_sees_an_article_half_replaced(store: Store) -> None:
    others = [
        article(f"other {n}", f"Another story altogether, number {n}.", NOTICE) for n in range(2)
    ]
    versions = [version(n) for n in range(12)]
    texts = {each.text for each in versions}
    passages: dict[str, set[str]] = {}
    ingest(store, [*others, versions[0]])

    def check_article() -> None:
        read = store.catalog.article("a")
        assert read is not None
        assert read.text in texts
        # The notice stands in three stories in every other version, and is skipped in those.
        assert [span.of(read.text) for span in read.skipped] == (
            [NOTICE] if NOTICE in read.text else []
        )

    def check_passages() -> None:
        found = store.catalog.passages_of("a")
        (version,) = {version_of(each) for each in found}
        passages.setdefault(version, set()).add("".join(each.id for each in found))

    def check_search(filters: Filters | None) -> None:
        found = search(store, "What did the committee say about the bill?", 5, filters)
        mine = [each for each in found if each.article.id == "a"]
        # All of one search are of one version, as is what it says of the article.
        assert len({each.article for each in mine}) <= 1
        assert all(each.article.source == version_of(each.passage) for each in mine)

    def write() -> None:
        for each in versions[1:]:
            ingest(store, [each])

    reading_while(
        store,
        write,
        check_article,
        check_passages,
        lambda: check_search(None),
        lambda: check_search(Filters(article_ids=("a",))),
    )
    assert all(len(each) == 1 for each in passages.values())
    assert inspect_index(store).agrees


def test_the_index_agrees_whenever_it_is_checked(store: Store) -> None:
    def write() -> None:
        for n in range(8):
            ingest(store, [version(n), article(f"b {n}", f"Number {n}.")])

    def check() -> None:
        findings = inspect_index(store).findings
        assert not findings, findings

    reading_while(store, write, check)


def test_two_threads_may_write_and_remove(store: Store) -> None:
    def add(n: int) -> None:
        ingest(store, [article(f"{n}", f"Number {n}."), article(f"{n} too", f"And {n} too.")])
        store.remove(f"{n} too")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(12)))
    assert sorted(store.catalog.article_ids()) == sorted(str(n) for n in range(12))
    assert inspect_index(store).agrees
