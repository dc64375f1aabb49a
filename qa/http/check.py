"""POST /check: a text that anyone wrote, each sentence held against the articles."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qa.http.dependencies import Asking, InJson, TheService
from qa.types import Citation, Sentence

router = APIRouter(tags=["questions"])

LONGEST_TEXT = 20_000


class CheckBody(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "Binance.US joined the Blockchain Association in 2019."}]
        },
    )

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
    ]
    article_ids: list[str] = Field(
        default=[], max_length=10_000, description="Hold it against these articles only."
    )


@dataclass(frozen=True, slots=True)
class CheckResponse:
    """The text as it was understood, its sentences with their support, and the quotes.

    `text[sentence.start:sentence.end] == sentence.text` for each sentence. The text is `supported`
    if all of its sentences are; a text without sentences is not.
    """

    text: str
    supported: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


@router.post("/check", summary="What of a text the articles bear out, with their words")
def check(body: CheckBody, service: TheService, asking: Asking, json: InJson) -> CheckResponse:
    checked = service.check_text(body.text, body.article_ids)
    return CheckResponse(
        text=checked.text,
        supported=checked.supported,
        sentences=checked.sentences,
        citations=checked.citations,
    )
