"""The id of the request that is being handled, under which the log tells of it."""

import uuid
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_request_id() -> str:
    """A new id, which is the current one from now on in this context and what it starts."""
    made = uuid.uuid4().hex[:12]
    _current.set(made)
    return made


def request_id() -> str:
    """The current id; a new one where no request is being handled."""
    return _current.get() or uuid.uuid4().hex[:12]


def known_request_id() -> str | None:
    return _current.get()
