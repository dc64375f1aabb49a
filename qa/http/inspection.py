"""GET /inspection: what `qa doctor` reports, while the index is being served."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from qa.http.api_description import problems
from qa.http.dependencies import ChangePlace, TheCapacity, TheService, refuse_from_elsewhere
from qa.http.disconnect import (
    IsCancelled,
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.responses import json_response
from vectorstore.integrity import IndexReport

router = APIRouter(tags=["state"])


async def from_here(request: Request) -> None:
    refuse_from_elsewhere(
        request, "An index is inspected on the machine of the service: `qa doctor` there."
    )


@router.get(
    "/inspection",
    response_model=IndexReport,
    summary="Whether the articles, their passages, the full-text index and the vectors agree",
    responses=problems(),
)
async def inspect(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    allowed: Annotated[None, Depends(from_here)],
    place: ChangePlace,
) -> Response:
    """Reads all of the index. Questions are answered meanwhile, changes wait."""

    def inspected(is_cancelled: IsCancelled) -> Response:
        return client_closed_response() if is_cancelled() else json_response(service.inspect())

    inspecting = in_cancellable_thread(inspected, capacity.changing(service))
    response = await cancel_on_disconnect(request, inspecting)
    return client_closed_response() if response is None else response
