"""A connection that a slow, silent or greedy client cannot hold forever."""

import asyncio
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much of a connection a client may use.

    `head_seconds` and `head_bytes` limit the request line and headers, of which up to 256 kB may
    arrive at once;
    `stalled_seconds` is how long the client may leave a waiting response unread;
    `keep_alive_seconds` is how long it may be idle between requests.
    """

    connections: int = 1_000
    head_bytes: int = 64_000
    head_seconds: float = 10.0
    keep_alive_seconds: int = 5
    stalled_seconds: float = 60.0


class TimedConnection(H11Protocol):
    """uvicorn's connection only limits idle time between requests; this one also limits it before
    the first request, within a request's headers, and while the client is not reading."""

    limits = ConnectionLimits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_due: asyncio.TimerHandle | None = None
        self._reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching_head()
        self._stop_watching_reader()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reading_due is None:
            # A regular close would wait until the buffered data is read.
            self._reading_due = self.loop.call_later(
                self.limits.stalled_seconds, self.transport.abort
            )

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching_reader()

    def _watch_head(self) -> None:
        """Start the client's time as soon as a request is due or has begun."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_watching_head()
        elif self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(
                self.limits.head_seconds, self.timeout_keep_alive_handler
            )

    def _stop_watching_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _stop_watching_reader(self) -> None:
        if self._reading_due is not None:
            self._reading_due.cancel()
            self._reading_due = None


def connection_within(limits: ConnectionLimits) -> type[TimedConnection]:
    """A connection class with these limits."""
    return type("LimitedConnection", (TimedConnection,), {"limits": limits})
