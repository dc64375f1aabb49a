"""/docs and the OpenAPI description."""

import json
import re

import httpx
import pytest


def test_the_docs_load_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    addresses += re.findall(r"url:\s*'([^']+)'", page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/"), address
        assert not address.startswith("//")
        assert http.get(address).status_code == 200
    assert "//" not in re.sub(r"//# sourceMapping\S+|<!--.*?-->", "", page.text)


def test_every_schema_the_description_refers_to_is_in_it(http: httpx.Client) -> None:
    description = http.get("/openapi.json").json()
    names = set(re.findall(r'"#/components/schemas/(.*?)"', json.dumps(description)))
    assert names <= set(description["components"]["schemas"])
    assert names >= {"AskBody", "CheckBody", "ChatBody", "TurnBody", "FiltersBody", "Problem"}
    assert "HTTPValidationError" not in names
    assert "2,000,000" in description["info"]["description"]


EVERY_ROUTE = {"401", "403", "408", "413", "429", "500", "503"}


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/ask", "200 404 415 422"),
        ("post", "/check", "200 404 415 422"),
        ("post", "/v1/chat/completions", "200 400 404 415 422"),
        ("post", "/v1/completions", "200 400 404 415 422"),
        ("post", "/v1/embeddings", "200 400 404 415 422"),
        ("post", "/v1/responses", "200 400 404 415 422"),
        ("get", "/v1/models", "200 404"),
        ("get", "/v1/models/{model}", "200 404"),
        ("get", "/search", "200 404 422"),
        ("get", "/timeline", "200 404 422"),
        ("get", "/articles", "200 404 422"),
        ("post", "/articles", "200 201 400 404 415 422 507"),
        ("get", "/articles/{article_id}", "200 404 422"),
        ("delete", "/articles/{article_id}", "204 404 507"),
        ("get", "/collection", "200 404"),
        ("get", "/health", "200"),
        ("get", "/ready", "200"),
    ],
)
def test_the_description_lists_every_status(
    http: httpx.Client, method: str, path: str, statuses: str
) -> None:
    responses = http.get("/openapi.json").json()["paths"][path][method]["responses"]
    assert set(responses) == EVERY_ROUTE | set(statuses.split())
    for status, response in responses.items():
        if status >= "400":
            assert set(response["content"]) == {"application/problem+json"}
            assert response["description"].endswith(".")


def test_the_description_names_every_route(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert set(paths) >= {
        "/ask", "/search", "/articles", "/articles/{article_id}", "/collection", "/health",
        "/ready", "/v1/models", "/v1/chat/completions",
    }  # fmt: skip
