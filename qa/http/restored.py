"""POST /restored: switches to the index that `qa restore` has built beside the one being served."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from qa.http.api_description import problems
from qa.http.dependencies import ChangePlace, ThePool, refuse_from_elsewhere, the_collection
from qa.http.problems import Problem
from vectorstore.backup import BackupError

router = APIRouter(tags=["state"])


@router.post(
    "/restored",
    status_code=204,
    summary="Take in the index that `qa restore` has made beside this one",
    responses=problems(409),
)
async def take_in_restored(
    request: Request,
    pool: ThePool,
    name: Annotated[str, Depends(the_collection)],
    place: ChangePlace,
) -> Response:
    """Questions that come meanwhile wait for it."""
    refuse_from_elsewhere(
        request, "A backup is restored on the machine of the service: `qa restore FILE` there."
    )

    def take_in() -> None:
        with pool.using(name) as service:
            service.check_restored()
        pool.reopen(name)

    try:
        await to_thread.run_sync(take_in)
    except BackupError as error:
        raise Problem(409, str(error)) from error
    return Response(status_code=204)
