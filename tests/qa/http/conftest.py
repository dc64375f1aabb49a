"""Services with scripted answers, or with lower limits."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from openai import OpenAI

from qa.http.app import create_app
from qa.http.limits import Limits
from qa.types import Answerer
from tests.openai_server import Deed, Say
from tests.qa.http.openai_front import Front, Fronting
from tests.qa.http.scripted import service_over
from tests.qa.llm_service import FALSE, TRUE, answering
from tests.qa.serving import Served, running


class Serve(Protocol):
    def __call__(self, answerer: Answerer, **options: Any) -> Served:
        """Serves the answerer; `options` are those of `create_app`."""


@pytest.fixture(scope="session")
def small_limit(served: Served) -> Iterator[httpx.Client]:
    """The service, with a limit of 100,000 bytes on every route."""
    app = create_app(served.service, limits=Limits(question_bytes=100_000, articles_bytes=100_000))
    with running(app) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield http


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves a given answerer over an index with one article."""
    with ExitStack() as until_the_end:

        def serve_it(answerer: Answerer, **options: Any) -> Served:
            service = service_over(tmp_path / "index", answerer)
            until_the_end.callback(service.close)
            url = until_the_end.enter_context(running(create_app(service, **options)))
            http = until_the_end.enter_context(httpx.Client(base_url=url, timeout=30))
            return Served(url, http, service, tmp_path / "index")

        yield serve_it


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Fronting]:
    """Serves a chat model that does the given deeds, and connects the OpenAI client to it."""
    with ExitStack() as until_the_end:

        def front_of(*deeds: Deed, **settings: Any) -> Front:
            made = answering(tmp_path / "index", deeds or [Say(f"{TRUE} {FALSE}")], **settings)
            served = until_the_end.enter_context(made)
            base_url = f"{served.served.url}/v1"
            client = OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=60)
            return Front(until_the_end.enter_context(client), served)

        yield front_of
