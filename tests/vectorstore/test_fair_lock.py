"""First come, first served, even if others give up waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vectorstore.fair_lock import FairLock


def wait_until(lock: FairLock, waiting: int) -> None:
    polling = threading.Event()
    while lock.waiting < waiting:
        polling.wait(0.001)


def test_threads_get_it_in_the_order_in_which_they_came() -> None:
    lock = FairLock()
    served: list[int] = []

    def enter(number: int) -> None:
        with lock:
            served.append(number)

    with ThreadPoolExecutor(8) as threads, lock:
        for number in range(8):
            threads.submit(enter, number)
            wait_until(lock, number + 1)
    assert served == list(range(8))


def test_a_thread_that_takes_it_over_and_over_lets_the_others_in_between() -> None:
    lock = FairLock()
    served: list[str] = []

    def enter_once() -> None:
        with lock:
            served.append("once")

    with ThreadPoolExecutor(1) as threads:
        for turn in range(100):
            with lock:
                served.append("again")
                if turn == 0:
                    threads.submit(enter_once)
                    wait_until(lock, 1)
    assert served.index("once") == 1


def test_only_one_thread_has_it_at_a_time() -> None:
    lock = FairLock()
    inside = 0
    most = 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(200):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(enter) for _ in range(4)]:
            future.result()
    assert most == 1
    assert lock.waiting == 0


def test_it_is_free_again_after_an_error_inside() -> None:
    lock = FairLock()
    with pytest.raises(ZeroDivisionError), lock:
        _ = 1 / 0
    with lock:
        assert lock.waiting == 0


def test_as_many_have_it_as_there_are_places() -> None:
    lock = FairLock(2)
    both = threading.Barrier(2, timeout=20)
    served: list[str] = []

    def enter_with_another() -> None:
        with lock:
            both.wait()

    def enter_third() -> None:
        with lock:
            served.append("third")

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(enter_with_another) for _ in range(2)]:
            each.result()
        with lock, lock:
            third = threads.submit(enter_third)
            wait_until(lock, 1)
            assert served == []
        third.result()
    assert served == ["third"]
