"""Every error as an RFC 9457 problem document whose detail is a sentence for people."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from qa.chain import AnswererMissing

log = logging.getLogger("qa.http")

MEDIA_TYPE = "application/problem+json"
INTERNAL = "Something failed inside the service. The log says what, under this request's id."


class Problem(HTTPException):
    """An error with a status and a sentence; raise it from any route."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)


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
    """The document for an error that came after the response had begun."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail))
    log.error("request %s failed", request_id, exc_info=error)
    return problem(500, INTERNAL, request_id=request_id)


def add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
        detail = str(error.detail)
        if error.status_code == 404 and detail == "Not Found":
            detail = f"There is nothing at {request.url.path}. /docs lists what there is."
        if error.status_code == 405:
            detail = f"{request.method} is not for {request.url.path}. /docs lists what is."
        return problem_response(error.status_code, detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"field": ".".join(str(part) for part in each["loc"][1:]), "message": each["msg"]}
            for each in error.errors()
        ]
        said = "; ".join(
            f"{each['field']}: {each['message']}" if each["field"] else each["message"]
            for each in errors
        )
        return problem_response(422, f"The request cannot be used. {said}.", errors=errors)

    @app.exception_handler(AnswererMissing)
    async def on_missing_answerer(request: Request, error: AnswererMissing) -> JSONResponse:
        return problem_response(422, str(error))

    @app.exception_handler(Exception)
    async def on_failure(request: Request, error: Exception) -> JSONResponse:
        body = problem_for(error, request.state.request_id)
        return JSONResponse(body, 500, media_type=MEDIA_TYPE)
