"""The quick form of scripts/soak: a few clients for a few seconds."""

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[1] / "scripts" / "soak"


def test_nothing_is_wrong_under_a_little_load() -> None:
    run = subprocess.run(
        [sys.executable, SOAK, "--clients", "6", "--seconds", "8"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.rstrip().endswith("Nothing is wrong.")
    for kind in ("add", "ask", "search", "stream"):
        assert f"\n{kind} " in run.stdout
