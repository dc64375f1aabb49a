"""The HTTP server: a port to listen on, and the application run on it until a signal ends it."""

import signal
import socket
from types import FrameType

import uvicorn

from qa.http.app import create_app
from qa.http.middleware import LOOPBACK_NAMES
from qa.service import Service
from vectorstore.errors import UserError


class HttpServer:
    """The service over HTTP on a socket of `listen`.

    SIGINT and SIGTERM end it from the moment it is made: before `run` they are noted.
    """

    def __init__(self, service: Service, host: str) -> None:
        app = create_app(service, loopback_only=host in LOOPBACK_NAMES)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        # The server takes signals while it runs. After that, this keeps it from raising them again
        # before the index is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def run(self, listening: socket.socket) -> None:
        self._server.run(sockets=[listening])

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections; port 0 takes any free one. Raises UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From here on requests wait instead of being refused, and nobody else gets the port.
        listening.listen()
    except OSError as error:
        listening.close()
        raise UserError(
            f"Cannot listen at {host}, port {port}: {error.strerror}. "
            "Stop what listens there, or take another port: --port 0 takes any."
        ) from None
    return listening


def url_of(host: str, port: int) -> str:
    """Where a browser on this machine reaches it."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
