"""POST /reindex: another model, while questions are answered."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.http_client import Client, ServiceError
from qa.keys import KeyFile, KeyRing, write_local_key
from qa.service import Service
from tests.qa.http.scripted import Failing, service_over
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore import reindexing
from vectorstore.bundled_model import EmbeddingModelError
from vectorstore.ingest import Progress
from vectorstore.types import Article, ArticleInfo, Embedder

SECONDS = 30.0
ARTICLES = [Article(ArticleInfo(f"{n}"), f"The cat number {n} sat on a mat.") for n in range(6)]


def made(model: str) -> Embedder:
    if model == "nothing":
        raise EmbeddingModelError("The embedding model 'nothing' could not be read.")
    return HashingEmbedder(model, dimension=48)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(reindexing, "PASSAGES_EMBEDDED_AT_ONCE", 2)
    monkeypatch.setattr(reindexing, "FEW_LEFT", 0)
    service = service_over(tmp_path / "index", Failing(RuntimeError()))
    service._make_embedder = made
    service.add(ARTICLES)
    yield service
    service.close()


@pytest.fixture
def local(service: Service) -> Iterator[Served]:
    with running(create_app(service)) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield Served(url, http, service, service.store.folder)


def test_it_is_embedded_anew_while_it_is_searched(local: Served) -> None:
    told: list[Progress] = []
    found: list[int] = []

    def on_progress(progress: Progress) -> None:
        told.append(progress)
        found.append(len(local.http.get("/search", params={"q": "cat 3"}).json()["passages"]))

    with Client(local.url) as client:
        report = client.reindex("another", on_progress)
    assert (report.model, report.passages, report.embedded) == ("another", 7, 7)
    assert [each.done for each in told] == [2, 4, 6, 7]
    assert found == [7] * 4
    assert local.service.store.embedder.name == "another"
    assert local.service.inspect().agrees
    assert local.http.get("/search", params={"q": "cat 3"}).json()["passages"]


def test_a_model_that_cannot_be_used_is_a_problem(local: Served) -> None:
    refused = local.http.post("/reindex", json={"model": "nothing"})
    assert "could not be read" in assert_problem(refused, 422)
    with Client(local.url) as client, pytest.raises(ServiceError, match="hashing already"):
        client.reindex("hashing")
    assert local.service.store.embedder.name == "hashing"


def test_a_client_that_disconnects_leaves_the_model_in_use(
    local: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding, gone, ended = threading.Event(), threading.Event(), threading.Event()

    class Slow(HashingEmbedder):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            if len(texts) > 1:
                embedding.set()
                assert gone.wait(SECONDS)
            return super().embed(texts)

    monkeypatch.setattr(local.service, "_make_embedder", lambda model: Slow(model, dimension=48))
    run = local.service._reindexing._run

    def run_and_tell(*arguments):  # type: ignore[no-untyped-def]
        try:
            return run(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(local.service._reindexing, "_run", run_and_tell)
    with (
        httpx.Client(base_url=local.url, timeout=60) as other,
        other.stream("POST", "/reindex", json={"model": "slow"}) as response,
    ):
        assert response.status_code == 200
        assert embedding.wait(SECONDS)
    gone.set()
    assert ended.wait(SECONDS)
    assert local.service.store.embedder.name == "hashing"
    assert local.service.inspect().agrees


def test_only_this_machine_chooses_a_model(service: Service, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    secret = file.add("desk", "change")
    local = write_local_key(tmp_path)
    keys = KeyRing((local,), file)
    control = AccessControl(keys, "none", "none")
    app = create_app(service, is_local=False, control=control)
    with running(app) as url, httpx.Client(base_url=url, timeout=60) as http:
        headers = {"Authorization": f"Bearer {secret}"}
        refused = http.post("/reindex", json={"model": "another"}, headers=headers)
        assert "qa reindex --model MODEL" in assert_problem(refused, 403)
        refused = http.post("/restored", headers=headers)
        assert "qa restore FILE" in assert_problem(refused, 403)
        with Client(url, (tmp_path / "local-key").read_text()) as client:
            assert client.reindex("another").embedded == 7
