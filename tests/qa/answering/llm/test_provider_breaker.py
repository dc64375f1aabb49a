"""A provider that is down is left alone for a while."""

import pytest

from qa.answering.llm.model_failures import ModelFailed
from qa.answering.llm.provider_breaker import ProviderBreaker


class Status(Exception):
    def __init__(self, status: int) -> None:
        self.status_code = status


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> ProviderBreaker:
    return ProviderBreaker(failures=3, seconds=30, clock=clock)


def fail(breaker: ProviderBreaker, times: int, error: Exception | None = None) -> None:
    for _ in range(times):
        breaker.note_failure(error or TimeoutError())


def test_it_opens_after_failures_in_a_row(breaker: ProviderBreaker) -> None:
    fail(breaker, 2)
    breaker.note_success()
    fail(breaker, 2)
    breaker.refuse_if_open()
    fail(breaker, 1)
    assert breaker.is_open
    with pytest.raises(ModelFailed, match="left alone"):
        breaker.refuse_if_open()


def test_one_trial_is_let_through_after_a_while(breaker: ProviderBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 30
    breaker.refuse_if_open()
    with pytest.raises(ModelFailed):
        breaker.refuse_if_open()
    breaker.note_success()
    breaker.refuse_if_open()
    breaker.refuse_if_open()


def test_a_trial_that_fails_opens_it_again(breaker: ProviderBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 30
    breaker.refuse_if_open()
    fail(breaker, 1)
    clock.now = 59
    assert breaker.is_open
    clock.now = 60
    breaker.refuse_if_open()


@pytest.mark.parametrize(
    ("status", "opens"), [(400, False), (401, False), (429, True), (503, True)]
)
def test_a_request_that_is_refused_as_such_does_not_count(
    breaker: ProviderBreaker, status: int, opens: bool
) -> None:
    fail(breaker, 3, Status(status))
    assert breaker.is_open is opens
