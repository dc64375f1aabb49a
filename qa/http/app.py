"""The application over a service. It does not own the service: the caller closes it."""

from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from qa.http import articles, ask, check, health, page, search
from qa.http.api_description import description_of
from qa.http.dependencies import add_state
from qa.http.event_stream import KEEP_ALIVE_SECONDS
from qa.http.limits import Limits
from qa.http.middleware import BodyLimit, RequestId, SameOrigin, UnhandledErrors
from qa.http.openai import routes as openai
from qa.http.openai.chat_request import ChatBody
from qa.http.problems import add_error_handlers
from qa.http.request_bodies import AskBody, CheckBody
from qa.service import Service

DESCRIPTION = """Ask questions of a collection of articles. Every sentence of an answer cites exact
words of an article: `article.text[start:end] == quote`, in Unicode code points.

A request has at most {limits.request_bytes:,} bytes, `POST /articles` at most
{limits.articles_bytes:,}. At once, {limits.questions} questions are answered, {limits.checks} texts
checked and the articles of {limits.additions} requests added. Errors are
`application/problem+json`, each with a sentence in `detail`."""


def create_app(
    service: Service,
    *,
    loopback_only: bool = True,
    limits: Limits | None = None,
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> FastAPI:
    """The service over HTTP. With `loopback_only` it answers requests for loopback names alone.

    A stream on which nothing was sent for `keep_alive` seconds is sent a comment.
    """
    limits = limits or Limits()
    app: FastAPI = FastAPIOffline(
        title="Article QA", description=DESCRIPTION.format(limits=limits), redoc_url=None
    )
    add_state(app, service, limits, keep_alive)
    for module in (ask, check, search, articles, health, openai, page):
        app.include_router(module.router)
    # FastAPI documents this way to extend the description; mypy knows no assignment to a method.
    app.openapi = partial(description_of, app, (AskBody, CheckBody, ChatBody))  # type: ignore[method-assign]
    add_error_handlers(app)
    app.add_middleware(BodyLimit, limit_of=limits.body_bytes)
    app.add_middleware(SameOrigin, loopback_only=loopback_only)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(RequestId)
    return app
