"""/session: the page's key, kept in a cookie that scripts cannot read."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, SecretStr

from qa.http.access import COOKIE, address_of, set_cookie
from qa.http.api_description import json_request, problems
from qa.http.dependencies import TheControl
from qa.http.json_body import json_body

router = APIRouter(tags=["state"])


class SessionBody(BaseModel):
    """A key."""

    model_config = ConfigDict(extra="forbid")

    key: SecretStr


@router.post(
    "/session",
    status_code=204,
    summary="Keep a key in a cookie of the page",
    openapi_extra=json_request(SessionBody),
    responses=problems(415, 422),
)
async def begin_session(
    request: Request, control: TheControl, body: Annotated[SessionBody, json_body(SessionBody)]
) -> Response:
    response = Response(status_code=204)
    if control is not None and control.needs_key:
        secret = body.key.get_secret_value().strip()
        control.key_with(secret, address_of(request.scope))
        set_cookie(response, request, secret)
    return response


@router.delete(
    "/session", status_code=204, summary="Forget the key in the page's cookie", responses=problems()
)
async def end_session() -> Response:
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
