"""The HTTP server: a port to listen on, and the application served there until a signal."""

import gc
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

    SIGINT and SIGTERM end it. One that arrives before `run` makes `run` return at once.
    """

    def __init__(self, service: Service, host: str) -> None:
        app = create_app(service, loopback_only=host in LOOPBACK_NAMES)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        # uvicorn handles signals while it runs, and raises them again afterwards: these handlers
        # keep that from ending the process before the index is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def run(self, listening: socket.socket) -> None:
        self._server.run(sockets=[listening])

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True


def exempt_from_collection() -> None:
    """Keep every object there is now out of the garbage collector's sight, for good.

    Call it once the models are loaded. A full collection goes through all of their objects, for
    0.1 to 0.2 s, in which neither the event loop nor any other thread runs.
    """
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections; port 0 means any free one. Raises UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From now on connections wait instead of being refused, and the port is ours.
        listening.listen()
    except OSError as error:
        listening.close()
        raise UserError(
            f"Cannot listen at {host}, port {port}: {error.strerror}. "
            "Stop what listens there, or use another port: --port 0 means any free one."
        ) from None
    return listening


def url_of(host: str, port: int) -> str:
    """The URL at which a browser on this machine reaches it."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
