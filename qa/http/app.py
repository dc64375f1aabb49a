"""The application over a service. It does not own the service: who built it closes it."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from qa.http import articles, ask, check, health, openai, page, search
from qa.http.errors import add_error_handlers
from qa.http.middleware import BodyLimit, Failures, RequestId, SameOrigin
from qa.service import Service

LARGEST_REQUEST = 200_000_000

DESCRIPTION = """Ask questions of a collection of articles. Every sentence of an answer cites exact
words of an article: `article.text[start:end] == quote`, in Unicode code points."""


def create_app(service: Service, *, loopback_only: bool = True) -> FastAPI:
    """The service over HTTP. With `loopback_only` it answers requests for loopback names alone."""
    app: FastAPI = FastAPIOffline(title="Article QA", description=DESCRIPTION, redoc_url=None)
    app.state.service = service
    app.state.questions_being_answered = 0
    for module in (ask, check, search, articles, health, openai, page):
        app.include_router(module.router)
    add_error_handlers(app)
    app.add_middleware(BodyLimit, limit=LARGEST_REQUEST)
    app.add_middleware(SameOrigin, loopback_only=loopback_only)
    app.add_middleware(Failures)
    app.add_middleware(RequestId)
    return app
