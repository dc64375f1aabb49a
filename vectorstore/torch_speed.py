"""Where torch runs models fastest on this machine, and in which dtype.

Not every CPU with bfloat16 instructions gains from them, so they are timed: on some, bfloat16 takes
nearly twice as long as float32.
"""

import platform
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Barrier, Lock
from typing import TYPE_CHECKING, TypeVar

from vectorstore.torch_extra import torch_is_installed

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_STARTING = Lock()

INSTRUCTIONS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
TOKENS, WIDTH, INNER_WIDTH = 2_048, 384, 1_536
"""Of the layer that is timed: the bundled model's largest, for a batch of passages."""
TRIALS = 5
CLEARLY = 0.9
"""bfloat16 counts as faster if it takes less than this share of float32's time."""


def has_gpu() -> bool:
    """Whether this machine has a GPU, without importing torch."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def fastest_setting() -> "tuple[torch.device, torch.dtype]":
    """The device that runs models fastest, and the dtype to use on it."""
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    narrow = device.type == "cuda" or bfloat16_is_faster()
    return device, torch.bfloat16 if narrow else torch.float32


@lru_cache(maxsize=1)
def bfloat16_is_faster() -> bool:
    """Timed once, in about 0.2 s; False if torch is not installed."""
    if not INSTRUCTIONS.intersection(_cpu_flags()) or not torch_is_installed():
        return False
    import torch

    narrow = min(_seconds(torch.bfloat16) for _ in range(TRIALS))
    wide = min(_seconds(torch.float32) for _ in range(TRIALS))
    return narrow < CLEARLY * wide


class CoreThreads:
    """Threads in which torch uses one core each.

    Batches side by side take four fifths of the time that they take one after another, each on all
    cores (measured on two).
    """

    def __init__(self, cores: int) -> None:
        import torch

        together = Barrier(cores)

        def use_one_core() -> None:
            torch.set_num_threads(1)
            torch.get_num_threads()  # from now on, what other threads set does not count here
            together.wait()

        self.cores = cores
        self._threads = ThreadPoolExecutor(cores, "one-core", initializer=use_one_core)
        list(self._threads.map(bool, range(cores)))
        # Threads that start later use what was set last.
        torch.set_num_threads(cores)

    def map(self, run: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The result for each item, in order. Calls from several threads take turns."""
        begun: deque[Future[Result]] = deque()
        for each in items:
            if len(begun) == 2 * self.cores:
                yield begun.popleft().result()
            begun.append(self._threads.submit(run, each))
        while begun:
            yield begun.popleft().result()


def core_threads() -> CoreThreads | None:
    """Started once; None on one core, or if torch cannot be limited in one thread alone."""
    with _STARTING:
        return _core_threads()


@lru_cache(maxsize=1)
def _core_threads() -> CoreThreads | None:
    import torch

    cores = torch.get_num_threads()
    by_thread = torch.backends.openmp.is_available()  # type: ignore[no-untyped-call]  # untyped here
    return CoreThreads(cores) if cores > 1 and by_thread else None


def _seconds(dtype: "torch.dtype") -> float:
    import torch

    layer = torch.nn.Linear(WIDTH, INNER_WIDTH, dtype=dtype)
    tokens = torch.ones(TOKENS, WIDTH, dtype=dtype)
    with torch.inference_mode():
        started = time.perf_counter()
        layer(tokens)
        return time.perf_counter() - started


def _cpu_flags() -> Iterator[str]:
    if platform.system() != "Linux":
        return
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            yield from value.split()
            return
