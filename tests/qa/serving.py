"""An application behind a real server, on a free port."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from qa.http.connection import ConnectionLimits
from qa.http.server import server_of
from qa.service import Service

SECONDS_TO_STOP = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """A service that answers at `url`; `http` speaks to it, `folder` holds its index."""

    url: str
    http: httpx.Client
    service: Service
    folder: Path


@contextmanager
def running(
    app: ASGIApp, limits: ConnectionLimits | None = None, *, proxies: Sequence[str] = ()
) -> Iterator[str]:
    """The address at which `app` is served meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = server_of(app, limits, proxies=proxies)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(SECONDS_TO_STOP)
            assert not thread.is_alive(), "the server did not stop"
            if isinstance(app, Starlette):
                # FastAPI remembers functions of every application, and with them its models.
                vars(app).clear()
