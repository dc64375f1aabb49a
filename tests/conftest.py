"""The environment of every test: only loopback, no model hub, no telemetry."""

import gc
import ipaddress
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.verification.claim_judge import ClaimJudge, EntailmentJudge
from tests.vectorstore.servers import Servers, running_servers
from vectorstore.embedding import BundledEmbedder
from vectorstore.entailment import BundledEntailment
from vectorstore.passage_reader import BundledReader

# Set before any library that reads them is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"
os.environ["LANGSMITH_TRACING"] = "false"
for name in [name for name in os.environ if name.startswith("QA_")]:
    del os.environ[name]  # tests do not inherit the developer's settings
os.environ["QA_READING_SECONDS"] = "60"  # the same answers on a machine that is busy with tests

attempts: list[str] = []
"""Hosts other than this machine that the current test tried to reach."""


class LeftTheMachineError(RuntimeError):
    """A test, or a library that it uses, tried to reach another machine."""


def is_this_machine(host: object) -> bool:
    """Whether a host passed to a socket is loopback or empty (a listening server, a Unix socket).

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
        # A Unix socket's address is a path; a datagram on a connected socket has none.
        if not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    if not is_this_machine(host):
        attempts.append(str(host))
        raise LeftTheMachineError(
            f"Tests may not use the network, but {host} was contacted ({event})."
        )


# An audit hook sees every socket that Python opens, in any library.
sys.addaudithook(keep_to_loopback)


@pytest.fixture(autouse=True)
def attempts_to_leave() -> Iterator[list[str]]:
    """Fails the test even if a library swallowed the error."""
    attempts.clear()
    yield attempts
    assert not attempts, f"tried to reach {', '.join(attempts)}"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """`qa serve` sends the log to the standard error of its test, which is closed after it."""
    root, own = logging.getLogger(), logging.getLogger("qa")
    handlers, levels = list(root.handlers), (root.level, own.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    own.setLevel(levels[1])


@pytest.fixture(autouse=True)
def garbage_is_collected() -> Iterator[None]:
    """`qa serve` exempts its models from collection, for good; here it ends with the test."""
    yield
    gc.unfreeze()


TESTS = Path(__file__).parent
SLOW = (
    "browser",
    "contracts/test_embedder.py",
    "e2e",
    "qa/cli/test_follow.py",
    "qa/cli/test_processes.py",
    "qa/cli/test_startup.py",
    "qa/cli/test_upkeep.py",
    "qa/evaluation/test_regression_gate.py",
    "qa/http/test_event_loop.py",
    "test_deploy.py",
    "test_kill.py",
    "test_packaging.py",
    "test_readme.py",
    "test_soak.py",
    "vectorstore/test_concurrency.py",
    "vectorstore/test_crashes.py",
    "vectorstore/test_small_disk.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests that need the embedding model, a browser, a server or subprocesses as slow."""
    for item in items:
        needed = set(getattr(item, "fixturenames", ()))
        engine = item.callspec.params.get("engine_name") if hasattr(item, "callspec") else None
        is_slow = bool({"embedder", "judge", "reader", "servers"} & needed) or engine == "servers"
        if is_slow or any(item.path.is_relative_to(TESTS / name) for name in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a Chroma server, started once."""
    with running_servers() as servers:
        yield servers


@pytest.fixture(scope="session")
def embedder() -> BundledEmbedder:
    """The bundled model, loaded once for all tests."""
    return BundledEmbedder()


@pytest.fixture(scope="session")
def reader() -> BundledReader:
    """The bundled reader of passages, loaded once for all tests."""
    return BundledReader()


@pytest.fixture(scope="session")
def judge() -> ClaimJudge:
    """The bundled judge of sentences, loaded once for all tests."""
    return EntailmentJudge(BundledEntailment())
