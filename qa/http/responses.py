"""Responses that are serialised where they are made, which may be a thread."""

from collections.abc import Mapping

from fastapi import Response
from pydantic_core import to_json


def json_response(
    body: object, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`body`, a dataclass, as JSON. Made in a thread, it does not hold up the event loop, in which
    FastAPI would serialise it."""
    return Response(to_json(body), status_code, headers, media_type="application/json")
