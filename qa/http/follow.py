"""/followed: sources that are looked at regularly. /addresses: web addresses added once."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from qa.following.followed import FollowedList
from qa.following.follower import CannotFollow, FollowReport
from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.dependencies import ChangePlace, KeepAlive, TheService, key_of, state_of
from qa.http.disconnect import (
    IsCancelled,
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.event_stream import accepts_events, event_stream
from qa.http.json_body import json_body
from qa.http.problems import Problem, shortened
from qa.http.progress_stream import WorkAbandoned, progress_description, progress_events
from qa.http.request_bodies import AddressBody, LookBody
from qa.http.responses import json_response
from qa.schemas import AddReport

router = APIRouter(tags=["follow"])


@router.post(
    "/addresses",
    response_model=AddReport,
    summary="Add what is at an address: an article, or those that a feed or a sitemap lists",
    openapi_extra=json_request(AddressBody),
    responses={
        200: {
            **progress_description("added", "what was added by then stays"),
            "model": AddReport,
            "description": "No article was new; the report says what became of each. With "
            "`Accept: text/event-stream`, the events `progress`, and last `added` or `error`: if "
            "the client disconnects before, what was added by then stays.",
        },
        201: {"model": AddReport, "description": "At least one article was added."},
        **JSON_PROBLEMS,
    },
)
async def add_address(
    request: Request,
    service: TheService,
    place: ChangePlace,
    body: Annotated[AddressBody, json_body(AddressBody)],
    keep_alive: KeepAlive,
) -> Response:
    """With `Accept: text/event-stream` as events, one for each entry of a feed or a sitemap."""
    if accepts_events(request):
        adding = partial(service.add_address, body.address)
        events = progress_events(adding, "added", request.state.request_id)
        return event_stream(events, keep_alive)

    def add(is_cancelled: IsCancelled) -> AddReport:
        def stop_if_cancelled(done: int, total: int) -> None:
            if is_cancelled():
                raise WorkAbandoned

        return service.add_address(body.address, stop_if_cancelled)

    report = await cancel_on_disconnect(request, in_cancellable_thread(add))
    if report is None:
        return client_closed_response()
    is_new = any(each.status == "added" for each in report.articles)
    return json_response(report, 201 if is_new else 200)


@router.get(
    "/followed",
    response_model=FollowedList,
    summary="What is followed, with the last look at it and its error",
    responses=problems(503),
)
def list_followed(service: TheService) -> Response:
    return json_response(FollowedList(service.followed()))


@router.post(
    "/followed",
    status_code=201,
    response_model=FollowReport,
    summary="Follow an address or a folder, and look at it now",
    openapi_extra=json_request(AddressBody),
    responses=JSON_PROBLEMS,
)
async def follow(
    request: Request,
    service: TheService,
    place: ChangePlace,
    body: Annotated[AddressBody, json_body(AddressBody)],
) -> Response:
    key = key_of(request)
    if "://" not in body.address and key is not None and key.collections is not None:
        raise Problem(
            403,
            "This key is for some collections only, and may not follow a folder, which may hold "
            "what is not for it. Use one that is for all.",
        )
    if "://" not in body.address and not state_of(request).is_local:
        raise Problem(
            403,
            "A folder can only be followed where the service listens on this machine alone. Stop"
            " it, and use `qa follow FOLDER`.",
        )
    return await _reported(201, partial(service.follow, body.address))


@router.post(
    "/followed/look",
    response_model=FollowReport,
    summary="Look at what is followed now",
    openapi_extra=json_request(LookBody),
    responses=JSON_PROBLEMS,
)
async def look_now(
    service: TheService,
    place: ChangePlace,
    body: Annotated[LookBody, json_body(LookBody)],
) -> Response:
    return await _reported(200, partial(service.look_now, body.address))


@router.delete(
    "/followed",
    status_code=204,
    summary="Follow it no longer; its articles stay",
    responses=problems(404, 422, 503),
)
def unfollow(service: TheService, address: Annotated[str, Query(max_length=2_000)]) -> Response:
    if not service.unfollow(address):
        raise Problem(404, f"{shortened(address)!r} is not followed.")
    return Response(status_code=204)


async def _reported(status: int, look: Callable[[], FollowReport]) -> Response:
    try:
        return json_response(await to_thread.run_sync(look), status)
    except CannotFollow as error:
        raise Problem(422, str(error)) from error
