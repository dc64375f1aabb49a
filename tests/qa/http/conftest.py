"""Services in which something is scripted: what is answered, or how much is read."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from qa.http.app import create_app
from qa.http.limits import Limits
from qa.types import Answerer
from tests.qa.http.scripted import service_over
from tests.qa.serving import Served, running


class Serve(Protocol):
    def __call__(self, answerer: Answerer, **options: Any) -> Served:
        """Serves the answerer; `options` are those of `create_app`."""


@pytest.fixture(scope="session")
def small_limit(served: Served) -> Iterator[httpx.Client]:
    """The service, reading at most 100,000 bytes of a request."""
    app = create_app(served.service, limits=Limits(request_bytes=100_000, articles_bytes=100_000))
    with running(app) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield http


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves an answerer over an index with one article."""
    with ExitStack() as open_until_the_end:

        def serve_it(answerer: Answerer, **options: Any) -> Served:
            service = service_over(tmp_path / "index", answerer)
            open_until_the_end.callback(service.close)
            url = open_until_the_end.enter_context(running(create_app(service, **options)))
            http = open_until_the_end.enter_context(httpx.Client(base_url=url, timeout=30))
            return Served(url, http, service, tmp_path / "index")

        yield serve_it
