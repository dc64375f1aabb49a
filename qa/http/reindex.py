"""POST /reindex: embeds every passage with another model, while questions are answered."""

import asyncio
import math
from collections.abc import AsyncGenerator
from typing import Annotated

import anyio
from anyio import from_thread, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from qa.http.api_description import JSON_PROBLEMS, json_request
from qa.http.dependencies import KeepAlive, TheService, refuse_from_elsewhere
from qa.http.disconnect import IsCancelled, in_cancellable_thread
from qa.http.event_stream import event_stream, named_event
from qa.http.json_body import json_body
from qa.http.problems import Problem, problem_for
from qa.http.request_bodies import ReindexBody
from qa.service import Service
from vectorstore.bundled_model import EmbeddingModelError
from vectorstore.ingest import Progress
from vectorstore.reindexing import ReindexReport

router = APIRouter(tags=["state"])


class ReindexAbandoned(Exception):
    """The client that asked for it has disconnected."""


@router.post(
    "/reindex",
    summary="Embed every passage with another model, and search with it from then on",
    openapi_extra=json_request(ReindexBody),
    responses={
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: progress\ndata: {"done": 256, "total": 1024}\n\n',
                }
            },
            "description": "The events `progress`, and last `reindexed` or `error`. If the client "
            "disconnects before, the model in use stays.",
        },
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
    return event_stream(_events(service, body.model, request.state.request_id), keep_alive)


async def _events(service: Service, model: str, request_id: str) -> AsyncGenerator[bytes]:
    sending, receiving = anyio.create_memory_object_stream[Progress](math.inf)

    def work(is_cancelled: IsCancelled) -> ReindexReport:
        def on_progress(progress: Progress) -> None:
            if is_cancelled():
                raise ReindexAbandoned
            from_thread.run_sync(sending.send_nowait, progress)

        try:
            return service.reindex(model, on_progress)
        finally:
            from_thread.run_sync(sending.close)

    working = asyncio.create_task(in_cancellable_thread(work))
    try:
        async with receiving:
            async for progress in receiving:
                told = {"done": progress.done, "total": progress.total}
                yield named_event("progress", told)
        yield named_event("reindexed", await working)
    except Exception as error:  # noqa: BLE001  # the status is sent: an event must say it
        yield named_event("error", problem_for(error, request_id))
    finally:
        working.cancel()
        await asyncio.wait({working})
