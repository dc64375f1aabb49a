"""The id of the request being handled, which identifies it in the log."""

import uuid
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_request_id() -> str:
    """A new id, which becomes the current one in this context and those it starts."""
    made = uuid.uuid4().hex[:12]
    _current.set(made)
    return made


def request_id() -> str:
    """The current id; a new one if no request is being handled."""
    return _current.get() or uuid.uuid4().hex[:12]


def known_request_id() -> str | None:
    return _current.get()
