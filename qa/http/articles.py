"""/articles: list, read, add, remove. /collection: what it holds, in numbers."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from starlette.datastructures import UploadFile

from qa.http.api_description import problems
from qa.http.article_page import article_page, problem_page, root_of
from qa.http.dependencies import ChangePlace, TheCapacity, TheService
from qa.http.disconnect import (
    IsCancelled,
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.json_body import media_type, parse_json
from qa.http.negotiation import wants_page
from qa.http.problems import Problem, shortened
from qa.http.responses import json_response
from qa.schemas import (
    AddReport,
    ArticleList,
    Collection,
    WholeArticle,
    article_from,
    each_id_once,
)
from qa.service import Service
from qa.undo import UndoReport
from vectorstore.ingest import Progress
from vectorstore.readers import Unreadable, parse_upload
from vectorstore.types import Article

router = APIRouter(tags=["articles"])

MOST_FILES = 1_000

ARTICLE = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string"},
        "id": {"type": "string"},
        "title": {"type": "string"},
        "published": {"type": "string", "format": "date"},
        "source": {"type": "string"},
        "author": {"type": "string"},
        "url": {"type": "string"},
    },
}
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [ARTICLE, {"type": "array", "items": ARTICLE}]},
            "example": {"title": "A title", "published": "2022-04-20", "text": "The text."},
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                },
            }
        },
    },
}


async def keep_all_of(
    service: TheService,
    keep_all: Annotated[
        bool | None,
        Query(description="Search promotional and repeated paragraphs too. Default: QA_KEEP_ALL."),
    ] = None,
) -> bool:
    return service.keep_all if keep_all is None else keep_all


KeepAll = Annotated[bool, Depends(keep_all_of)]


@router.get(
    "/articles",
    response_model=ArticleList,
    summary="The articles, newest first",
    responses=problems(422),
)
def list_articles(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
    q: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    try:
        return json_response(service.articles(limit, cursor, q))
    except (ValueError, OverflowError):
        given = shortened(cursor or "")
        raise Problem(
            422, f"{given!r} is not a cursor. Take it from an earlier page's next_cursor."
        ) from None


@router.get(
    "/articles/{article_id:path}",
    response_model=WholeArticle,
    summary="One article with its whole text; a page to read, if `Accept` prefers text/html",
    responses={
        200: {
            "content": {"text/html": {"schema": {"type": "string"}}},
            "description": "The article. A page has the range from `start` to `end` marked.",
        },
        **problems(404, 422),
    },
)
def read_article(
    article_id: str,
    request: Request,
    service: TheService,
    start: Annotated[int | None, Query(ge=0, description="Of the range that a page marks.")] = None,
    end: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    article = service.article(article_id)
    if not wants_page(request.headers):
        if article is None:
            raise _unknown(article_id)
        return json_response(article, headers={"Vary": "Accept"})
    if article is None:
        return problem_page(request.scope, 404, str(_unknown(article_id).detail))
    return article_page(root_of(request.scope), article, start, end)


@router.post(
    "/articles",
    response_model=AddReport,
    summary="Add articles, or replace those with the same id",
    response_description="No article was new; the report says what became of each.",
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        201: {"model": AddReport, "description": "At least one article was added."},
        **problems(400, 415, 422, 507),
    },
)
async def add_articles(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    place: ChangePlace,
    keep_all: KeepAll,
    undoable: Annotated[
        bool, Query(description="Whether the report has a token to undo the addition with.")
    ] = False,
) -> Response:
    content_type = media_type(request)
    if content_type == "multipart/form-data":
        async with request.form(max_files=MOST_FILES) as form:
            files = [each for each in form.getlist("files") if isinstance(each, UploadFile)]
            if not files:
                raise Problem(422, "There is no file in the field named files.")
            adding = partial(_add, service, _from_uploads(files, keep_all), undoable)
            return await _changed(request, capacity.changing(service), adding)
    if content_type not in ("application/json", ""):
        raise Problem(415, "Send articles as application/json, or files as multipart/form-data.")
    chunks = [chunk async for chunk in request.stream()]
    records = await run_in_threadpool(_records, chunks)
    adding = partial(_add, service, _from_records(records, keep_all), undoable)
    return await _changed(request, capacity.changing(service), adding)


@router.post(
    "/undo/{token}",
    response_model=UndoReport,
    summary="Undo an addition: remove what it added, restore what it replaced",
    responses=problems(404),
)
async def undo_addition(
    token: str, request: Request, service: TheService, capacity: TheCapacity, place: ChangePlace
) -> Response:
    return await _changed(request, capacity.changing(service), partial(_undo, service, token))


@router.delete(
    "/articles/{article_id:path}",
    status_code=204,
    summary="Remove an article and its passages",
    responses=problems(404, 507),
)
async def remove_article(
    request: Request,
    article_id: str,
    service: TheService,
    capacity: TheCapacity,
    place: ChangePlace,
) -> Response:
    removing = partial(_remove, service, article_id)
    return await _changed(request, capacity.changing(service), removing)


@router.get(
    "/collection",
    response_model=Collection,
    summary="What there is to ask about",
    responses=problems(),
)
def read_collection(service: TheService) -> Response:
    return json_response(service.collection())


async def _changed(
    request: Request, threads: CapacityLimiter, change: Callable[[IsCancelled], Response]
) -> Response:
    """The response to a change, which is cancelled if the client disconnects."""
    changing = in_cancellable_thread(change, threads)
    response = await cancel_on_disconnect(request, changing)
    return client_closed_response() if response is None else response


class Abandoned(Exception):
    """The client that sent the articles has disconnected."""


def _add(
    service: Service,
    articles: Iterable[Article | Unreadable],
    undoable: bool,
    is_cancelled: IsCancelled,
) -> Response:
    """Adds the articles, reading them one by one in the caller's thread."""

    def stop_if_cancelled(_: Progress) -> None:
        if is_cancelled():
            raise Abandoned

    add = service.add_undoably if undoable else service.add
    try:
        report = add(each_id_once(articles), stop_if_cancelled)
    except Abandoned:  # what was added by then stays, and is consistent
        return client_closed_response()
    # Serialized one by one: there may be a million outcomes, and the serializer holds the GIL
    # until it is done.
    outcomes = b",".join(to_json(each) for each in report.articles)
    content = b'{"articles":[%b],"passages":%d,"undo":%b}' % (
        outcomes,
        report.passages,
        to_json(report.undo),
    )
    status = 201 if any(each.status == "added" for each in report.articles) else 200
    return Response(content, status, media_type="application/json")


def _undo(service: Service, token: str, is_cancelled: IsCancelled) -> Response:
    report = None if is_cancelled() else service.undo(token)
    if report is None:
        raise Problem(404, "This addition was undone already, or is too long ago to be undone.")
    return json_response(report)


def _remove(service: Service, article_id: str, is_cancelled: IsCancelled) -> Response:
    if is_cancelled():
        return client_closed_response()
    if not service.remove(article_id):
        raise _unknown(article_id)
    return Response(status_code=204)


def _records(chunks: list[bytes]) -> list[object]:
    """The records of a JSON body, whose chunks are joined here, in a thread."""
    value = parse_json(b"".join(chunks))
    return value if isinstance(value, list) else [value]


def _from_records(records: list[object], keep_all: bool) -> Iterator[Article | Unreadable]:
    for number, record in enumerate(records, start=1):
        yield article_from(record, f"article {number}", keep_all=keep_all)


def _from_uploads(files: Iterable[UploadFile], keep_all: bool) -> Iterator[Article | Unreadable]:
    for each in files:
        name = each.filename or "article.txt"
        yield from parse_upload(name, each.file.read(), keep_all=keep_all)


def _unknown(article_id: str) -> Problem:
    return Problem(404, f"There is no article with the id {shortened(article_id)!r}.")
