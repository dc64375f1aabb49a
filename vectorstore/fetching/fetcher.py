"""Requests to addresses on the web: guarded, bounded and polite."""

import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import httpcore
import httpx

from vectorstore.fetching.address_guard import AddressGuard, Refused
from vectorstore.fetching.decompression import Decompressor, TooLarge
from vectorstore.fetching.guarded_network import GuardedNetwork
from vectorstore.fetching.robots import RobotsFile, RobotsRules
from vectorstore.readers.metadata import web_address

AGENT = f"ArticleQA/{version('article-qa')}"
MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_ACCEPTED = (
    "text/html, application/xhtml+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
)
_ROBOTS_BYTES = 500 * 1024
"""How much of a robots.txt is read: RFC 9309 asks for at least this."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much one request may take, including its redirects, not the wait for its turn."""

    body_bytes: int = 50_000_000
    seconds: float = 60.0
    seconds_of_silence: float = 15.0
    seconds_between_requests: float = 1.0
    """To one host; robots.txt may ask for more."""


@dataclass(frozen=True, slots=True)
class Validators:
    """How a server identified a version, to ask it later whether that has changed."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response; `address` is where the redirects led. `data` is None if nothing has changed."""

    address: str
    data: bytes | None
    content_type: str | None
    validators: Validators


class FetchFailed(Exception):
    """An address could not be fetched. The message says in a sentence or two why and what to do.

    `gone` is the status 404 or 410 of a page that is no longer there. `retry_after` is how many
    seconds the server asks to be left alone, if it does.
    """

    def __init__(
        self, reason: str, *, gone: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.gone = gone
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Response:
    """`data` is only the beginning of a body that is larger than the limit."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    is_whole: bool


class Fetcher:
    """Fetches addresses, from any thread. It never sends cookies or credentials."""

    def __init__(
        self,
        guard: AddressGuard,
        limits: FetchLimits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._guard = guard
        self._limits = limits or FetchLimits()
        self._sleep = sleep
        self._robots = RobotsRules(AGENT, self._fetch_robots)
        self._tls: ssl.SSLContext | None = None
        self._turns = threading.Lock()
        self._next_request: dict[str, float] = {}
        self._left_alone_until: dict[str, float] = {}

    def forget_robots(self) -> None:
        """Fetch each robots.txt anew when it is next needed: it may have changed."""
        self._robots = RobotsRules(AGENT, self._fetch_robots)

    def fetch(self, address: str, known: Validators | None = None) -> Fetched:
        """Fetch an address, following redirects; each one is checked like the first.

        With the `known` validators of a version, it is not sent again unless it has changed.
        Raises FetchFailed.
        """
        deadline = time.monotonic() + self._limits.seconds
        headers = (known or NO_VALIDATORS).headers()
        for _ in range(MOST_REDIRECTS + 1):
            url = parse_address(address)
            site = _site_of(url)
            rules = self._robots.of(site)
            if rules.failure is not None:
                raise FetchFailed(rules.failure)
            if not rules.allows(address):
                raise FetchFailed(f"The robots.txt of {url.host} does not allow {address}.")
            deadline += self._wait_for_turn(url.host, rules.seconds_between_requests)
            response = self._request(url, headers, deadline, self._limits.body_bytes)
            if response.status in _REDIRECTS and "location" in response.headers:
                address = _redirected(url, response.headers["location"])
                if parse_address(address).netloc != url.netloc:
                    headers = {}  # one site's validators are not sent to another
                continue
            return self._received(str(url), response)
        raise FetchFailed(f"It redirects more than {MOST_REDIRECTS} times.")

    def _received(self, address: str, response: _Response) -> Fetched:
        headers = response.headers
        validators = Validators(headers.get("etag"), headers.get("last-modified"))
        if response.status == 304:
            return Fetched(address, None, None, validators)
        if response.status != 200:
            raise self._failure(address, response)
        if not response.is_whole:
            most = self._limits.body_bytes / 1e6
            raise FetchFailed(f"It is larger than {most:,.0f} MB. Save it, and add the file.")
        return Fetched(address, response.data, headers.get("content-type"), validators)

    def _failure(self, address: str, response: _Response) -> FetchFailed:
        status, host = response.status, urlsplit(address).hostname or ""
        if status in (404, 410):
            return FetchFailed(
                f"There is no such page ({status}). Check the address, or look for where it went.",
                gone=status,
            )
        retry_after = _seconds(response.headers.get("retry-after"))
        if status in (429, 503):
            if retry_after is not None:
                self._left_alone_until[host] = time.monotonic() + retry_after
                asked = f"asks to be left alone for {retry_after:,.0f} s ({status})"
            else:
                asked = f"takes no more requests at the moment ({status})"
            return FetchFailed(f"{host} {asked}. Try again later.", retry_after=retry_after)
        if status in (401, 402, 403):
            return FetchFailed(
                f"{host} wants a login, or refuses programs ({status}). Open the page in a browser,"
                " save it, and add the file."
            )
        return FetchFailed(f"{host} answered with status {status}. Try again later.")

    def _wait_for_turn(self, host: str, asked_for: float) -> float:
        """Wait until the host may be asked again, and return for how many seconds.

        Raises FetchFailed if the host asked to be left alone.
        """
        delay = max(self._limits.seconds_between_requests, asked_for)
        with self._turns:
            now = time.monotonic()
            if (alone := self._left_alone_until.get(host, 0.0) - now) > 0:
                raise FetchFailed(
                    f"{host} asked to be left alone for another {alone:,.0f} s. Try again later.",
                    retry_after=alone,
                )
            turn = max(now, self._next_request.get(host, 0.0))
            self._next_request[host] = turn + delay
        if (wait := turn - now) > 0:
            self._sleep(wait)
        return wait

    def _fetch_robots(self, address: str) -> RobotsFile:
        deadline = time.monotonic() + self._limits.seconds
        for _ in range(MOST_REDIRECTS + 1):
            try:
                url = parse_address(address)
                response = self._request(url, {}, deadline, _ROBOTS_BYTES)
                if response.status in _REDIRECTS and "location" in response.headers:
                    address = _redirected(url, response.headers["location"])
                    continue
            except FetchFailed as failure:
                return RobotsFile(failure=str(failure))
            if response.status == 200:
                return RobotsFile(_whole_lines(response).decode("utf-8", "replace"))
            if response.status >= 500:
                return RobotsFile(
                    failure=f"{url.host} cannot send its robots.txt, which says what may be"
                    f" fetched ({response.status}). Try again later."
                )
            return RobotsFile()
        return RobotsFile()

    def _request(
        self, url: httpx.URL, headers: Mapping[str, str], deadline: float, limit: int
    ) -> _Response:
        """One request, without following redirects. Raises FetchFailed."""
        sent = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": AGENT,
            "Accept": _ACCEPTED,
            "Accept-Encoding": "gzip",
            **headers,
        }
        silence = self._limits.seconds_of_silence
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), silence)
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._tls_context(),
                    network_backend=GuardedNetwork(self._guard, deadline),
                ) as pool,
                pool.stream(
                    "GET",
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=list(sent.items()),
                    extensions={"timeout": timeouts},
                ) as response,
            ):
                received = _decoded(response.headers)
                body = Decompressor(received.get("content-encoding"), limit)
                try:
                    for piece in response.iter_stream():
                        body.feed(piece)
                except TooLarge:
                    return _Response(response.status, received, body.beginning(), is_whole=False)
                return _Response(response.status, received, body.finish(), is_whole=True)
        except Refused as refusal:
            raise FetchFailed(str(refusal)) from refusal
        except (ValueError, zlib.error) as error:
            raise FetchFailed(
                f"{url.host} compresses it in a way that cannot be read. Save it, and add the file."
            ) from error
        except httpcore.TimeoutException as error:
            raise FetchFailed(f"{url.host} does not answer in time. Try again later.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchFailed(
                f"The connection to {url.host} failed: {str(error) or type(error).__name__}."
            ) from error

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        return self._tls


def parse_address(address: str) -> httpx.URL:
    """Raises FetchFailed unless it is an http or https address without a name or password."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(f"{address[:200]!r} is not an address.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchFailed(f"{address[:200]!r} is not an address on the web (http or https).")
    if url.userinfo:
        raise FetchFailed("The address contains a name or password, which is not sent. Remove it.")
    return url.copy_with(fragment=None)


def is_address(text: str) -> bool:
    """Whether a command-line argument is an address, not a path.

    >>> is_address("https://example.org/feed"), is_address("articles/a.txt")
    (True, False)
    """
    return text.lower().startswith(("http://", "https://")) and web_address(text) is not None


def _site_of(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _redirected(url: httpx.URL, location: str) -> str:
    """Raises FetchFailed."""
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(f"It redirects to {location[:200]!r}, which is no address.") from error


def _whole_lines(response: _Response) -> bytes:
    """The body without a line that was cut at the limit: half a rule would be another one."""
    if response.is_whole:
        return response.data
    return b"".join(response.data.splitlines(keepends=True)[:-1])


def _decoded(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by lower-case name; of several with the same name, the first."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.decode("ascii", "replace").lower(), value.decode("latin-1"))
    return found


def _seconds(retry_after: str | None) -> float | None:
    """How many seconds a Retry-After header asks to wait: it holds seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return min(float(retry_after), 7 * 86_400.0)
    try:
        until = parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, until - time.time()), 7 * 86_400.0)
