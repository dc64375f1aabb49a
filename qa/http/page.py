"""GET /: the chat page and its files, under a policy that lets nothing else in."""

from importlib import resources
from pathlib import PurePosixPath

from fastapi import APIRouter, Response

from qa.http.errors import Problem

router = APIRouter(include_in_schema=False)

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@router.get("/")
def page() -> Response:
    return _file("index.html")


@router.get("/web/{name:path}")
def file(name: str) -> Response:
    return _file(name)


def _file(name: str) -> Response:
    path = PurePosixPath(name)
    media_type = MEDIA_TYPES.get(path.suffix)
    found = resources.files("qa").joinpath("web", *path.parts)
    if media_type is None or ".." in path.parts or path.is_absolute() or not found.is_file():
        raise Problem(404, f"The page has no file {name!r}.")
    return Response(found.read_bytes(), headers={**HEADERS, "Content-Type": media_type})
