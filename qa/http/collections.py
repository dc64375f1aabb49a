"""/collections: list, add, rename and remove the service's collections."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from qa.collections.service_pool import refuse_unknown
from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.dependencies import ChangePlace, ThePool, key_of, may_use, refuse_from_elsewhere
from qa.http.json_body import json_body
from qa.http.problems import Problem
from qa.http.request_bodies import CollectionBody, CollectionChangeBody
from qa.http.responses import json_response
from qa.schemas import CollectionInfo, CollectionList

router = APIRouter(tags=["collections"])


def refuse_key_of_some(request: Request) -> None:
    """Raise Problem for a key that is restricted to some collections."""
    key = key_of(request)
    if key is not None and key.collections is not None:
        raise Problem(
            403, "This key is for some collections only, and may not add, change or remove any."
        )


@router.get(
    "/collections",
    response_model=CollectionList,
    summary="The collections, the default one first",
    responses=problems(),
)
def list_collections(request: Request, pool: ThePool) -> Response:
    allowed = (each for each in pool.list() if may_use(request, each.name))
    return json_response(CollectionList(tuple(allowed)))


@router.post(
    "/collections",
    status_code=201,
    response_model=CollectionInfo,
    summary="Add a collection",
    openapi_extra=json_request(CollectionBody),
    responses={**JSON_PROBLEMS, **problems(409, 507)},
)
async def add_collection(
    request: Request,
    pool: ThePool,
    place: ChangePlace,
    body: Annotated[CollectionBody, json_body(CollectionBody)],
) -> Response:
    refuse_key_of_some(request)
    if body.embedding_model is not None:
        refuse_from_elsewhere(
            request,
            "An embedding model is named on the machine of the service: "
            "`qa collections add NAME --embedding-model MODEL` there.",
        )
    info = body.as_info()
    await to_thread.run_sync(pool.add, info)
    return json_response(info, 201)


@router.patch(
    "/collections/{name}",
    response_model=CollectionInfo,
    summary="Rename a collection, or change its description or its use of the chat model",
    openapi_extra=json_request(CollectionChangeBody),
    responses={**JSON_PROBLEMS, **problems(404, 409, 507)},
)
async def change_collection(
    name: str,
    request: Request,
    pool: ThePool,
    place: ChangePlace,
    body: Annotated[CollectionChangeBody, json_body(CollectionChangeBody)],
) -> Response:
    refuse_unknown(pool, name, partial(may_use, request))
    refuse_key_of_some(request)
    new = body.applied_to(pool.info(name))
    await to_thread.run_sync(pool.change, name, new)
    return json_response(new)


@router.delete(
    "/collections/{name}",
    status_code=204,
    summary="Remove a collection with all of its articles",
    responses=problems(404, 422, 507),
)
async def remove_collection(
    name: str, request: Request, pool: ThePool, place: ChangePlace
) -> Response:
    refuse_unknown(pool, name, partial(may_use, request))
    refuse_key_of_some(request)
    await to_thread.run_sync(pool.remove, name)
    return Response(status_code=204)
