"""POST /v1/embeddings: texts embedded with the model that the collection is searched with."""

import base64
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from qa.http.api_description import JSON_PROBLEMS, json_request, problems
from qa.http.dependencies import SearchPlace, TheCapacity
from qa.http.json_body import json_body
from qa.http.openai.served_models import EMBEDDING_MODEL, NamesModel, service_named_by
from qa.http.problems import Problem
from qa.http.responses import json_response
from qa.http.searching import searched
from qa.service import Service
from vectorstore.types import Vectors

router = APIRouter()

MOST_INPUTS = 1_000
LONGEST_INPUT = 20_000
CHARACTERS_IN_ALL = 500_000

Input = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_INPUT)]


class EmbeddingBody(NamesModel):
    """The fields of a request for embeddings."""

    model_config = ConfigDict(extra="ignore")

    model: str = EMBEDDING_MODEL
    input: (
        Input | Annotated[list[Input] | list[Any], Field(min_length=1, max_length=MOST_INPUTS)]
    ) = Field(
        description=f"A text, or several: {LONGEST_INPUT:,} characters each, "
        f"{CHARACTERS_IN_ALL:,} in all."
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None

    def texts(self) -> list[str]:
        """Raises Problem."""
        given = [self.input] if isinstance(self.input, str) else self.input
        if not all(isinstance(each, str) for each in given):
            raise Problem(
                400,
                f"Send texts of 1 to {LONGEST_INPUT:,} characters, not tokens. In LangChain, set "
                "check_embedding_ctx_length=False.",
            )
        if any(not 0 < len(each) <= LONGEST_INPUT for each in given):
            raise Problem(400, f"A text has 1 to {LONGEST_INPUT:,} characters.")
        if sum(map(len, given)) > CHARACTERS_IN_ALL:
            raise Problem(400, f"The texts have more than {CHARACTERS_IN_ALL:,} characters in all.")
        return given


TheEmbedding = json_body(EmbeddingBody)


@router.post(
    "/embeddings",
    summary="Vectors of texts, by the embedding model of a collection",
    openapi_extra=json_request(EmbeddingBody),
    responses={**JSON_PROBLEMS, **problems(400, 404)},
)
async def embed(
    request: Request,
    capacity: TheCapacity,
    place: SearchPlace,
    body: Annotated[EmbeddingBody, TheEmbedding],
    service: Annotated[Service, service_named_by(TheEmbedding, embedding=True)],
) -> Response:
    texts = body.texts()

    def embedded() -> Response:
        vectors = service.embed(texts)
        return json_response(_response(body, vectors, service.count_tokens(*texts)))

    if body.dimensions is not None and body.dimensions != service.store.embedder.dimension:
        raise Problem(
            400,
            f"This model's vectors have {service.store.embedder.dimension} dimensions: leave "
            "dimensions out.",
        )
    return await searched(request, capacity, embedded, "Embedding the texts")


def _response(body: EmbeddingBody, vectors: Vectors, tokens: int) -> dict[str, object]:
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _encoded(row) if body.encoding_format == "base64" else row.tolist(),
            }
            for index, row in enumerate(vectors)
        ],
        "model": body.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _encoded(row: Vectors) -> str:
    """Little-endian 32-bit floats."""
    return base64.b64encode(row.astype(np.dtype("<f4")).tobytes()).decode()
