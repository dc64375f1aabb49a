"""A real PostgreSQL and a real Chroma server on free ports, in a temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECONDS_TO_START = 120.0
CHROMA = "import sys, chromadb_rust_bindings; chromadb_rust_bindings.cli(sys.argv[1:])"
"""`chroma run`, without importing all of chromadb first."""
MISSING = (
    "PostgreSQL is not on this machine: install Debian's package `postgresql`, or run scripts/test "
    "as root. The tests of an index on servers are skipped."
)


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres; None if there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    if found is not None:
        folders.append(Path(found).resolve().parent)
    return folders[-1] if folders else None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@dataclass
class Server:
    """A server process that can be stopped and started again, with its files kept."""

    command: Sequence[str | Path]
    folder: Path
    port: int
    user: str | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                group=None if self.user is None else self.user,
                extra_groups=None if self.user is None else [],
            )
        give_up = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > give_up:
                raise AssertionError((self.folder / "log").read_text("utf-8", "replace"))
            time.sleep(0.02)

    def answers(self) -> bool:
        raise NotImplementedError

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(SECONDS_TO_START)


class Postgres(Server):
    @property
    def url(self) -> str:
        return f"postgresql://qa@127.0.0.1:{self.port}/postgres"

    def answers(self) -> bool:
        programs = postgres_programs()
        assert programs is not None
        asked = subprocess.run(
            [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        )
        return asked.returncode == 0


class Chroma(Server):
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@dataclass(frozen=True, slots=True)
class Servers:
    postgres: Postgres
    chroma: Chroma


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Both, until the block ends. Skips the test where there is no PostgreSQL; fails where CI is
    set."""
    programs = postgres_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    # PostgreSQL does not run as root.
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="article-qa-") as name:
        folders = {each: Path(name) / each for each in ("postgres", "chroma")}
        for folder in folders.values():
            folder.mkdir()
        if user is not None:
            Path(name).chmod(0o755)
            shutil.chown(folders["postgres"], user)
        data = folders["postgres"] / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-E", "UTF8", "--locale=C", "-A", "trust",
             "-U", "qa", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folders["postgres"],
            user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip
        port = free_port()
        postgres = Postgres(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", folders["postgres"],
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            folders["postgres"], port, user,
        )  # fmt: skip
        port = free_port()
        chroma = Chroma(
            [sys.executable, "-c", CHROMA, "chroma", "run", "--path", folders["chroma"] / "data",
             "--host", "127.0.0.1", "--port", str(port)],
            folders["chroma"], port,
        )  # fmt: skip
        started: list[Server] = []
        try:
            for server in (postgres, chroma):
                started.append(server)
                server.start()
            yield Servers(postgres, chroma)
        finally:
            for each in started:
                if each.process is not None and each.process.poll() is None:
                    each.stop(signal.SIGKILL if each is chroma else signal.SIGINT)
