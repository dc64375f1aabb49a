"""Which hosts a request may be addressed to, and which pages may send one."""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.http.problems import problem_response, shortened

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/health", "/ready"})
"""What watches a service asks for these at any of its addresses."""
DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]
"""Scheme, host name and port."""


class SameOrigin:
    """Refuses requests that another website makes a reader's browser send.

    A page elsewhere could post articles to a service on the reader's own machine. By pointing its
    own host name at 127.0.0.1 (DNS rebinding) it could even read answers. So a request that changes
    anything must come from this origin, or one of `trusted`, and with `hosts` the service answers
    to those names only, except to probes.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, trusted: Collection[str] = ()
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.trusted = {origin_of(each) for each in trusted}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (detail := self._objection(scope)) is not None:
            await problem_response(403, detail)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _answers_at(self, host: str) -> bool:
        return self.hosts is None or _split(f"//{host}").hostname in self.hosts

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._answers_at(host) and scope["path"] not in PROBES:
            return (
                f"This service does not answer at {shortened(host)!r}. Use localhost, or name the "
                "host in QA_HOSTS."
            )
        origin = headers.get("origin")
        if scope["method"] in SAFE_METHODS or origin is None:
            return None
        given = origin_of(origin)
        if given is not None and (
            given == origin_of(f"{scope['scheme']}://{host}") or given in self.trusted
        ):
            return None
        return (
            f"Pages of {shortened(origin)} may not change anything here. If that is this service "
            "behind a proxy, name the proxy in QA_TRUSTED_PROXIES."
        )


def origin_of(address: str) -> Origin | None:
    """The origin of a URL; None if it has none.

    >>> origin_of("https://qa.example.org") == origin_of("https://QA.example.org:443/x")
    True
    >>> origin_of("http://qa.example.org") == origin_of("https://qa.example.org")
    False
    """
    parts = _split(address)
    if not parts.scheme or parts.hostname is None:
        return None
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def _split(address: str) -> SplitResult:
    """The parts of a URL; all empty if it is malformed."""
    try:
        parts = urlsplit(address)
        _ = parts.hostname, parts.port  # raise for some malformed URLs that urlsplit accepts
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
