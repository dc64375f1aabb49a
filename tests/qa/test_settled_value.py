"""A value computed in the background once changes settle."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from qa.settled_value import IsCurrent, SettledValue

SECONDS = 10.0


class Computation:
    """Returns how many times it has run; when `paused`, each run waits to be released."""

    def __init__(self, *, paused: bool = False) -> None:
        self.runs = 0
        self.started = threading.Semaphore(0)
        self.discarded = threading.Event()
        self.go = threading.Event()
        if not paused:
            self.go.set()

    def __call__(self, is_current: IsCurrent) -> int:
        self.runs += 1
        run = self.runs
        self.started.release()
        assert self.go.wait(SECONDS)
        if not is_current():
            self.discarded.set()
        return run


@pytest.fixture
def until_the_end() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(compute: Computation, until_the_end: ExitStack) -> SettledValue[int]:
    value = SettledValue(compute, 0, settle_seconds=0)
    until_the_end.callback(value.close)
    value.start()
    if compute.go.is_set():
        assert value.wait_until_current(SECONDS)
    return value


def test_it_is_computed_in_the_background(until_the_end: ExitStack) -> None:
    compute = Computation()
    compute.go.clear()
    value = SettledValue(compute, 0, settle_seconds=0)
    until_the_end.callback(value.close)
    value.start()
    assert value.value == 0
    compute.go.set()
    assert value.wait_until_current(SECONDS)
    assert value.value == 1


def test_it_is_computed_again_after_a_change(until_the_end: ExitStack) -> None:
    value = started(Computation(), until_the_end)
    with value.changing():
        pass
    assert value.wait_until_current(SECONDS)
    assert value.value == 2


def test_it_is_not_computed_while_a_change_is_under_way(until_the_end: ExitStack) -> None:
    compute = Computation()
    value = started(compute, until_the_end)
    with value.changing(), value.changing():
        assert not value.wait_until_current(0.05)
        assert compute.runs == 1
    assert value.wait_until_current(SECONDS)


def test_it_does_not_wait_for_the_first_value_while_something_changes(
    until_the_end: ExitStack,
) -> None:
    compute = Computation()
    value = SettledValue(compute, 0, settle_seconds=0)
    until_the_end.callback(value.close)
    with value.changing():
        value.start()
        assert compute.runs == 0
    assert value.wait_until_current(SECONDS)
    assert value.value == 1


def test_a_series_of_changes_costs_one_computation(until_the_end: ExitStack) -> None:
    compute = Computation()
    value = SettledValue(compute, 0, settle_seconds=0.2)
    until_the_end.callback(value.close)
    value.start()
    assert value.wait_until_current(SECONDS)
    for _ in range(50):
        with value.changing():
            pass
    assert value.wait_until_current(SECONDS)
    assert compute.runs == 2


def test_the_last_value_is_there_while_the_next_is_computed(until_the_end: ExitStack) -> None:
    compute = Computation()
    value = started(compute, until_the_end)
    compute.started.acquire()
    compute.go.clear()
    with value.changing():
        pass
    assert compute.started.acquire(timeout=SECONDS)
    assert value.value == 1
    compute.go.set()


def test_a_change_discards_the_computation_under_way(until_the_end: ExitStack) -> None:
    compute = Computation()
    value = started(compute, until_the_end)
    compute.started.acquire()
    compute.go.clear()
    with value.changing():
        pass
    assert compute.started.acquire(timeout=SECONDS)
    with value.changing():
        compute.go.set()
        assert compute.discarded.wait(SECONDS)
    assert value.wait_until_current(SECONDS)
    assert value.value == 3


def test_closing_ends_the_computation_under_way() -> None:
    before = set(threading.enumerate())
    compute = Computation()
    value = SettledValue(compute, 0, settle_seconds=0)
    value.start()
    compute.started.acquire()
    assert value.wait_until_current(SECONDS)
    compute.go.clear()
    with value.changing():
        pass
    assert compute.started.acquire(timeout=SECONDS)
    closing = threading.Thread(target=value.close)
    closing.start()
    compute.go.set()
    closing.join(SECONDS)
    assert not closing.is_alive()
    left = set(threading.enumerate()) - before
    assert "settled-value" not in {each.name for each in left}


def test_closed_before_it_was_started_it_computes_nothing() -> None:
    compute = Computation()
    value = SettledValue(compute, 0, settle_seconds=0)
    value.close()
    value.start()
    assert compute.runs == 0


def test_a_failure_is_logged_and_the_next_change_tried(
    until_the_end: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    def compute(is_current: IsCurrent) -> int:
        runs.append(1)
        if len(runs) == 2:
            raise RuntimeError("the disk is full")
        return len(runs)

    value = SettledValue(compute, 0, settle_seconds=0)
    until_the_end.callback(value.close)
    value.start()
    assert value.wait_until_current(SECONDS)
    for expected in (1, 3):
        with value.changing():
            pass
        assert value.wait_until_current(SECONDS)
        assert value.value == expected
    assert "the disk is full" in caplog.text
    assert caplog.records[0].levelno == logging.ERROR
