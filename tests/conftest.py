"""What every test runs under: no network but this machine's own, no hub, no telemetry."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vectorstore.embedding import SentenceTransformerEmbedder

# Before anything imports a library that reads them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"
os.environ["LANGSMITH_TRACING"] = "false"
for name in [name for name in os.environ if name.startswith("QA_")]:
    del os.environ[name]  # the settings of whoever runs the tests are not the tests'

attempts: list[str] = []
"""The hosts beyond this machine that somebody tried to reach during the present test."""


class LeftTheMachineError(RuntimeError):
    """A test, or a library under it, tried to reach another machine."""


def is_this_machine(host: object) -> bool:
    """Whether a host given to a socket is loopback, or none (a server listening, a Unix socket).

    >>> is_this_machine("127.0.0.1"), is_this_machine("localhost"), is_this_machine("example.org")
    (True, True, False)
    """
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def keep_to_loopback(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # The address of a Unix socket is a path; a datagram sent on a connected socket has none.
        if not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    if not is_this_machine(host):
        attempts.append(str(host))
        raise LeftTheMachineError(
            f"The tests stay on this machine, but {host} was called ({event})."
        )


# An audit hook sees every socket that Python opens, whoever imported what and when.
sys.addaudithook(keep_to_loopback)


@pytest.fixture(autouse=True)
def attempts_to_leave() -> Iterator[list[str]]:
    """Fails the test under which a library swallowed the error and went on."""
    attempts.clear()
    yield attempts
    assert not attempts, f"tried to reach {', '.join(attempts)}"


TESTS = Path(__file__).parent
SLOW = (
    "browser",
    "e2e",
    "qa/cli/test_processes.py",
    "qa/cli/test_startup.py",
    "qa/evaluation/test_regression_gate.py",
    "test_readme.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as slow what needs the embedding model, a browser or processes of its own."""
    for item in items:
        needs_model = "embedder" in getattr(item, "fixturenames", ())
        if needs_model or any(item.path.is_relative_to(TESTS / name) for name in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The bundled model, read once for all tests."""
    return SentenceTransformerEmbedder()
