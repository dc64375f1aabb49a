"""Runs the HTTP service over the index of the settings until it is stopped."""

import socket
import threading
from pathlib import Path

import uvicorn
from rich.console import Console

from qa.composition import build_service
from qa.http.app import create_app
from qa.http.guards import LOOPBACK_NAMES
from qa.service import Service
from qa.settings import Settings
from qa.terminal import ingest_progress, show_report
from vectorstore.articles import count_candidates, read_articles
from vectorstore.errors import UserError
from vectorstore.store import IndexInUse


def serve(settings: Settings, seed: Path | None, console: Console) -> None:
    """Serve until interrupted. Raises UserError where the index or the port is taken."""
    listening = _listen(settings)
    url = _url(settings.host, listening.getsockname()[1])
    try:
        service = build_service(settings)
    except IndexInUse as error:
        if error.owner.url is None:
            raise
        raise UserError(
            f"The index in {settings.data} is served already: {error.owner.url}"
        ) from None
    try:
        if seed is not None and service.collection().articles == 0:
            _seed(service, seed, console)
        app = create_app(service, loopback_only=settings.host in LOOPBACK_NAMES)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        threading.Thread(target=service.load, daemon=True).start()
        service.store.serve_at(url)
        console.print(f"Article QA is at {url}", markup=False)
        server.run(sockets=[listening])
    finally:
        service.close()


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
