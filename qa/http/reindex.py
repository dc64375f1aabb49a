"""POST /reindex: embeds every passage with another model, while questions are answered."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from qa.http.api_description import JSON_PROBLEMS, json_request
from qa.http.dependencies import KeepAlive, TheService, refuse_from_elsewhere
from qa.http.event_stream import event_stream
from qa.http.json_body import json_body
from qa.http.problems import Problem
from qa.http.progress_stream import OnProgress, progress_description, progress_events
from qa.http.request_bodies import ReindexBody
from vectorstore.bundled_model import EmbeddingModelError
from vectorstore.reindexing import ReindexReport

router = APIRouter(tags=["state"])


@router.post(
    "/reindex",
    summary="Embed every passage with another model, and search with it from then on",
    openapi_extra=json_request(ReindexBody),
    responses={
        200: progress_description("reindexed", "the model in use stays"),
        **JSON_PROBLEMS,
    },
)
async def reindex(
    request: Request,
    service: TheService,
    body: Annotated[ReindexBody, json_body(ReindexBody)],
    keep_alive: KeepAlive,
) -> Response:
    refuse_from_elsewhere(
        request,
        "A model is chosen on the machine of the service: `qa reindex --model MODEL` there.",
    )
    try:
        await to_thread.run_sync(service.embedder_named, body.model)
    except EmbeddingModelError as error:
        raise Problem(422, str(error)) from error

    def work(on_progress: OnProgress) -> ReindexReport:
        return service.reindex(body.model, lambda each: on_progress(each.done, each.total))

    events = progress_events(work, "reindexed", request.state.request_id)
    return event_stream(events, keep_alive)
