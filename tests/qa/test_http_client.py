"""The client returns what the service does, and its errors are sentences."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.http_client import Client, ServiceError
from qa.types import Answer, Event, Question, Token, Turn
from tests.qa.serving import Served, running
from vectorstore.ingest import Progress
from vectorstore.readers import Unreadable, read_articles
from vectorstore.types import Article, ArticleInfo, Filters

QUESTION = Question(
    "When did Binance.US join the Blockchain Association?",
    history=(Turn("user", "Hello"), Turn("assistant", "Ask.")),
    filters=Filters(published_from=date(2022, 1, 1), published_to=date(2022, 12, 31)),
    passages=3,
)


@pytest.fixture
def client(adding: Served) -> Iterator[Client]:
    with Client(adding.url) as client:
        yield client


def collect(events: AsyncIterator[Event]) -> list[Event]:
    async def collected() -> list[Event]:
        return [event async for event in events]

    return asyncio.run(collected())


def timeless(answer: Answer) -> Answer:
    return replace(answer, id="", timings_ms={}, kept_until=None)


def test_the_same_answer_here_and_there(client: Client, served: Served) -> None:
    there = client.ask(QUESTION)
    assert timeless(there) == timeless(served.service.ask(QUESTION))
    assert there.citations


def test_the_same_events_here_and_there(client: Client, served: Served) -> None:
    *there, last = collect(client.stream(QUESTION))
    *here, answer = collect(served.service.stream(QUESTION))
    assert there == here
    assert isinstance(last, Answer)
    assert isinstance(answer, Answer)
    assert timeless(last) == timeless(answer)


def test_the_same_passages_here_and_there(client: Client, served: Served) -> None:
    for filters in (
        None,
        QUESTION.filters,
        Filters(article_ids=("nobody",)),
        Filters(sources=("",)),
    ):
        there = client.search("exchange", 4, filters)
        assert there == served.service.search("exchange", 4, filters)


def test_the_same_articles_here_and_there(client: Client, served: Served) -> None:
    page = client.articles(2)
    assert page == served.service.articles(2)
    assert client.articles(2, page.next_cursor) == served.service.articles(2, page.next_cursor)
    assert client.articles(containing="nasdaq") == served.service.articles(containing="nasdaq")
    for entry in client.articles().articles:
        assert client.article(entry.id) == served.service.article(entry.id)
    assert client.article("nobody") is None
    assert client.collection() == served.service.collection()


STRANGE_IDS = ("a/b?c#d", "..", ".", "...", "https://x.example/ä?q=%20", "🐈", " odd  name .txt")


@pytest.mark.parametrize("article_id", STRANGE_IDS)
def test_articles_are_sent_whole(client: Client, served: Served, article_id: str) -> None:
    text = "The cat\r\nsat \x00 on the mat. \u2028 It was 👩‍👩‍👧 content.\x85 קבוצה"
    article = Article(ArticleInfo(article_id, title="Cat", published=date(2022, 2, 2)), text)
    (outcome,) = client.add([article]).articles
    assert (outcome.id, outcome.status) == (article_id, "added")
    stored = served.service.store.catalog.article_as_read(article_id)
    assert stored == article
    assert client.add([article]).articles[0].status == "unchanged"
    answer = client.ask(
        Question("Where did the cat sit?", filters=Filters(article_ids=(article_id,)))
    )
    for each in answer.citations:
        assert text[each.start : each.end] == each.quote
    *_, last = collect(client.stream(Question("Where did the cat sit?")))
    assert isinstance(last, Answer)
    assert client.remove(article_id)
    assert not client.remove(article_id)


def test_what_was_ingested_there_is_unchanged_here(
    client: Client, served: Served, some_articles: Path, tmp_path: Path
) -> None:
    assert {each.status for each in client.add(read_articles([some_articles])).articles} == {
        "unchanged"
    }
    (tmp_path / "new  one\u00a0.txt").write_text("date 2022-02-02 Sign up now!\n\nThe cat sat.")
    assert {each.status for each in client.add(read_articles([tmp_path])).articles} == {"added"}
    here = served.service.add(read_articles([tmp_path]))
    assert {each.status for each in here.articles} == {"unchanged"}


def test_an_article_is_kept_whole_as_its_reader_was_told(
    client: Client, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cat.txt").write_text("The cat sat.\n\nSign up for our newsletter.")
    other = Article(ArticleInfo("other"), "Another cat sat.")
    for keep_all in (False, True):
        (cat,) = read_articles([tmp_path], keep_all=keep_all)
        # The setting of the service is for what is sent to it without a word about it.
        monkeypatch.setattr(served.service, "keep_all", not keep_all)
        assert isinstance(cat, Article)
        client.add([cat, other])
        for article in (cat, other):
            assert served.service.store.catalog.article_as_read(article.id) == article


def test_what_cannot_be_read_is_reported_and_the_rest_is_sent(client: Client) -> None:
    seen: list[Progress] = []
    good = [Article(ArticleInfo(f"good {n}"), f"The cat number {n} sat.") for n in range(60)]
    report = client.add(
        [*good[:30], Unreadable("bad.txt", "It is empty."), *good[30:]], seen.append
    )
    statuses = [each.status for each in report.articles]
    assert statuses.count("added") == 60
    assert statuses.count("skipped") == 1
    assert report.passages == 60
    assert [each.done for each in seen if each.stage == "embedding"] == [50, 61]
    assert [each.done for each in seen if each.stage == "reading"] == list(range(1, 62))


def test_refusals_are_the_services_own_sentences(client: Client) -> None:
    with pytest.raises(ServiceError, match="QA_MODEL"):
        client.ask(replace(QUESTION, answerer="llm"))
    with pytest.raises(ServiceError, match="QA_MODEL"):
        collect(client.stream(replace(QUESTION, answerer="llm")))
    with pytest.raises(ServiceError, match="cursor"):
        client.articles(cursor="x")


def test_a_proxy_of_the_environment_is_not_asked(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Client(served.url) as client:
        assert client.is_alive()
        assert collect(client.stream(QUESTION))


# Services that are not as they should be.


@contextmanager
def client_of(respond: Callable[[Request], Response]) -> Iterator[Client]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await respond(Request(scope))(scope, receive, send)

    application: ASGIApp = app
    with running(application) as url, Client(url, timeout=10) as client:
        yield client


def test_nobody_there() -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert not client.is_alive()
        with pytest.raises(ServiceError, match="qa serve"):
            client.collection()
        with pytest.raises(ServiceError, match="qa serve"):
            collect(client.stream(QUESTION))
        client.close()


@pytest.mark.parametrize("content", ["<html>", "{}", "", "[1, 2]"])
def test_another_service(content: str) -> None:
    with client_of(lambda request: PlainTextResponse(content)) as client:
        assert not client.is_alive()
        with pytest.raises(ServiceError, match="same version"):
            client.collection()
        with pytest.raises(ServiceError, match="stopped before"):
            collect(client.stream(QUESTION))


@pytest.mark.parametrize("content", ["<html>", "{}", "[]", '{"detail": 5}'])
def test_an_error_that_says_nothing(content: str) -> None:
    with client_of(lambda request: PlainTextResponse(content, 502)) as client:
        with pytest.raises(ServiceError, match="502"):
            client.collection()
        with pytest.raises(ServiceError, match="502"):
            collect(client.stream(QUESTION))


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (["event: token\ndata: {\n\n"], "same version"),
        (["event: error\ndata: {}\n\n"], "same version"),
        (['event: error\ndata: {"detail": "It is late."}\n\n'], "It is late"),
        (['event: token\ndata: {"text": "The"}\n\n'], "stopped before"),
    ],
)
def test_a_stream_that_goes_wrong(stream: list[str], says: str) -> None:
    with (
        client_of(lambda request: StreamingResponse(iter(stream))) as client,
        pytest.raises(ServiceError, match=says),
    ):
        collect(client.stream(QUESTION))


def test_a_stream_is_read_by_its_own_line_ends() -> None:
    text = "one\u2028two\x85three\u2029\x1c"
    pieces: Sequence[str] = [
        ": hello\r\n\r\nevent: tok",
        f'en\r\ndata: {{"text": "{text[:5]}',
        f'{text[5:-1]}\\u001c"}}\r',
        "\n\r\nevent: unheard\ndata: 5\n\n",
        'event: error\ndata: {"detail": "End."}\n\n',
    ]
    events: list[Event] = []

    async def read(client: Client) -> None:
        async for event in client.stream(QUESTION):
            events.append(event)  # noqa: PERF401  # they are kept when an error follows

    with (
        client_of(lambda request: StreamingResponse(iter(pieces))) as client,
        pytest.raises(ServiceError, match="End"),
    ):
        asyncio.run(read(client))
    assert events == [Token(text)]
