"""A small index over a few sample articles, opened once for all tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qa.composition import build_service
from qa.http.app import create_app
from qa.settings import read_settings
from tests.qa.serving import Served, running
from vectorstore.readers import read_articles
from vectorstore.types import Embedder

SEEDS = Path(__file__).parents[2] / "seeds" / "articles"
HANDFUL = (
    "2021-04-15-coinbase-lists-on-nasdaq.txt",
    "2021-08-07-brooks-quits-binance-us.txt",
    "2022-04-20-binance-us-leaves-lobby.txt",
    "2022-05-19-terra-what-was-lost.md",
    "2022-06-08-lummis-gillibrand-bill.html",
)


@pytest.fixture(scope="session")
def some_articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a handful of articles, in several formats."""
    folder = tmp_path_factory.mktemp("articles")
    for name in HANDFUL:
        shutil.copy(SEEDS / name, folder)
    return folder


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory, some_articles: Path, embedder: Embedder
) -> Iterator[Served]:
    """The real service over `some_articles`. A test that adds to it removes what it added."""
    folder = tmp_path_factory.mktemp("served")
    service = build_service(read_settings(data=folder), embedder)
    service.add(read_articles([some_articles]))
    service.load()
    with running(create_app(service)) as url, httpx.Client(base_url=url, timeout=60) as http:
        service.store.serve_at(url)
        yield Served(url, http, service, folder)
    service.close()


@pytest.fixture
def http(served: Served) -> httpx.Client:
    return served.http


@pytest.fixture
def adding(served: Served) -> Iterator[Served]:
    """The service for a test that adds articles: they are gone afterwards."""
    before = set(served.service.store.catalog.article_ids())
    yield served
    for article_id in set(served.service.store.catalog.article_ids()) - before:
        served.service.remove(article_id)
