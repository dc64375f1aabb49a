"""Calls from many threads are computed together, and each gets its own results."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from vectorstore.micro_batching import MicroBatcher

SECONDS = 20


class Doubling:
    """Doubles numbers; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.begun.set()
        assert self.let_go.wait(SECONDS)
        if 13 in numbers:
            raise ValueError("13")
        return [2 * each for each in numbers]


def gathered(
    batcher: MicroBatcher[int, int], doubling: Doubling, calls: list[list[int]]
) -> list[object]:
    """What the calls give, of which the first is running while the others come."""
    with ThreadPoolExecutor(len(calls)) as threads:
        first = threads.submit(batcher, calls[0])
        assert doubling.begun.wait(SECONDS)
        others = [threads.submit(batcher, each) for each in calls[1:]]
        wanted = sum(map(len, calls[1:]))
        while batcher.waiting < wanted:
            threading.Event().wait(0.001)
        doubling.let_go.set()
        return [each.exception(SECONDS) or each.result() for each in (first, *others)]


def test_those_that_come_meanwhile_are_computed_together() -> None:
    doubling = Doubling()
    calls = [[1], [2, 3], [4], [5]]
    found = gathered(MicroBatcher(doubling, 16), doubling, calls)
    assert found == [[2], [4, 6], [8], [10]]
    assert [sorted(each) for each in doubling.batches] == [[1], [2, 3, 4, 5]]


def test_no_batch_has_more_than_it_may() -> None:
    doubling = Doubling()
    calls = [[1], [2, 3, 4, 5, 6], [7]]
    assert gathered(MicroBatcher(doubling, 2), doubling, calls)[1] == [4, 6, 8, 10, 12]
    assert max(map(len, doubling.batches)) == 2
    assert sorted(each for batch in doubling.batches for each in batch) == [1, 2, 3, 4, 5, 6, 7]


def test_one_call_that_fails_takes_down_only_its_own_batch() -> None:
    doubling = Doubling()
    batcher = MicroBatcher(doubling, 1)
    first, failed, last = gathered(batcher, doubling, [[1], [13], [4]])
    assert (first, last) == ([2], [8])
    assert isinstance(failed, ValueError)
    assert batcher([5]) == [10]


def test_as_many_batches_run_at_the_same_time_as_may() -> None:
    both = threading.Barrier(2, timeout=SECONDS)
    sizes: list[int] = []

    def together(numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        if len(sizes) <= 2:
            both.wait()  # passed only by two batches that run at the same time
        return [2 * each for each in numbers]

    batcher: MicroBatcher[int, int] = MicroBatcher(together, 4, batches=2)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: batcher([number]), range(200)))
    assert found == [[2 * number] for number in range(200)]
    assert sum(sizes) == 200
    assert max(sizes) <= 4


def test_nothing_asked_for_is_nothing_computed() -> None:
    doubling = Doubling()
    assert MicroBatcher(doubling, 4)([]) == []
    assert doubling.batches == []


@pytest.mark.parametrize("batches", [1, 2])
def test_under_load_everyone_gets_what_they_asked_for(batches: int) -> None:
    batcher: MicroBatcher[int, int] = MicroBatcher(
        lambda numbers: [-each for each in numbers], 3, batches
    )

    def ask(number: int) -> bool:
        return batcher([number, number + 1]) == [-number, -number - 1]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2_000)))
