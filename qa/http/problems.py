"""Every error as an RFC 9457 problem document whose detail is a human-readable sentence."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from qa.answering.chain import AnswererMissing
from qa.collections.collection_name import CollectionProblem, NameTaken, NoSuchCollection
from qa.receipts.receipt import NoSuchAnswer
from qa.storage_failures import StorageFailed
from vectorstore.errors import UserError

log = logging.getLogger("qa.http")

MEDIA_TYPE = "application/problem+json"
MESSAGES = {
    "extra_forbidden": "There is no such field",
    "missing": "It is missing",
    "model_type": "It has to be a JSON object",
    "string_unicode": "It holds half of a surrogate pair, which is no character",
}
STATUSES: tuple[tuple[type[UserError], int], ...] = (
    (AnswererMissing, 422),
    (NoSuchCollection, 404),
    (NoSuchAnswer, 404),
    (NameTaken, 409),
    (CollectionProblem, 422),
    (StorageFailed, 507),
    (UserError, 503),
)
INTERNAL = "Something failed inside the service. The log says what, under this request's id."
FAULTS_TOLD = 5


class Problem(HTTPException):
    """An error with a status and a sentence; raise it from any route."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)


def shortened(given: str) -> str:
    """Untrusted input, short enough to be quoted in an error message."""
    return given if len(given) <= 100 else f"{given[:100]}…"


def problem(status: int, detail: str, **more: object) -> dict[str, object]:
    """A problem document.

    >>> problem(404, "There is no such article.")["title"]
    'Not Found'
    """
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        # Where clients of the OpenAI protocol look for it.
        "error": {
            "message": detail,
            "type": "server_error" if status >= 500 else "invalid_request_error",
        },
        **more,
    }


def problem_response(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: object
) -> JSONResponse:
    return JSONResponse(problem(status, detail, **more), status, headers, MEDIA_TYPE)


def problem_for(error: Exception, request_id: str) -> dict[str, object]:
    """The document for any error; an error without a message for users is logged instead."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail))
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return problem(status, str(error))
    log.error("request %s failed", request_id, exc_info=error)
    return problem(500, INTERNAL, request_id=request_id)


def failure_response(error: Exception, request_id: str) -> JSONResponse:
    """The response for an error that no route handled."""
    document = problem_for(error, request_id)
    return JSONResponse(document, int(str(document["status"])), media_type=MEDIA_TYPE)


def add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
        detail = str(error.detail)
        if error.status_code == 404 and detail == "Not Found":
            detail = (
                f"There is nothing at {shortened(request.url.path)}. /docs lists what there is."
            )
        if error.status_code == 405:
            detail = (
                f"{request.method} is not for {shortened(request.url.path)}. /docs lists what is."
            )
        return problem_response(error.status_code, detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [_fault(each) for each in error.errors()]
        told = [
            f"{each['field']}: {each['message']}" if each["field"] else each["message"]
            for each in faults[:FAULTS_TOLD]
        ]
        if len(faults) > FAULTS_TOLD:
            told.append(f"and {len(faults) - FAULTS_TOLD} more")
        detail = f"The request cannot be used. {'; '.join(told)}."
        return problem_response(422, detail, errors=faults)


def _fault(error: Mapping[str, Any]) -> dict[str, str]:
    """One fault of a request: its field and a message."""
    field = shortened(".".join(str(part) for part in error["loc"][1:]))
    if error["type"] == "value_error":
        return {"field": field, "message": str(error["ctx"]["error"])}
    return {"field": field, "message": MESSAGES.get(error["type"], error["msg"])}
