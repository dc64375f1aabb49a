"""The network guard in conftest.py works."""

import socket
import sys

import pytest


def test_a_name_is_not_looked_up(attempts_to_leave: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"nobody\.invalid was contacted"):
        socket.create_connection(("nobody.invalid", 80))
    assert attempts_to_leave == ["nobody.invalid"]
    attempts_to_leave.clear()


def test_an_address_is_not_called(attempts_to_leave: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1 was contacted"):
        sys.audit("socket.connect", None, ("192.0.2.1", 80))
    assert attempts_to_leave == ["192.0.2.1"]
    attempts_to_leave.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_called(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1])) as client,
    ):
        assert client.getpeername() == server.getsockname()
