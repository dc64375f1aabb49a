"""On a disk that is full, or that may not be written, nothing is lost, and a sentence says so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OWN_DISKS = ["unshare", "--user", "--map-root-user", "--mount"]


def test_nothing_is_lost_on_a_disk_that_is_full_or_read_only(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("There is no unshare, by which a disk can be mounted for one process.")
    mounting = ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if subprocess.run([*OWN_DISKS, *mounting], capture_output=True, check=False).returncode:
        pytest.skip("This system lets no user mount a disk in memory.")
    program = [sys.executable, "-W", "ignore", "-m", "tests.vectorstore.small_disk", str(tmp_path)]
    run = subprocess.run([*OWN_DISKS, *program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
