"""Opens what the flags name: a temporary index of articles, or a running service."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console

from qa.answering.dated_quotes import TimelineEntry
from qa.answering.llm.provider import make_chat_model
from qa.cli.output import ingest_progress
from qa.composition import build_service
from qa.evaluation.command_line import Target
from qa.evaluation.evaluate import OpenedTarget
from qa.evaluation.llm_judge import make_judge
from qa.evaluation.openai_system import (
    SECONDS,
    OpenAISystem,
    can_be_asked,
    chat_service,
    is_of_openai,
)
from qa.evaluation.runner import Asking, Judge
from qa.evaluation.system import AskError, System
from qa.http_client import Client
from qa.library import Library
from qa.schemas import WholeArticle
from qa.settings import Settings, read_settings, settings_of_another_index
from qa.types import Answer, PassageResult, Question
from vectorstore.errors import UserError
from vectorstore.readers import read_articles
from vectorstore.types import Article, Filters

UNHURRIED = 60.0
"""Seconds to read passages in."""

err = Console(stderr=True, highlight=False, soft_wrap=True)


class EmptyCollectionError(UserError):
    """There are no articles to evaluate on."""


class LibrarySystem:
    """Adapts a library to `System`: a UserError fails one question, not the run."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._article = lru_cache(maxsize=None)(self._read_article)

    def ask(self, question: Question) -> Answer:
        try:
            return self._library.ask(question)
        except UserError as error:
            raise AskError(str(error)) from error

    def search(self, query: str, k: int, filters: Filters) -> tuple[PassageResult, ...]:
        try:
            return self._library.search(query, k, filters, rerank=True)
        except UserError as error:
            raise AskError(str(error)) from error

    def timeline(self, about: str) -> tuple[TimelineEntry, ...]:
        return self._library.timeline(about).entries

    def article_text(self, article_id: str) -> str:
        return self._article(article_id).text

    def copies_of(self, article_id: str) -> frozenset[str]:
        return frozenset(each.id for each in self._article(article_id).copies)

    def _read_article(self, article_id: str) -> WholeArticle:
        article = self._library.article(article_id)
        if article is None:
            raise LookupError(article_id)
        return article


def open_target(target: Target) -> OpenedTarget:
    """Raises UserError if the target cannot be opened."""
    settings = read_settings()
    if target.url is not None and is_of_openai(target.url):
        return _open_chat(target, target.url, settings)
    if target.url is not None:
        return _open_service(target, target.url, settings)
    return _open_articles(target, target.articles, settings)


def _open_articles(target: Target, folder: Path, settings: Settings) -> OpenedTarget:
    articles = read(folder)
    texts = {article.id: article.text for article in articles}
    contents = sorted((article.id, article.content_hash) for article in articles)
    plan = replace(
        target.plan,
        articles=f"{len(articles):,} from {folder}",
        articles_key=sha256(repr((contents, settings)).encode()).hexdigest(),
        answerer=target.plan.answerer or ("llm" if settings.model else "extractive"),
        model=settings.model,
        judge=settings.model if target.judge else None,
    )
    asking = Asking(plan.passages, plan.answerer, _judge(target, settings))
    return OpenedTarget(
        plan, asking, texts.__getitem__, lambda: temporary_index(articles, settings)
    )


def _open_service(target: Target, url: str, settings: Settings) -> OpenedTarget:
    with Client(url, target.key) as looking:
        collection = looking.collection()
    if not collection.articles:
        raise EmptyCollectionError(
            f"The service at {url} has no articles; add some: qa ingest PATH."
        )
    plan = replace(
        target.plan,
        articles=f"{collection.articles:,} at {url}",
        articles_key=f"{url} {collection.articles} {collection.passages}",
        answerer=target.plan.answerer or ("llm" if collection.model else "extractive"),
        model=collection.model,
        judge=settings.model if target.judge else None,
    )
    asking = Asking(plan.passages, plan.answerer, _judge(target, settings))
    client = Client(url, target.key)
    system = LibrarySystem(client)
    return OpenedTarget(plan, asking, system.article_text, lambda: _closing(client, system))


def _open_chat(target: Target, url: str, settings: Settings) -> OpenedTarget:
    articles = read(target.articles)
    texts = {article.id: article.text for article in articles}
    with _chat_client(target, url) as looking:
        service = chat_service(looking, url, target.model, target.declines)
    plan = replace(
        target.plan,
        articles=f"{len(articles):,} from {target.articles}, asked at {url}",
        articles_key=repr(service),
        answerer="llm",
        model=service.model,
        judge=settings.model if target.judge else None,
    )
    asking = Asking(plan.passages, None, _judge(target, settings))

    @contextmanager
    def build() -> Iterator[System]:
        with _chat_client(target, url) as http:
            yield OpenAISystem(service, http, texts.__getitem__)

    return OpenedTarget(plan, asking, texts.__getitem__, build, can_be_asked)


def _chat_client(target: Target, url: str) -> httpx.Client:
    headers = {} if target.key is None else {"Authorization": f"Bearer {target.key}"}
    base_url = f"{url.rstrip('/')}/"
    return httpx.Client(base_url=base_url, headers=headers, timeout=SECONDS, trust_env=False)


def read(folder: Path) -> tuple[Article, ...]:
    """The articles of a folder or file; those that cannot be read are reported and left out."""
    articles: list[Article] = []
    for each in read_articles([folder]):
        if isinstance(each, Article):
            articles.append(each)
        else:
            err.print(f"Left out: {each.where} {each.reason}.", markup=False)
    if not articles:
        raise EmptyCollectionError(
            f"There are no articles in {folder}; name a file or folder of them with --articles."
        )
    return tuple(articles)


@contextmanager
def temporary_index(articles: Sequence[Article], settings: Settings) -> Iterator[System]:
    """A service over these articles alone; its index is removed afterwards."""
    with TemporaryDirectory(prefix="article-qa-") as folder:
        service = build_service(temporary_settings(settings, folder))
        try:
            with ingest_progress(err, len(articles)) as on_progress:
                service.add(articles, on_progress)
            # The first question should not pay for loading the model.
            service.load()
            yield LibrarySystem(service)
        finally:
            service.close()


def temporary_settings(settings: Settings, folder: str) -> Settings:
    """The same for an index in a temporary folder. Without a QA_READING_SECONDS every passage is
    read, so that a slow machine changes no figure but times."""
    own = settings_of_another_index(settings, folder, None).model_copy(update={"cache": 0})
    if "reading_seconds" in settings.model_fields_set:
        return own
    return own.model_copy(update={"reading_seconds": UNHURRIED})


@contextmanager
def _closing(client: Client, system: System) -> Iterator[System]:
    with client:
        yield system


def _judge(target: Target, settings: Settings) -> Judge | None:
    return make_judge(make_chat_model(settings)) if target.judge else None
