"""/mcp: the Model Context Protocol tools, over its Streamable HTTP transport.

Each request stands alone: there are no sessions. It may do what its key may; other collections
have their own endpoint at /collections/NAME/mcp.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import Receive, Scope, Send

from qa.http.collection_path import collection_of
from qa.http.dependencies import (
    QuestionPlace,
    TheCapacity,
    TheService,
    lent_service,
    state_of,
)
from qa.http.disconnect import in_cancellable_thread
from qa.http.limits import Places, within
from qa.http.problems import Problem
from qa.service import Service
from qa.types import PassageResult
from qa.verification.checker import CheckedText
from vectorstore.errors import UserError
from vectorstore.types import Filters

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

router = APIRouter(include_in_schema=False)

MISSING = (
    "/mcp needs an optional package: pip install 'article-qa[mcp]', and start the service again."
)


def mcp_lifespan() -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Serves /mcp while an application runs, if the package is installed. Its many modules are
    imported by this call, and so before there are other threads, which might import them too."""
    if find_spec("mcp") is None:
        return lambda app: nullcontext()
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

    from qa.mcp_server import make_mcp_server

    @asynccontextmanager
    async def serving(app: FastAPI) -> AsyncIterator[None]:
        manager = StreamableHTTPSessionManager(
            make_mcp_server(LentDesk())._lowlevel_server,  # noqa: SLF001  # as its own HTTP app does
            json_response=True,
            stateless=True,
            # This service itself checks the host and origin of every request.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        async with manager.run():
            app.state.mcp = manager
            yield
        app.state.mcp = None

    return serving


class LentDesk:
    """Works with the service of the request's collection. A search or a check takes a place among
    those of GET /search or POST /check, and has their time.

    A thread may work on after its request has ended; until then it keeps its place and service.
    """

    def library(self, request: Request) -> Service:
        service: Service = request.state.mcp_service
        return service

    async def search(
        self, request: Request, query: str, limit: int, filters: Filters
    ) -> tuple[PassageResult, ...]:
        capacity = state_of(request).capacity
        seconds = capacity.limits.search_seconds
        async with _at_work(request, capacity.searches, seconds, "The search") as service:
            return await in_cancellable_thread(
                lambda is_cancelled: service.search(query, limit, filters), capacity.searching
            )

    async def check(self, request: Request, text: str, article_ids: Sequence[str]) -> CheckedText:
        capacity = state_of(request).capacity
        seconds = capacity.limits.check_seconds
        async with _at_work(request, capacity.checks, seconds, "Checking the text") as service:
            return await in_cancellable_thread(partial(service.check_text, text, article_ids))


@asynccontextmanager
async def _at_work(
    request: Request, places: Places, seconds: float, what: str
) -> AsyncIterator[Service]:
    """The service, and a place for the work in the block. Raises UserError if all are taken, or if
    the work, which `what` names, takes longer than `seconds`."""
    try:
        with places.one():
            async with (
                lent_service(request, collection_of(request.scope)) as service,
                within(seconds, what),
            ):
                yield service
    except Problem as refused:
        raise UserError(str(refused.detail)) from refused


@router.post("/mcp")
async def mcp(
    request: Request, service: TheService, capacity: TheCapacity, place: QuestionPlace
) -> Response:
    manager: Any = getattr(request.app.state, "mcp", None)
    if manager is None:
        raise Problem(501, MISSING)
    request.state.mcp_service = service
    return HandledByMcp(manager, capacity.limits.question_seconds)


class HandledByMcp(Response):
    """The response that the protocol's own package makes to a request."""

    def __init__(self, manager: "StreamableHTTPSessionManager", seconds: float) -> None:
        super().__init__()
        self._manager = manager
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with within(self._seconds, "The call"):
            await self._manager.handle_request(scope, receive, send)
