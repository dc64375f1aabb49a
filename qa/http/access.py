"""Who may do what: the key of each request, its scope, and its rate limit."""

from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.http.article_page import problem_page
from qa.http.collection_path import route_path
from qa.http.negotiation import wants_page
from qa.http.origins import SAFE_METHODS
from qa.http.problems import Problem, problem_response
from qa.http.rates import FAILURES, RateLeft, RequestRate, network_of
from qa.keys import Key, KeyRing
from qa.keys import Scope as KeyScope

COOKIE = "article_qa_key"
COOKIE_DAYS = 90
OPEN_PATHS = frozenset({"/", "/health", "/ready", "/session"})
OPEN_FOLDER = "/web/"
PAGES = ("/articles/", "/answers/")
OF_OPENAI = frozenset(
    {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"}
)
READING_POSTS = frozenset({"/ask", "/check", "/mcp", "/verify", *OF_OPENAI})
MISSING = "This service needs a key. Send it as `Authorization: Bearer KEY`."
WRONG = "That is not one of this service's keys. Ask whoever runs it for one."


class AccessControl:
    """A service's keys, and the rate limits per key and per address."""

    def __init__(
        self,
        keys: KeyRing,
        key_rate: str,
        address_rate: str,
        *,
        local_key: Key | None = None,
        is_optional: bool = False,
    ) -> None:
        """`local_key` is accepted besides `keys`. If `is_optional`, requests need a key only once
        there is one among `keys`."""
        self._shared = keys
        self._keys = keys if local_key is None else keys.with_key(local_key)
        self._needs_key = not is_optional
        self._of_key = RequestRate("key", key_rate)
        self._of_address = RequestRate("address", address_rate)
        self._failures = RequestRate("failures", FAILURES)

    @property
    def needs_key(self) -> bool:
        """Whether requests need a key. Once they do, they still do when all keys are gone."""
        self._needs_key = self._needs_key or self._shared.was_used
        return self._needs_key

    def key_with(self, secret: str | None, address: str) -> Key:
        """Raises Problem: 401 for a missing or wrong key, 429 after too many of them."""
        key = None if secret is None else self._keys.find(secret)
        if key is not None:
            return key
        failures = self._failures.count(address)
        if failures is not None and failures.refused:
            raise _too_many(failures, "requests without a valid key")
        detail = MISSING if secret is None else WRONG
        raise Problem(401, detail, {"WWW-Authenticate": "Bearer"})

    def admit(self, scope: Scope) -> "Admission":
        """Raises Problem if the request is not allowed."""
        address = address_of(scope)
        standing = self._of_address.count(address)
        if standing is not None and standing.refused:
            raise _too_many(standing, "requests from this address")
        key = self.key_with(secret_of(Headers(scope=scope)), address)
        needed = scope_needed(scope["method"], route_path(scope))
        if not key.may(needed):
            raise Problem(
                403, "This key may read, but not change articles. Use one with the scope change."
            )
        of_key = self._of_key.count(key.id)
        if of_key is not None and of_key.refused:
            raise _too_many(of_key, "requests with this key")
        return Admission(key, of_key or standing)


@dataclass(frozen=True, slots=True)
class Admission:
    key: Key
    standing: RateLeft | None


class KeyRequired:
    """Lets a request through if its key allows it; pages and probes need none."""

    def __init__(self, app: ASGIApp, control: AccessControl) -> None:
        self.app = app
        self.control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_free = scope["type"] != "http" or is_open(route_path(scope))
        if is_free or not self.control.needs_key:
            await self.app(scope, receive, send)
            return
        try:
            admission = self.control.admit(scope)
        except Problem as refused:
            await refusal_of(scope, refused)(scope, receive, send)
            return
        scope.setdefault("state", {})["key"] = admission.key
        standing = admission.standing

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start" and standing is not None:
                MutableHeaders(scope=message).update(standing.headers)
            await send(message)

        await self.app(scope, receive, send_with_rate)


def refusal_of(scope: Scope, refused: Problem) -> Response:
    """A problem document, or a page if someone wants to read an article or an answer."""
    headers = dict(refused.headers or {})
    is_page = scope["method"] == "GET" and route_path(scope).startswith(PAGES)
    if not is_page or not wants_page(Headers(scope=scope)):
        return problem_response(refused.status_code, str(refused.detail), headers)
    page = problem_page(scope, refused.status_code, str(refused.detail))
    page.headers.update(headers)
    return page


def is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDER)


def scope_needed(method: str, path: str) -> KeyScope:
    """Anything not known to be read-only needs a key that may change articles.

    >>> scope_needed("POST", "/ask"), scope_needed("DELETE", "/articles/x")
    ('read', 'change')
    """
    reads = method in SAFE_METHODS or (method == "POST" and path in READING_POSTS)
    return "read" if reads else "change"


def secret_of(headers: Headers) -> str | None:
    """The key sent with a request: as a Bearer token, or in the page's cookie."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    return cookie_parser(headers.get("cookie", "")).get(COOKIE) or None


def address_of(scope: Scope) -> str:
    """The client's address; for IPv6, its network."""
    client = scope.get("client")
    return network_of(client[0]) if client else "unknown"


def set_cookie(response: Response, request: Request, secret: str) -> None:
    """Store the key in the reader's browser, where no script and no other site can use it."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _too_many(standing: RateLeft, what: str) -> Problem:
    return Problem(
        429,
        f"There were too many {what}. Try again in {standing.seconds} s.",
        standing.headers,
    )
