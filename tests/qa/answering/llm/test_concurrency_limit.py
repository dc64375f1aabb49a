"""A concurrency limit across event loops and threads."""

import asyncio
import threading

import pytest

from qa.answering.llm.concurrency_limit import ConcurrencyLimit


def test_it_holds_over_the_loops_of_several_threads() -> None:
    limit = ConcurrencyLimit(2)
    full, leave = threading.Barrier(3, timeout=5), threading.Event()
    running, most = 0, 0
    counting = threading.Lock()

    async def call() -> None:
        nonlocal running, most
        async with limit.slot():
            with counting:
                running += 1
                most = max(most, running)
            if not leave.is_set():
                await asyncio.to_thread(full.wait)
                await asyncio.to_thread(leave.wait, 5)
            with counting:
                running -= 1

    threads = [threading.Thread(target=asyncio.run, args=(call(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    full.wait()
    leave.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive(), "a call waits for a slot that is free"
    assert most == 2


async def _turns() -> list[str]:
    """Three calls after one another, the second of which gives up while it waits."""
    limit = ConcurrencyLimit(1)
    done: list[str] = []
    first_may_end = asyncio.Event()

    async def first() -> None:
        async with limit.slot():
            done.append("first")
            await first_may_end.wait()

    async def later(name: str) -> None:
        async with limit.slot():
            done.append(name)

    tasks = [asyncio.create_task(first())]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(later("second")), asyncio.create_task(later("third"))]
    await asyncio.sleep(0)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    first_may_end.set()
    await asyncio.wait_for(asyncio.gather(tasks[0], tasks[2]), 5)
    return done


def test_who_gives_up_waiting_takes_no_slot() -> None:
    assert asyncio.run(_turns()) == ["first", "third"]


async def _handed_over() -> bool:
    """A call is cancelled in the moment in which it was given the slot."""
    limit = ConcurrencyLimit(1)
    holding = limit.slot()
    await holding.__aenter__()

    async def wait() -> None:
        async with limit.slot():
            pass

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    await holding.__aexit__(None, None, None)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5), limit.slot():
        return True


def test_a_slot_given_to_a_call_that_was_cancelled_is_given_on() -> None:
    assert asyncio.run(_handed_over())


def test_a_failed_call_gives_its_slot_back() -> None:
    async def fail_and_go_on() -> None:
        limit = ConcurrencyLimit(1)
        with pytest.raises(ValueError, match="no"):
            async with limit.slot():
                raise ValueError("no")
        async with asyncio.timeout(5), limit.slot():
            pass

    asyncio.run(fail_and_go_on())
