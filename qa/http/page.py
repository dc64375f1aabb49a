"""GET /: the chat page and its files, under a policy that allows nothing else."""

from importlib import resources
from pathlib import PurePosixPath

from fastapi import APIRouter, Response

from qa.http.problems import Problem, shortened

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


@router.api_route("/", methods=["GET", "HEAD"])
def page() -> Response:
    return _file("index.html")


@router.api_route("/web/{name:path}", methods=["GET", "HEAD"])
def file(name: str) -> Response:
    return _file(name)


def _file(name: str) -> Response:
    path = PurePosixPath(name)
    media_type = MEDIA_TYPES.get(path.suffix)
    if media_type is None or ".." in path.parts or path.is_absolute():
        raise _missing(name)
    try:
        content = resources.files("qa").joinpath("web", *path.parts).read_bytes()
    except (OSError, ValueError):  # missing, a folder, a name too long or with a NUL
        raise _missing(name) from None
    return Response(content, headers={**HEADERS, "Content-Type": media_type})


def _missing(name: str) -> Problem:
    return Problem(404, f"The page has no file {shortened(name)!r}.")
