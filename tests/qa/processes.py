"""Commands run as subprocesses."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 120
PROGRAM = ("-m", "tests.qa.program")
REAL = ("-m", "qa")


def environment(**more: str) -> dict[str, str]:
    """This process's, without what shapes output, and with this code on the path."""
    unwanted = ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "COLUMNS")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.startswith("QA_")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **more}


@contextmanager
def started(
    folder: Path, *arguments: str, module: Sequence[str] = PROGRAM, **more: str
) -> Iterator[subprocess.Popen[str]]:
    """The command, running in `folder`; killed if it still does at the end."""
    with subprocess.Popen(
        [sys.executable, *module, *arguments],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(
    folder: Path, *arguments: str, module: Sequence[str] = PROGRAM
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`qa serve` on any free port, and its address."""
    with started(folder, "serve", "--port", "0", *arguments, module=module) as process:
        yield process, line_with(process, "Article QA is at ").split()[-1]
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            finished(process)


def run(folder: Path, *arguments: str, module: Sequence[str] = PROGRAM) -> tuple[int, str, str]:
    """What a command returned and printed."""
    with started(folder, *arguments, module=module) as process:
        return finished(process)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The next line on standard error with these words."""
    assert process.stderr is not None
    before = []
    for line in process.stderr:
        if words in line:
            return line
        before.append(line)
    raise AssertionError(f"It ended without saying {words!r}: {''.join(before)}")
