"""/articles: list, read, add, remove. /collection: what there is, in numbers."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from qa.http.dependencies import TheService
from qa.http.errors import TOO_DEEP, Problem, shortened
from qa.schemas import (
    AddReport,
    ArticleList,
    Collection,
    WholeArticle,
    article_from,
    each_id_once,
)
from vectorstore.readers import Unreadable, parse_upload
from vectorstore.types import Article

router = APIRouter(tags=["articles"])

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


@router.get("/articles", summary="The articles, newest first")
def list_articles(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
    q: Annotated[str, Query(max_length=500)] = "",
) -> ArticleList:
    try:
        return service.articles(limit, cursor, q)
    except (ValueError, OverflowError):
        given = shortened(cursor or "")
        raise Problem(
            422, f"{given!r} is no cursor. Take it from an earlier page's next_cursor."
        ) from None


@router.get("/articles/{article_id:path}", summary="One article with its whole text")
def read_article(article_id: str, service: TheService) -> WholeArticle:
    article = service.article(article_id)
    if article is None:
        raise _unknown(article_id)
    return article


@router.post(
    "/articles",
    status_code=201,
    summary="Add articles, or replace those with the same id",
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def add_articles(request: Request, service: TheService, keep_all: KeepAll) -> AddReport:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        async with request.form(max_files=1_000) as form:
            files = [each for each in form.getlist("files") if isinstance(each, UploadFile)]
            if not files:
                raise Problem(422, "There is no file in the field named files.")
            uploads = [(each.filename or "article.txt", await each.read()) for each in files]
        return await run_in_threadpool(service.add, each_id_once(_from_uploads(uploads, keep_all)))
    if content_type not in ("application/json", ""):
        raise Problem(415, "Send articles as application/json, or files as multipart/form-data.")
    try:
        value = await request.json()
    except ValueError as error:
        raise Problem(422, f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise Problem(422, TOO_DEEP) from None
    records = value if isinstance(value, list) else [value]
    articles = [
        article_from(each, f"article {n}", keep_all=keep_all)
        for n, each in enumerate(records, start=1)
    ]
    return await run_in_threadpool(service.add, each_id_once(articles))


@router.delete(
    "/articles/{article_id:path}", status_code=204, summary="Remove an article and its passages"
)
def remove_article(article_id: str, service: TheService) -> Response:
    if not service.remove(article_id):
        raise _unknown(article_id)
    return Response(status_code=204)


@router.get("/collection", summary="What there is to ask about")
def read_collection(service: TheService) -> Collection:
    return service.collection()


def _from_uploads(
    uploads: Iterable[tuple[str, bytes]], keep_all: bool
) -> Iterator[Article | Unreadable]:
    for name, data in uploads:
        yield from parse_upload(name, data, keep_all=keep_all)


def _unknown(article_id: str) -> Problem:
    return Problem(404, f"There is no article with the id {shortened(article_id)!r}.")
