"""Server-sent events: comments while nothing is sent, on every stream, ignored by clients."""

import asyncio
from collections.abc import AsyncGenerator

import anyio
import pytest
from anyio.abc import TaskGroup
from openai import OpenAI

from qa.http.event_stream import with_comments
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Waiting

COMMENT = b": keep-alive\n\n"
SOON = 0.05
NEVER = 3_600.0
STREAM = {"Accept": "text/event-stream"}


class Source:
    """Yields what it is given when it is given it; `closed` once it was closed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def events(self) -> AsyncGenerator[bytes]:
        try:
            while (event := await self.queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed.set()


def test_events_pass_through_unchanged() -> None:
    async def passed() -> list[bytes]:
        source = Source()
        for event in (b"one", b"two", None):
            source.queue.put_nowait(event)
        return [each async for each in with_comments(source.events(), NEVER)]

    assert asyncio.run(passed()) == [b"one", b"two"]


def test_comments_are_sent_until_an_event_comes() -> None:
    async def passed() -> list[bytes]:
        source = Source()
        stream = with_comments(source.events(), SOON)
        first = [await anext(stream), await anext(stream)]
        source.queue.put_nowait(b"one")
        source.queue.put_nowait(None)
        return first + [each async for each in stream]

    assert asyncio.run(passed()) == [COMMENT, COMMENT, b"one"]


def test_closing_a_stream_early_closes_its_source() -> None:
    async def closed() -> None:
        source = Source()
        stream = with_comments(source.events(), NEVER)
        source.queue.put_nowait(b"one")
        assert await anext(stream) == b"one"
        await stream.aclose()
        assert source.closed.is_set()

    asyncio.run(closed())


def test_cancelling_a_stream_closes_its_source() -> None:
    async def closed() -> None:
        source = Source()
        stream = with_comments(source.events(), NEVER)
        reading = asyncio.ensure_future(anext(stream))
        source.queue.put_nowait(b"one")
        assert await reading == b"one"
        reading = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        reading.cancel()
        await source.closed.wait()

    asyncio.run(closed())


def test_a_stream_that_is_cancelled_again_and_again_ends_after_its_source() -> None:
    async def closed() -> None:
        closing, may_close, is_closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def events() -> AsyncGenerator[bytes]:
            try:
                yield b"one"
                await asyncio.Event().wait()
            finally:
                closing.set()
                await may_close.wait()
                is_closed.set()

        async def read(group: TaskGroup) -> None:
            async for _ in with_comments(events(), NEVER):
                group.cancel_scope.cancel()

        async def respond() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(read, group)
            assert is_closed.is_set()

        responding = asyncio.ensure_future(respond())
        await closing.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not responding.done()
        may_close.set()
        await responding

    asyncio.run(closed())


def test_an_error_of_the_source_is_raised() -> None:
    async def failed() -> None:
        source = Source()
        source.queue.put_nowait(RuntimeError("no"))
        async for _ in with_comments(source.events(), NEVER):
            pass

    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(failed())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ask", {"question": "Where is the cat?"}),
        (
            "/v1/chat/completions",
            {"stream": True, "messages": [{"role": "user", "content": "Where is the cat?"}]},
        ),
    ],
)
def test_a_waiting_stream_is_kept_alive(serve: Serve, path: str, body: object) -> None:
    waiting = Waiting()
    served = serve(waiting, keep_alive=SOON)
    with served.http.stream("POST", path, json=body, headers=STREAM) as response:
        lines = response.iter_lines()
        for _ in range(2):
            assert next(line for line in lines if line.startswith(":")) == ": keep-alive"
        waiting.release()
        assert [line for line in lines if line.startswith("data: ")]


def test_the_openai_client_ignores_comments(serve: Serve) -> None:
    waiting = Waiting()
    served = serve(waiting, keep_alive=0.001)
    with OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="article-qa", messages=[{"role": "user", "content": "Where?"}], stream=True
        )
        text = ""
        for chunk in stream:
            text += "".join(choice.delta.content or "" for choice in chunk.choices)
            if text:
                waiting.release()
    assert text == "The cat sat"
