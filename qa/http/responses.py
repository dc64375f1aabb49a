"""Responses that are serialised where they are created, which may be in a thread."""

from collections.abc import Mapping

from fastapi import Response
from pydantic_core import to_json


def json_response(
    body: object, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`body`, a dataclass, as JSON. Created in a thread, it does not block the event loop, on which
    FastAPI would serialise it."""
    return Response(to_json(body), status_code, headers, media_type="application/json")
