"""/articles: list, read, add, remove. /collection: what there is, in numbers."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from starlette.datastructures import UploadFile

from qa.http.api_description import problems
from qa.http.dependencies import AdditionPlace, ChangingThreads, TheService
from qa.http.json_body import media_type, parse_json
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


def keep_all_of(
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
    summary="One article with its whole text",
    responses=problems(404),
)
def read_article(article_id: str, service: TheService) -> Response:
    article = service.article(article_id)
    if article is None:
        raise _unknown(article_id)
    return json_response(article)


@router.post(
    "/articles",
    status_code=201,
    response_model=AddReport,
    summary="Add articles, or replace those with the same id",
    openapi_extra={"requestBody": REQUEST_BODY},
    responses=problems(400, 413, 415, 422, 429, 503),
)
async def add_articles(
    request: Request,
    service: TheService,
    place: AdditionPlace,
    threads: ChangingThreads,
    keep_all: KeepAll,
) -> Response:
    content_type = media_type(request)
    if content_type == "multipart/form-data":
        async with request.form(max_files=MOST_FILES) as form:
            files = [each for each in form.getlist("files") if isinstance(each, UploadFile)]
            if not files:
                raise Problem(422, "There is no file in the field named files.")
            articles = _from_uploads(files, keep_all)
            return await to_thread.run_sync(_add, service, articles, limiter=threads)
    if content_type not in ("application/json", ""):
        raise Problem(415, "Send articles as application/json, or files as multipart/form-data.")
    chunks = [chunk async for chunk in request.stream()]
    records = await run_in_threadpool(_records, chunks)
    articles = _from_records(records, keep_all)
    return await to_thread.run_sync(_add, service, articles, limiter=threads)


@router.delete(
    "/articles/{article_id:path}",
    status_code=204,
    summary="Remove an article and its passages",
    responses=problems(404),
)
async def remove_article(
    article_id: str, service: TheService, threads: ChangingThreads
) -> Response:
    if not await to_thread.run_sync(service.remove, article_id, limiter=threads):
        raise _unknown(article_id)
    return Response(status_code=204)


@router.get(
    "/collection",
    response_model=Collection,
    summary="What there is to ask about",
    responses=problems(),
)
def read_collection(service: TheService) -> Response:
    return json_response(service.collection())


def _add(service: Service, articles: Iterable[Article | Unreadable]) -> Response:
    """Adds the articles. They are read one after another, in the thread of the caller."""
    report = service.add(each_id_once(articles))
    # Serialized one by one: there may be a million outcomes, and the serializer lets no other
    # thread run until it is done.
    outcomes = b",".join(to_json(each) for each in report.articles)
    content = b'{"articles":[%b],"passages":%d}' % (outcomes, report.passages)
    return Response(content, 201, media_type="application/json")


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
