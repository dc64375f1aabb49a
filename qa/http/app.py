"""The FastAPI application for a service. It does not own the service: the caller closes it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from qa.collections.service_pool import ServicePool
from qa.http import (
    answers,
    articles,
    ask,
    check,
    collections,
    follow,
    health,
    inspection,
    key_cookie,
    mcp_endpoint,
    page,
    prometheus,
    reindex,
    restored,
    search,
    timeline,
)
from qa.http.access import AccessControl, KeyRequired
from qa.http.answers import ReceiptBody
from qa.http.api_description import description_of
from qa.http.body_limit import BodyLimit
from qa.http.capacity import Capacity
from qa.http.collection_path import CollectionPath
from qa.http.dependencies import AppState, add_state
from qa.http.event_stream import KEEP_ALIVE_SECONDS
from qa.http.key_cookie import SessionBody
from qa.http.limits import Limits
from qa.http.middleware import Observed, RequestId, Saturation, UnhandledErrors
from qa.http.openai import routes as openai
from qa.http.openai.chat_body import ChatBody
from qa.http.openai.embeddings import EmbeddingBody
from qa.http.openai.prompt_body import PromptBody
from qa.http.openai.response_body import ResponseBody
from qa.http.origins import LOOPBACK_NAMES, SameOrigin
from qa.http.problems import add_error_handlers
from qa.http.request_bodies import (
    AddressBody,
    AskBody,
    CheckBody,
    CollectionBody,
    CollectionChangeBody,
    LookBody,
    ReindexBody,
)
from qa.service import Service

DESCRIPTION = """Ask questions of a collection of articles. Every sentence of an answer cites exact
words of an article: `article.text[start:end] == quote`, in Unicode code points.

Routes that work on articles are those of the default collection; `/collections/NAME` in front of
their path leads into another.

A question or a text has at most {limits.question_bytes:,} bytes, `POST /articles` at most
{limits.articles_bytes:,}, any other request {limits.other_bytes:,}. At once, {limits.questions}
questions are answered, {limits.searches} searches made, {limits.checks} texts checked, and the
articles of {limits.changes} requests changed. Errors are `application/problem+json`, each with a
sentence in `detail`."""


def create_app(
    service: Service,
    *,
    pool: ServicePool | None = None,
    hosts: Collection[str] | None = LOOPBACK_NAMES,
    is_local: bool = True,
    control: AccessControl | None = None,
    cors_origins: Collection[str] = (),
    limits: Limits | None = None,
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> FastAPI:
    """The service over HTTP, with the other collections of its `pool`.

    It answers requests for `hosts` only; None means any. `is_local`: only this machine can reach
    it. With `control`, requests need a key. Of other websites, only pages of `cors_origins` may use
    it.

    A stream that has been silent for `keep_alive` seconds is sent a comment.
    """
    pool = pool or ServicePool.of_one(service)
    limits = limits or Limits()
    capacity = Capacity(limits)
    counts = prometheus.Metrics(pool, capacity)
    serving_mcp = mcp_endpoint.mcp_lifespan()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with counts.watching_the_loop(app), serving_mcp(app):
            yield

    app: FastAPI = FastAPIOffline(
        title="Article QA",
        description=DESCRIPTION.format(limits=limits),
        redoc_url=None,
        lifespan=lifespan,
        # FastAPI's own traces include the URL's query string, and with it the search terms.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    add_state(app, AppState(pool, capacity, control, counts, keep_alive, is_local))
    for module in (
        ask, answers, check, search, timeline, articles, collections, follow, health, inspection,
        reindex, restored, prometheus, key_cookie, openai, mcp_endpoint, page,
    ):  # fmt: skip
        app.include_router(module.router)
    bodies = (
        AskBody, CheckBody, ReceiptBody, CollectionBody, CollectionChangeBody, AddressBody,
        LookBody, ReindexBody, ChatBody, PromptBody, ResponseBody, EmbeddingBody, SessionBody,
    )  # fmt: skip

    def description() -> dict[str, Any]:
        return description_of(app, bodies, keyed=control is not None and control.needs_key)

    # FastAPI documents this way of extending the description; mypy rejects assigning to a method.
    app.openapi = description  # type: ignore[method-assign]
    add_error_handlers(app)
    app.add_middleware(BodyLimit, limit_of=limits.body_bytes)
    if control is not None:
        app.add_middleware(KeyRequired, control=control)
    app.add_middleware(SameOrigin, hosts=hosts, trusted=cors_origins)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID"],
        )
    app.add_middleware(Saturation, places=capacity.requests)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(Observed, metrics=counts)
    app.add_middleware(RequestId)
    app.add_middleware(CollectionPath)
    return app
