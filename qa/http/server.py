"""The HTTP server: a port to listen on, and the application served there until a signal."""

import gc
import ipaddress
import signal
import socket
from collections.abc import Sequence
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from qa.collections.service_pool import ServicePool
from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.http.connection import ConnectionLimits, connection_within
from qa.http.origins import LOOPBACK_NAMES
from qa.keys import Key, KeyRing
from qa.settings import Settings
from vectorstore.errors import UserError

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared
"""Where this machine reaches a service that listens at all of its addresses."""
SECONDS_TO_FINISH = 10
"""Streams that are still open this long after a signal are cut off."""


class HttpServer:
    """The service over HTTP, on a socket from `listen`.

    SIGINT and SIGTERM stop it. One that arrives before `run` makes `run` return at once.
    """

    def __init__(
        self, pool: ServicePool, settings: Settings, keys: KeyRing, local_key: Key | None = None
    ) -> None:
        """Every request needs one of `keys`, or the `local_key`; while there are no `keys` and only
        this machine has access, it needs none."""
        control = AccessControl(
            keys,
            settings.key_rate,
            settings.address_rate,
            local_key=local_key,
            is_optional=is_local(settings),
        )
        app = create_app(
            pool.default,
            pool=pool,
            hosts=names_of(settings),
            is_local=is_local(settings),
            control=control,
            cors_origins=settings.cors_origins,
        )
        self._server = server_of(app, proxies=settings.trusted_proxies)
        # uvicorn handles signals while it runs, and raises them again afterwards: these handlers
        # keep that from ending the process before the index is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def run(self, listening: socket.socket) -> None:
        self._server.run(sockets=[listening])

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True


def server_of(
    app: ASGIApp,
    limits: ConnectionLimits | None = None,
    *,
    proxies: Sequence[str] = (),
) -> uvicorn.Server:
    """A server that closes connections at their limits, and stops within 10 s of a signal. It
    trusts what `proxies` say about their clients."""
    limits = limits or ConnectionLimits()
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=connection_within(limits),
            ws="none",
            h11_max_incomplete_event_size=limits.head_bytes,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.keep_alive_seconds,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            # Always set: uvicorn would otherwise read it from the environment.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            log_config=None,
            log_level="warning",
            access_log=False,
        )
    )


def names_of(settings: Settings) -> frozenset[str] | None:
    """The host names that requests may be addressed to; None for any.

    A service that only this machine can reach answers to its loopback names and its own address,
    and to the names a proxy has for it. Elsewhere a page under another name has no key, so any name
    will do.
    """
    if not is_loopback(settings.host) and not settings.hosts:
        return None
    own = () if settings.host in WILDCARDS else (settings.host,)
    return LOOPBACK_NAMES | {each.lower() for each in (*own, *settings.hosts)}


def is_local(settings: Settings) -> bool:
    """Whether only this machine can reach the service: it listens there alone, and no proxy passes
    on what others send."""
    return is_loopback(settings.host) and not settings.hosts and not settings.trusted_proxies


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def exempt_from_collection() -> None:
    """Permanently exempt every object that exists now from garbage collection.

    Call it once the models are loaded. A full collection traverses all of their objects, for 0.1 to
    0.2 s, during which neither the event loop nor any other thread runs.
    """
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections; port 0 means any free one. Raises UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _notice_vanished_peers(listening)
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


def _notice_vanished_peers(listening: socket.socket) -> None:
    """Have the system close connections whose peer vanished silently, within two minutes.
    Connections inherit these options from the socket that accepts them."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if (option := getattr(socket, name, None)) is not None:  # not on every system
            listening.setsockopt(socket.IPPROTO_TCP, option, value)


def url_of(host: str, port: int) -> str:
    """The URL at which a browser on this machine can reach it."""
    reachable = WILDCARDS.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
