"""/answers: kept answers, to read, save and cite. /verify: what has become of their quotes."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import RootModel

from qa.http.answer_page import answer_page
from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.article_page import problem_page, root_of
from qa.http.dependencies import CheckPlace, TheCapacity, TheService
from qa.http.disconnect import (
    IsCancelled,
    cancel_on_disconnect,
    client_closed_response,
    in_cancellable_thread,
)
from qa.http.json_body import json_body
from qa.http.limits import within
from qa.http.negotiation import wants_page
from qa.http.problems import Problem
from qa.http.responses import json_response
from qa.receipts.exports import MEDIA_TYPES, SUFFIXES, Format, exported
from qa.receipts.quote_status import Verification
from qa.receipts.receipt import FORMAT, NoSuchAnswer, Receipt
from qa.service import Service

router = APIRouter(tags=["answers"])

MOST_QUOTES = 200
ENDINGS = {form: suffix for suffix, form in SUFFIXES.items()}


class ReceiptBody(RootModel[Receipt]):
    """A receipt, as `GET /answers/{id}` gives it."""


@router.get(
    "/answers/{answer_id}",
    response_model=Receipt,
    summary="An answer that was kept, with what it takes to verify it; a page to read, if `Accept` "
    "prefers text/html",
    responses={
        200: {
            "content": {each: {"schema": {"type": "string"}} for each in MEDIA_TYPES.values()},
            "description": "The receipt. The page says of each quote what has become of it.",
        },
        **problems(404, 422),
    },
)
def read_answer(
    answer_id: str,
    request: Request,
    service: TheService,
    format: Annotated[Format | None, Query(description="Download it in this format.")] = None,
) -> Response:
    is_page = format is None and wants_page(request.headers)
    try:
        receipt = service.kept_answer(answer_id)
    except NoSuchAnswer as missing:
        if is_page:
            return problem_page(request.scope, 404, str(missing))
        raise
    if is_page:
        verified = service.verify(receipt).quotes
        return answer_page(root_of(request.scope), str(request.base_url), receipt, verified)
    content = exported(receipt, format or "json", str(request.base_url))
    headers = {"Vary": "Accept", "Cache-Control": "private, no-cache"}
    if format is not None:
        name = f"answer-{receipt.id[:12]}{ENDINGS[format]}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    kind = MEDIA_TYPES[format or "json"]
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Response(content, 200, headers, f"{kind}{charset}")


@router.post(
    "/verify",
    response_model=Verification,
    summary="What has become of each quote of a receipt: exact, moved, changed or removed",
    openapi_extra=json_request(ReceiptBody),
    responses=JSON_PROBLEMS,
)
async def verify(
    request: Request,
    service: TheService,
    capacity: TheCapacity,
    place: CheckPlace,
    body: Annotated[ReceiptBody, json_body(ReceiptBody)],
) -> Response:
    receipt = body.root
    if receipt.format != FORMAT:
        raise Problem(422, f"The receipt's format is not {FORMAT!r}.")
    if len(receipt.quotes) > MOST_QUOTES:
        raise Problem(422, f"A receipt has at most {MOST_QUOTES} quotes.")
    verifying = in_cancellable_thread(partial(_verify, service, receipt))
    async with within(capacity.limits.check_seconds, "Verifying the receipt"):
        response = await cancel_on_disconnect(request, verifying)
    return client_closed_response() if response is None else response


def _verify(service: Service, receipt: Receipt, is_cancelled: IsCancelled) -> Response:
    return json_response(service.verify(receipt, is_cancelled))
