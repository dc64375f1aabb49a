"""The parts of the OpenAPI description that FastAPI cannot infer: the bodies that are parsed off
the event loop, and the problem documents."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from qa.http.access import COOKIE, is_open
from qa.http.collection_path import PREFIX, is_of_articles
from qa.http.problems import MEDIA_TYPE

PROBLEMS = {
    400: "The request cannot be used; `detail` says why.",
    401: "A key is missing, or is not one of this service's.",
    403: "The request comes from another website, is addressed to another host, or its key may not "
    "do this.",
    404: "There is no such article, model, cursor or collection.",
    408: "The body of the request came too slowly.",
    409: "There is a collection of that name already.",
    413: "The body is longer than this route reads.",
    415: "The body is of another media type.",
    422: "The request cannot be used; `errors` names each field at fault.",
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "Something failed inside the service; the log says what.",
    503: "The service cannot do this at present; `detail` says why.",
    507: "The disk is full, or the index may not be written.",
}
EVERY_ROUTE = (401, 403, 408, 413, 429, 500, 503)
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "An RFC 9457 problem document.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "error": {
            "type": "object",
            "description": "The same, where clients of the OpenAI protocol look for it.",
            "required": ["message", "type"],
            "properties": {"message": {"type": "string"}, "type": {"type": "string"}},
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string", "description": "Where the log says what failed."},
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's `responses` for these statuses, and for those that any route can return."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": PROBLEMS[status], "content": content}
        for status in sorted({*EVERY_ROUTE, *statuses})
    }


JSON_PROBLEMS = problems(415, 422)
"""For routes that take a question or a text as JSON."""


def json_request(model: type[BaseModel]) -> dict[str, Any]:
    """A route's `openapi_extra` for a body that `json_body(model)` parses."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


SERVERS = [
    {"url": "/", "description": "The default collection"},
    {
        "url": f"{PREFIX}{{collection}}",
        "description": "Another collection",
        "variables": {"collection": {"default": "default", "description": "Its name"}},
    },
]

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "page": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


def description_of(
    app: FastAPI, bodies: tuple[type[BaseModel], ...], *, keyed: bool = False
) -> dict[str, Any]:
    """The OpenAPI document, with the schemas of `bodies` and of problem documents. Built once, and
    again when `keyed` changes: whether requests need a key.
    """
    built = app.openapi_schema
    if built is None or ("securitySchemes" in built["components"]) is not keyed:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, found = models_json_schema(
            [(model, "validation") for model in bodies],
            ref_template="#/components/schemas/{model}",
        )
        schemas = document["components"]["schemas"]
        schemas |= {**found["$defs"], "Problem": PROBLEM_SCHEMA}
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        if keyed:
            document["components"]["securitySchemes"] = SECURITY
        for path, operations in document["paths"].items():
            for operation in operations.values():
                if is_of_articles(path):
                    operation["servers"] = SERVERS
                    operation["responses"].setdefault("404", problems(404)[404])
                _remove_unused_422(operation["responses"])
                if keyed and not is_open(path):
                    operation["security"] = [{name: []} for name in SECURITY]
        app.openapi_schema = built = document
    return built


def _remove_unused_422(responses: dict[str, Any]) -> None:
    """FastAPI adds its own 422 to every route with parameters, even if any string is valid."""
    if MEDIA_TYPE not in responses.get("422", {}).get("content", {MEDIA_TYPE: {}}):
        del responses["422"]
