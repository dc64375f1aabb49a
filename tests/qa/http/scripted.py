"""Scripted answerers, over a real index and the real chain."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from qa.answering.chain import Chains
from qa.answering.pipeline import Pipeline
from qa.answering.rewriting.query_rewriter import QueryRewriter
from qa.service import Service, damage_of
from qa.types import Answerer, AnswerPart, Reply, Token
from qa.verification.claim_judge import EntailmentJudge, WordOverlap
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import Article, ArticleInfo, Embedder, ScoredPassage


def service_over(folder: Path, answerer: Answerer, embedder: Embedder | None = None) -> Service:
    """A service whose questions `answerer` answers, over an index in `folder` with one article."""
    store = Store(folder, embedder or HashingEmbedder())

    retrieve = partial(search, store)
    pipeline = Pipeline(QueryRewriter(), retrieve, answerer, damage=partial(damage_of, store))
    judge = EntailmentJudge(WordOverlap())
    service = Service(store, Chains({"extractive": pipeline}), retrieve, judge, None)
    service.add(
        [Article(ArticleInfo("one", title="One"), "The cat sat on the mat, and it was content.")]
    )
    return service


class Failing:
    """Writes some tokens, then raises."""

    def __init__(self, error: Exception, after: int = 1) -> None:
        self.error = error
        self.after = after

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        for _ in range(self.after):
            yield Token("The cat ")
        raise self.error


class Waiting:
    """Writes a token, then waits until it is released or cancelled; then `closed` is set."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.closed = threading.Event()
        self._release: list[Callable[[], object]] = []

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        released = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._release.append(lambda: loop.call_soon_threadsafe(released.set))
        try:
            yield Token("The cat sat")
            self.started.release()
            await released.wait()
            yield Reply(answered=False, text="The cat sat")
        finally:
            self.closed.set()

    def release(self) -> None:
        for each in self._release:
            each()


class Talking:
    """Writes tokens until it is cancelled; then `closed` is set."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        try:
            while True:
                yield Token("word " * 1_000)
        finally:
            self.closed.set()
