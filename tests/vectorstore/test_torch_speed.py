"""Bfloat16 is used where it was found to be faster, not wherever a CPU has instructions for it; and
batches side by side have a core each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from vectorstore import torch_speed
from vectorstore.torch_speed import bfloat16_is_faster, core_threads


@pytest.fixture(autouse=True)
def tried_anew() -> Iterator[None]:
    bfloat16_is_faster.cache_clear()
    yield
    bfloat16_is_faster.cache_clear()


@pytest.mark.parametrize(
    ("flags", "narrow", "wide", "faster"),
    [
        (["avx2", "amx_bf16"], 1.0, 2.0, True),
        (["avx512_bf16"], 2.0, 1.0, False),
        (["avx512_bf16"], 1.0, 1.05, False),
        (["avx2"], 1.0, 2.0, False),
    ],
)
def test_the_instructions_are_tried(
    flags: list[str], narrow: float, wide: float, faster: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {"torch.bfloat16": narrow, "torch.float32": wide}
    monkeypatch.setattr(torch_speed, "_cpu_flags", lambda: iter(flags))
    monkeypatch.setattr(torch_speed, "_seconds", lambda dtype: times[str(dtype)])
    assert bfloat16_is_faster() is faster


def test_without_torch_there_is_nothing_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_speed, "_cpu_flags", lambda: iter(["amx_bf16"]))
    monkeypatch.setattr(torch_speed, "torch_is_installed", lambda: False)
    assert not bfloat16_is_faster()


def test_a_trial_takes_time() -> None:
    torch = pytest.importorskip("torch")
    assert 0 < torch_speed._seconds(torch.float32) < 10


def test_threads_of_one_core_leave_every_core_to_other_threads() -> None:
    torch = pytest.importorskip("torch")
    cores = torch.get_num_threads()
    threads = core_threads()
    if cores == 1:
        assert threads is None
        return
    assert threads is not None
    used = threads.map(lambda _: torch.get_num_threads(), range(5 * cores))
    assert list(used) == [1] * (5 * cores)
    with ThreadPoolExecutor(1) as later:
        assert later.submit(torch.get_num_threads).result() == cores
    assert torch.get_num_threads() == cores
