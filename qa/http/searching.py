"""What search routes have in common: filters in the query string, and threads of their own."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from qa.http.capacity import Capacity
from qa.http.disconnect import (
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.limits import within
from qa.http.problems import Problem
from qa.http.request_bodies import Day, check_days
from vectorstore.types import Filters


async def _filters(
    published_from: Annotated[Day, Query()] = None,
    published_to: Annotated[Day, Query()] = None,
    source: Annotated[list[str] | None, Query()] = None,
    article_id: Annotated[list[str] | None, Query()] = None,
) -> Filters:
    try:
        check_days(published_from, published_to)
    except ValueError as error:
        raise Problem(422, f"The request cannot be used: {error}.") from None
    return Filters(published_from, published_to, tuple(source or ()), tuple(article_id or ()))


QueryFilters = Annotated[Filters, Depends(_filters)]
"""Which articles a request searches. Raises Problem if its dates are out of order."""


async def searched(
    request: Request, capacity: Capacity, search: Callable[[], Response], what: str
) -> Response:
    """The response of `search`, run in a search thread unless the client disconnects first.

    Raises Problem, naming `what` took too long.
    """
    searching = in_cancellable_thread(lambda is_cancelled: search(), capacity.searching)
    async with within(capacity.limits.search_seconds, what):
        response = await cancel_on_disconnect(request, searching)
    return client_closed_response() if response is None else response
