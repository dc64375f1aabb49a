"""`qa serve`: opens the index, adds the seed articles if it is empty, and serves until stopped."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from qa.cli.output import ingest_progress, show_report
from qa.connect import OnWait, open_service, refuse_if_served
from qa.http.server import HttpServer, exempt_from_collection, listen, url_of
from qa.service import Service
from qa.settings import Settings
from vectorstore.errors import UserError
from vectorstore.readers import count_candidates, read_articles
from vectorstore.store import IndexInUse


def serve(settings: Settings, seed: Path | None, console: Console, on_wait: OnWait) -> None:
    """Serve until interrupted. Raises UserError if the index is served or the port taken."""
    with suppress(IndexInUse):  # in use, but not served: `open_service` waits for it
        refuse_if_served(settings)
    with listen(settings.host, settings.port) as listening:
        _serve(open_service(settings, on_wait), settings, listening, seed, console)


def _serve(
    service: Service,
    settings: Settings,
    listening: socket.socket,
    seed: Path | None,
    console: Console,
) -> None:
    url = url_of(settings.host, listening.getsockname()[1])
    ended = threading.Event()
    try:
        if seed is not None and service.collection().articles == 0:
            _seed(service, seed, settings.keep_all, console)
        server = HttpServer(service, settings.host)
        threading.Thread(target=_load, args=(service, console, ended), daemon=True).start()
        service.store.serve_at(url)
        console.print(f"Article QA is at {url}", markup=False)
        server.run(listening)
    finally:
        ended.set()
        service.close()


def _load(service: Service, console: Console, ended: threading.Event) -> None:
    try:
        service.load()
        exempt_from_collection()
    except UserError as error:
        console.print(str(error), markup=False)
    except Exception:
        if not ended.is_set():  # otherwise the index was closed meanwhile, and nothing is lost
            raise


def _seed(service: Service, seed: Path, keep_all: bool, console: Console) -> None:
    console.print(f"The index is empty: adding the articles in {seed}.", markup=False)
    with ingest_progress(console, count_candidates([seed])) as on_progress:
        report = service.add(read_articles([seed], keep_all=keep_all), on_progress)
    show_report(console, report)
