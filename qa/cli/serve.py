"""`qa serve`: opens the index, adds the seed articles if it is empty, and serves until stopped."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from qa.cli.output import ingest_progress, show_report
from qa.collections.service_pool import ServicePool
from qa.connect import OnWait, open_pool, refuse_if_served
from qa.default_collection import DEFAULT_COLLECTION
from qa.http.server import HttpServer, exempt_from_collection, is_local, listen, url_of
from qa.keys import Key, KeyFile, KeyRing, keys_from_setting, remove_local_key, write_local_key
from qa.logs import start_logging
from qa.service import Service
from qa.settings import Settings
from qa.tracing import start_tracing
from vectorstore.engine import IndexInUse
from vectorstore.errors import UserError
from vectorstore.readers import count_candidates, read_articles

SECONDS_TO_STOP_LOADING = 20.0


def serve(settings: Settings, seed: Path | None, console: Console, on_wait: OnWait) -> None:
    """Serve until interrupted. Raises UserError if the index is already being served, the port is
    taken, or a key is missing."""
    keys = accepted_keys(settings)
    start_logging(settings.log)
    if settings.otel_endpoint is not None:
        start_tracing(settings.otel_endpoint)
    with suppress(IndexInUse):  # in use, but not served: `open_pool` waits for it
        refuse_if_served(settings)
    with listen(settings.host, settings.port) as listening:
        _serve(open_pool(settings, on_wait), settings, keys, listening, seed, console)


def accepted_keys(settings: Settings) -> KeyRing:
    """The keys that requests may be sent with. Raises UserError if others have access and there is
    no key."""
    fixed = settings.api_keys.get_secret_value() if settings.api_keys else ""
    keys = KeyRing(keys_from_setting(fixed), KeyFile(settings.path_of_keys))
    if keys.is_empty and not is_local(settings):
        where = f"QA_HOST is {settings.host}"
        if settings.hosts or settings.trusted_proxies:
            where = f"{'QA_HOSTS' if settings.hosts else 'QA_TRUSTED_PROXIES'} is set"
        raise UserError(
            f"{where}, so that others reach this service, and there is no key. Make one with "
            "`qa keys add NAME`, or set QA_API_KEYS; or listen on 127.0.0.1 alone."
        )
    return keys


def _serve(
    pool: ServicePool,
    settings: Settings,
    keys: KeyRing,
    listening: socket.socket,
    seed: Path | None,
    console: Console,
) -> None:
    service = pool.default
    url = url_of(settings.host, listening.getsockname()[1])
    ended = threading.Event()
    loading = threading.Thread(target=_load, args=(pool, console, ended), daemon=True)
    try:
        if seed is not None and service.collection().articles == 0:
            _seed(service, seed, settings.keep_all, console)
        server = HttpServer(pool, settings, keys, _local_key(settings))
        loading.start()
        pool.serve_at(url)
        _follow(service, console)
        console.print(f"Article QA is at {url}", markup=False)
        server.run(listening)
    finally:
        ended.set()
        remove_local_key(settings.data)
        pool.close()
        # Exiting while torch is computing in another thread would abort the process.
        if loading.ident is not None:
            loading.join(SECONDS_TO_STOP_LOADING)


def _local_key(settings: Settings) -> Key | None:
    """The key of this user's commands. None if the index is on servers, and the data folder, which
    then keeps only the other collections, is missing or may not be written."""
    try:
        return write_local_key(settings.data)
    except OSError:
        if settings.database_url is None:
            raise
        return None


def _follow(service: Service, console: Console) -> None:
    """Start looking at what is followed. If that fails, the service still answers."""
    try:
        service.follower.start()
    except UserError as error:
        console.print(str(error), markup=False)


def _load(pool: ServicePool, console: Console, ended: threading.Event) -> None:
    try:
        with pool.using(DEFAULT_COLLECTION) as service:
            service.load()
        exempt_from_collection()
        pool.open_followers()
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
