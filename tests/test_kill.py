"""The short form of scripts/kill: a few processes killed at random moments."""

import re
import subprocess
import sys
from pathlib import Path

KILL = Path(__file__).parents[1] / "scripts" / "kill"


def test_nothing_is_lost_when_processes_are_killed() -> None:
    run = subprocess.run(
        [sys.executable, KILL, "--kills", "3", "--seed", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("3 kills;")
    assert run.stdout.rstrip().endswith("Nothing was lost.")
    assert sum(map(int, re.findall(r"^ +(\d+) +the", run.stdout, re.MULTILINE))) == 3
