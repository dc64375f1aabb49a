"""/mcp: the Model Context Protocol tools, over its Streamable HTTP transport.

Each request stands alone: there are no sessions. It may do what its key may; other collections
have their own endpoint at /collections/NAME/mcp.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import Receive, Scope, Send

from qa.http.dependencies import QuestionPlace, TheCapacity, TheService
from qa.http.limits import within
from qa.http.problems import Problem
from qa.service import Service

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

router = APIRouter(include_in_schema=False)

MISSING = (
    "/mcp needs an optional package: pip install 'article-qa[mcp]', and start the service again."
)


@asynccontextmanager
async def mcp_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Serves /mcp while the application runs, if the package is installed."""
    if find_spec("mcp") is None:
        yield
        return
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

    from qa.mcp_server import make_mcp_server

    manager = StreamableHTTPSessionManager(
        make_mcp_server(service_of)._lowlevel_server,  # noqa: SLF001  # as its own HTTP app does
        json_response=True,
        stateless=True,
        # This service itself checks the host and origin of every request.
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    async with manager.run():
        app.state.mcp = manager
        yield
    app.state.mcp = None


def service_of(request: Request) -> Service:
    """The service that the route lent to a request."""
    service: Service = request.state.mcp_service
    return service


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
