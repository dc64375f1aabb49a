"""GET /search: ranked passages, no answer."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from qa.articles import FoundPassages
from qa.http.dependencies import TheService
from vectorstore.types import Filters

router = APIRouter(tags=["questions"])


@router.get("/search", summary="The passages that best fit a question")
def search(
    service: TheService,
    q: Annotated[str, Query(min_length=1, max_length=2_000)],
    k: Annotated[int, Query(ge=1, le=100)] = 8,
    published_from: date | None = None,
    published_to: date | None = None,
    source: Annotated[list[str] | None, Query()] = None,
    article_id: Annotated[list[str] | None, Query()] = None,
) -> FoundPassages:
    filters = Filters(published_from, published_to, tuple(source or ()), tuple(article_id or ()))
    return FoundPassages(service.search(q, k, filters))
