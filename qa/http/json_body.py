"""JSON bodies, parsed and validated off the event loop.

FastAPI does both on the loop, where a long body holds up every other request.
"""

import json
from json.scanner import py_make_scanner  # type: ignore[attr-defined]  # missing in typeshed
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from qa.http.problems import Problem

IN_THE_LOOP = 16_000
"""Bodies up to this many bytes are parsed in place: a thread would cost more."""

MOST_FAULTS = 100
"""Beyond this many errors, only their number is reported: a million would make a huge response."""

Body = TypeVar("Body", bound=BaseModel)


class _Decoder(json.JSONDecoder):
    """Parses with the standard library's scanner written in Python.

    The one in C holds the GIL until it is done, and so blocks the event loop: 40 ms for 2 MB of
    small values. Strings, the bulk of a body, are still scanned in C.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scan_once = py_make_scanner(self)


def parse_json(body: bytes) -> object:
    """Raises RequestValidationError for a body that is not JSON, Problem for one that cannot be
    read at all."""
    try:
        return _Decoder().decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Problem(422, "The body is not JSON: it is not UTF-8. Send it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise _invalid(f"The body is not JSON at character {error.pos}: {error.msg}") from None
    except ValueError:
        raise _invalid("The body has a number with too many digits") from None
    except RecursionError:
        raise Problem(422, "The body is nested too deeply to be read.") from None


def json_body(model: type[Body]) -> Any:
    """The dependency for a route whose JSON body is a `model`. Raises what `validated` raises."""

    async def parsed(request: Request) -> Body:
        require_json(request)
        body = await request.body()
        if len(body) <= IN_THE_LOOP:
            return validated(model, body)
        return await run_in_threadpool(validated, model, body)

    return Depends(parsed)


def require_json(request: Request) -> None:
    if media_type(request) != "application/json":
        raise Problem(415, "Send it as JSON, with Content-Type: application/json.")


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def validated(model: type[Body], body: bytes) -> Body:
    """Raises RequestValidationError, as FastAPI does, or Problem."""
    if not body:
        raise _invalid("It is missing")
    try:
        value = parse_json(body)
        if b"\\ud" in body or b"\\uD" in body:
            _refuse_half_pairs(value)
        return model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MOST_FAULTS:
            raise Problem(
                422, f"The request cannot be used. It has {error.error_count():,} faults."
            ) from None
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in faults]
        ) from None


def _refuse_half_pairs(value: object) -> None:
    """Raise RequestValidationError for text with half of a surrogate pair, wherever it is: it can
    be neither stored nor sent."""
    left: list[tuple[tuple[str | int, ...], object]] = [(("body",), value)]
    while left:
        at, value = left.pop()
        if isinstance(value, list):
            left += [((*at, number), each) for number, each in enumerate(value)]
        elif isinstance(value, dict):
            left += [(at, key) for key in value]
            left += [((*at, key), each) for key, each in value.items() if _is_whole(key)]
        elif isinstance(value, str) and not _is_whole(value):
            raise RequestValidationError([{"type": "string_unicode", "loc": at, "msg": ""}])


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _invalid(message: str) -> RequestValidationError:
    """An error about the body as a whole."""
    return RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": message}])
