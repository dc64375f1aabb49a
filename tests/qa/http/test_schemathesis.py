"""The service does what its OpenAPI description says, for requests that schemathesis makes up."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.openai_server import Say
from tests.qa.llm_service import TRUE, answering

OPERATIONS = (
    "DELETE /articles/{article_id}",
    "DELETE /collections/{name}",
    "DELETE /followed",
    "DELETE /session",
    "GET /answers/{answer_id}",
    "GET /articles",
    "GET /articles/{article_id}",
    "GET /collection",
    "GET /collections",
    "GET /followed",
    "GET /health",
    "GET /inspection",
    "GET /ready",
    "GET /search",
    "GET /timeline",
    "GET /v1/models",
    "GET /v1/models/{model}",
    "PATCH /collections/{name}",
    "POST /addresses",
    "POST /articles",
    "POST /ask",
    "POST /check",
    "POST /collections",
    "POST /followed",
    "POST /followed/look",
    "POST /reindex",
    "POST /restored",
    "POST /session",
    "POST /undo/{token}",
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/responses",
    "POST /verify",
)


FALLIBLE = (
    "DELETE /followed", "GET /answers/{answer_id}", "GET /articles", "GET /search", "GET /timeline",
    "PATCH /collections/{name}", "POST /addresses", "POST /articles", "POST /ask",
    "POST /check", "POST /collections", "POST /followed", "POST /followed/look", "POST /reindex",
    "POST /session",
    "POST /v1/chat/completions", "POST /v1/completions", "POST /v1/embeddings",
    "POST /v1/responses", "POST /verify",
)  # fmt: skip
"""The others take no parameters, or any string."""
BEYOND_A_SCHEMA: list[Any] = [positive_data_acceptance, negative_data_rejection]
"""A schema cannot say that dates are in order, what a cursor is, or that `?k=8` is a number."""


def unresolved(host: str, port: int) -> list[str]:
    """As a machine without a network resolves names: some of those made up are real."""
    raise OSError(f"{host} is not looked up in a test")


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The operations of a service whose embedding model costs nothing, by method and path."""
    with answering(tmp_path_factory.mktemp("described"), [Say(TRUE)]) as it:
        it.served.service.load()
        it.served.service._make_embedder = None  # a name made up is looked for in a large library
        fetcher = it.served.service._fetcher
        assert fetcher is not None
        fetcher._guard._resolve = unresolved
        schema = schemathesis.openapi.from_url(f"{it.served.url}/openapi.json")
        found: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]  # an Err raises
        yield {each.label: each for each in found}


def test_every_operation_is_tried(operations: dict[str, Any]) -> None:
    assert tuple(sorted(operations)) == OPERATIONS


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        *((label, GenerationMode.POSITIVE) for label in OPERATIONS),
        *((label, GenerationMode.NEGATIVE) for label in FALLIBLE),
    ],
)
def test_every_response_is_one_that_is_described(
    operations: dict[str, Any], label: str, mode: GenerationMode
) -> None:
    @seed(12)
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def respond(case: Case[Any]) -> None:
        case.call_and_validate(timeout=60, excluded_checks=BEYOND_A_SCHEMA)

    respond()
