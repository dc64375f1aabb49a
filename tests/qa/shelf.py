"""A service with several collections, in which each has an article that no other has."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from qa.collections.service_pool import MOST_OPEN, ServicePool
from qa.composition import build_pool
from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.keys import KeyFile, KeyRing
from qa.schemas import CollectionInfo
from qa.settings import read_settings
from tests.qa.serving import running
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Article, ArticleInfo

LIGHT = {"checker": "rules", "reader": "none"}
"""Settings that need no model."""
TEXTS = {
    "default": "Harbor pilots earned 100 dollars on Monday.",
    "a": "Harbor pilots earned 200 dollars on Tuesday.",
    "b": "Harbor pilots earned 300 dollars on Wednesday.",
}
PHRASES = {"default": "100 dollars", "a": "200 dollars", "b": "300 dollars"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """`http` sends no key; `keys` are those of a service that needs them."""

    url: str
    http: httpx.Client
    pool: ServicePool
    keys: KeyFile
    folder: Path

    def key(self, name: str, *collections: str, scope: str = "read") -> dict[str, str]:
        """The header of a new key for these collections, or all."""
        secret = self.keys.add(name, scope, collections)  # type: ignore[arg-type]  # a scope
        return {"Authorization": f"Bearer {secret}"}


def article_of(collection: str) -> Article:
    info = ArticleInfo(f"only-{collection}", title=f"Pay in {collection}")
    return Article(info, TEXTS[collection])


@contextmanager
def shelf_in(
    folder: Path,
    *,
    keyed: bool = False,
    infos: Sequence[CollectionInfo] = (CollectionInfo("a"), CollectionInfo("b")),
    key_rate: str = "none",
    most_open: int = MOST_OPEN,
    **settings: Any,
) -> Iterator[Shelf]:
    """The default collection and those of `infos`, each with its article."""
    with ExitStack() as until_the_end:
        read = read_settings(data=folder, **{**LIGHT, **settings})
        pool = build_pool(read, HashingEmbedder(), most_open=most_open)
        until_the_end.callback(pool.close)
        for info in infos:
            pool.add(info)
        for name in pool.names():
            with pool.using(name) as service:
                service.add([article_of(name)])
        keys = KeyFile(read.path_of_keys)
        control = AccessControl(KeyRing((), keys), key_rate, "none") if keyed else None
        app = create_app(pool.default, pool=pool, control=control)
        url = until_the_end.enter_context(running(app))
        http = until_the_end.enter_context(httpx.Client(base_url=url, timeout=60))
        yield Shelf(url, http, pool, keys, folder)
