"""The real service with a scripted chat model server, over very short articles."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from qa.composition import build_service
from qa.http.app import create_app
from qa.settings import read_settings
from tests.openai_server import Deed, OpenAIServer
from tests.qa.passages import FINE, LOBBY
from tests.qa.serving import Served, running
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Article, ArticleInfo

KEY = "sk-nobody-may-read-this"
MODEL = "openai:scripted"
ARTICLES = (
    Article(ArticleInfo("lobby", title="A lobby loses a member", source="Harbor Desk"), LOBBY),
    Article(ArticleInfo("fine", title="BlockFi pays", url="https://desk.example/fine"), FINE),
)
QUESTION = "When was Binance.US admitted to the Blockchain Association?"
TRUE = "Binance.US was admitted to the Blockchain Association in August 2020 [1]."
FALSE = "BlockFi was admitted in May 1999 [1]."


@dataclass(frozen=True, slots=True)
class Answering:
    """A service, and the model that it asks."""

    served: Served
    model: OpenAIServer

    @property
    def http(self) -> httpx.Client:
        return self.served.http


@contextmanager
def answering(
    folder: Path,
    deeds: Sequence[Deed],
    articles: Sequence[Article] = ARTICLES,
    **settings: object,
) -> Iterator[Answering]:
    """The service with its index in `folder`, served while its model does the `deeds`."""
    with ExitStack() as until_the_end:
        model = until_the_end.enter_context(OpenAIServer(deeds))
        given = {"model": MODEL, "model_base_url": model.url, "model_api_key": KEY, **settings}
        service = build_service(read_settings(data=folder, **given), HashingEmbedder())
        until_the_end.callback(service.close)
        service.add(articles)
        url = until_the_end.enter_context(running(create_app(service)))
        http = until_the_end.enter_context(httpx.Client(base_url=url, timeout=60))
        yield Answering(Served(url, http, service, folder), model)
