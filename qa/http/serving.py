"""Runs the HTTP service over the index of the settings until it is stopped."""

import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn
from rich.console import Console

from qa.http.app import create_app
from qa.http.guards import LOOPBACK_NAMES
from qa.opening import OnWait, open_service, refuse_if_served
from qa.service import Service
from qa.settings import Settings
from qa.terminal import ingest_progress, show_report
from vectorstore.articles import count_candidates, read_articles
from vectorstore.errors import UserError
from vectorstore.store import IndexInUse


def serve(settings: Settings, seed: Path | None, console: Console, on_wait: OnWait) -> None:
    """Serve until interrupted. Raises UserError where the index is served or the port is taken."""
    with suppress(IndexInUse):  # in use, and not served: that ends
        refuse_if_served(settings)
    with _listen(settings) as listening:
        _serve(open_service(settings, on_wait), settings, listening, seed, console)


def _serve(
    service: Service,
    settings: Settings,
    listening: socket.socket,
    seed: Path | None,
    console: Console,
) -> None:
    url = _url(settings.host, listening.getsockname()[1])
    ended = threading.Event()
    try:
        if seed is not None and service.collection().articles == 0:
            _seed(service, seed, console)
        app = create_app(service, loopback_only=settings.host in LOOPBACK_NAMES)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        _end_on_signals(server)
        threading.Thread(target=_load, args=(service, console, ended), daemon=True).start()
        service.store.serve_at(url)
        console.print(f"Article QA is at {url}", markup=False)
        server.run(sockets=[listening])
    finally:
        ended.set()
        service.close()


def _end_on_signals(server: uvicorn.Server) -> None:
    """To be ended is no failure. The server takes signals while it runs; before, this notes them,
    and after, it keeps the server from raising them again before the index is closed."""

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _load(service: Service, console: Console, ended: threading.Event) -> None:
    try:
        service.load()
    except UserError as error:
        console.print(str(error), markup=False)
    except Exception:
        if not ended.is_set():  # else the index was closed under it, and nobody waits for it
            raise


def _seed(service: Service, seed: Path, console: Console) -> None:
    console.print(f"The index is empty: adding the articles of {seed}.", markup=False)
    with ingest_progress(console, count_candidates([seed])) as on_progress:
        report = service.add(read_articles([seed]), on_progress)
    show_report(console, report)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        # From here on requests wait instead of being refused, and nobody else gets the port.
        listening.listen()
    except OSError as error:
        listening.close()
        raise UserError(
            f"Cannot listen at {settings.host}, port {settings.port}: {error.strerror}. "
            "Stop what listens there, or take another port: --port 0 takes any."
        ) from None
    return listening


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
