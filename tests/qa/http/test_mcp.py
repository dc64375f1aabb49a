"""The Model Context Protocol, through its SDK's client, over HTTP and standard streams."""

import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from qa.http.limits import Limits
from qa.mcp_server import DeskOfOne, article_resource, make_mcp_server
from qa.verification.checker import CheckedText
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing
from tests.qa.processes import PROGRAM, environment, run
from tests.qa.shelf import PHRASES, TEXTS, Shelf, shelf_in

QUESTION = "How much did harbor pilots earn?"
TOOLS = {"ask", "search", "check", "read_article", "list_articles"}
ODD = {"id": "../b c/ü?#%.txt", "title": "Odd", "text": "Gulls fly over the pier. 🐦 They cry."}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with shelf_in(tmp_path_factory.mktemp("shelf"), keyed=True) as shelf:
        shelf.pool.default.store.serve_at(shelf.url)
        yield shelf


@pytest.fixture(scope="module")
def of_all(shelf: Shelf) -> dict[str, str]:
    return shelf.key("of all", scope="change")


@asynccontextmanager
async def client_of(url: str, headers: dict[str, str]) -> AsyncIterator[Client]:
    async with create_mcp_http_client(headers=headers) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport) as client:
            yield client


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    structured: dict[str, Any] = result.structured_content
    return structured


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]  # a text


def test_the_tools_answer_with_exact_quotes(shelf: Shelf, of_all: dict[str, str]) -> None:
    async def use() -> None:
        async with client_of(f"{shelf.url}/mcp", of_all) as client:
            listed = (await client.list_tools()).tools
            assert {each.name for each in listed} == TOOLS
            assert all(each.annotations and each.annotations.read_only_hint for each in listed)
            answer = await called(client, "ask", question=QUESTION)
            assert PHRASES["default"] in answer["text"]
            (quote,) = answer["quotes"]
            text = TEXTS["default"]
            assert text[quote["start"] : quote["end"]] == quote["quote"]
            read = await client.read_resource(quote["resource"])
            assert read.contents[0].text == text  # type: ignore[union-attr]  # a text
            async with httpx.AsyncClient(headers={**of_all, "Accept": "text/html"}) as http:
                page = await http.get(quote["address"])
            assert f'<mark id="quote">{quote["quote"]}</mark>' in page.text
            found = await called(client, "search", query="harbor pilots", limit=1)
            (passage,) = found["passages"]
            assert text[passage["start"] : passage["end"]] == passage["text"]
            checked = await called(client, "check", text=f"{text} The pier sank in 1912.")
            assert [each["outcome"] for each in checked["sentences"]] == ["supported", "not_found"]
            excerpt = await called(
                client, "read_article", article_id=quote["article_id"], start=7, end=13
            )
            assert (excerpt["text"], excerpt["length"]) == (text[7:13], len(text))
            articles = await called(client, "list_articles")
            assert [each["article_id"] for each in articles["articles"]] == ["only-default"]

    anyio.run(use)


def test_what_cannot_be_done_is_a_sentence_for_the_model(
    shelf: Shelf, of_all: dict[str, str]
) -> None:
    async def use() -> None:
        async with client_of(f"{shelf.url}/mcp", of_all) as client:
            told = await refused(client, "read_article", article_id="nothing")
            assert "There is no article with the id 'nothing'." in told
            told = await refused(client, "read_article", article_id="only-default", start=500)
            assert "500" in told
            assert "no range" in told
            assert "cursor" in await refused(client, "list_articles", cursor="nonsense")
            assert "2000" in await refused(client, "ask", question="q" * 2_001)
            with pytest.raises(MCPError, match="There is no article"):
                await client.read_resource("article://nothing")

    anyio.run(use)


def test_each_collection_has_its_own_and_keys_are_kept_to(
    shelf: Shelf, of_all: dict[str, str]
) -> None:
    of_a = shelf.key("of a", "a")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for path, headers, status in (
        ("/mcp", {}, 401), ("/mcp", of_a, 404), ("/collections/b/mcp", of_a, 404)
    ):  # fmt: skip
        assert shelf.http.post(path, json=body, headers=headers).status_code == status

    async def use() -> None:
        async with client_of(f"{shelf.url}/collections/a/mcp", of_a) as client:
            answer = await called(client, "ask", question=QUESTION)
            assert PHRASES["a"] in answer["text"]
            assert "/collections/a/articles/" in answer["quotes"][0]["address"]
            told = await refused(client, "read_article", article_id="only-b")
            assert "There is no article" in told

    anyio.run(use)


def test_another_website_cannot_use_it(shelf: Shelf, of_all: dict[str, str]) -> None:
    headers = {**of_all, "Origin": "https://evil.example"}
    assert shelf.http.post("/mcp", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("article_id", [ODD["id"], "/etc/passwd", ".."])
def test_an_id_that_looks_like_a_path_is_an_id(
    shelf: Shelf, of_all: dict[str, str], article_id: str
) -> None:
    service = shelf.pool.default
    with shelf.pool.using("default"):
        added = shelf.http.post("/articles", json={**ODD, "id": article_id}, headers=of_all)
        assert added.status_code == 201

        async def use() -> None:
            async with Client(make_mcp_server(DeskOfOne(service))) as client:
                read = await client.read_resource(article_resource(article_id))
                assert read.contents[0].text == ODD["text"]  # type: ignore[union-attr]  # a text

        try:
            anyio.run(use)
        finally:
            service.remove(article_id)


@pytest.mark.parametrize(
    ("tool", "arguments", "limits", "says"),
    [
        ("search", {"query": "cat"}, Limits(searches=0), "0 searches are being made already"),
        ("check", {"text": "The cat sat."}, Limits(checks=0), "0 texts are being checked already"),
    ],
)
def test_a_search_and_a_check_need_a_place(
    serve: Serve, tool: str, arguments: dict[str, str], limits: Limits, says: str
) -> None:
    served = serve(Failing(RuntimeError()), limits=limits)

    async def use() -> None:
        async with client_of(f"{served.url}/mcp", {}) as client:
            assert says in await refused(client, tool, **arguments)

    anyio.run(use)


def test_a_check_that_takes_too_long_is_cancelled(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(Failing(RuntimeError()), limits=Limits(check_seconds=0.01))
    ended = threading.Event()

    def check_text(text: str, article_ids: object, is_cancelled: Callable[[], bool]) -> CheckedText:
        while not is_cancelled():
            pass
        ended.set()
        return CheckedText("", (), ())

    monkeypatch.setattr(served.service, "check_text", check_text)

    async def use() -> None:
        async with client_of(f"{served.url}/mcp", {}) as client:
            told = await refused(client, "check", text="The cat sat.")
            assert "Checking the text took longer than 0.01 s" in told
            assert ended.is_set()

    anyio.run(use)


@pytest.mark.slow
def test_it_runs_over_standard_streams(tmp_path: Path) -> None:
    (tmp_path / "gulls.txt").write_text("Gulls fly over the pier.")
    assert run(tmp_path, "ingest", "gulls.txt", "--data", "index")[0] == 0
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[*PROGRAM, "mcp", "--data", str(tmp_path / "index")],
        env=environment(),
    )

    async def use() -> None:
        with anyio.fail_after(100):
            async with Client(stdio_client(parameters)) as client:
                assert {each.name for each in (await client.list_tools()).tools} == TOOLS
                assert (await called(client, "list_articles"))["total"] == 1

    anyio.run(use)
