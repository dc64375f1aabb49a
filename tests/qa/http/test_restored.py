"""POST /restored and POST /reindex of collections: an index is replaced while it is served."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from qa.http_client import Client, ServiceError
from qa.schemas import CollectionInfo
from tests.qa.http.shapes import assert_problem
from tests.qa.shelf import PHRASES, Shelf, article_of, shelf_in
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore import backup
from vectorstore.store import Store


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr("qa.composition.embedder_for", partial(HashingEmbedder, dimension=48))
    with shelf_in(tmp_path / "data", infos=[CollectionInfo("a")]) as shelf:
        yield shelf


def found(shelf: Shelf, collection: str) -> str:
    path = "/search" if collection == "default" else f"/collections/{collection}/search"
    passages = shelf.http.get(path, params={"q": "pilots"}).raise_for_status().json()["passages"]
    return " ".join(each["text"] for each in passages)


@pytest.mark.parametrize("name", ["default", "a"])
def test_a_restored_index_takes_the_place_of_the_one_that_is_served(
    shelf: Shelf, tmp_path: Path, name: str
) -> None:
    path = "" if name == "default" else f"/collections/{name}"
    with shelf.pool.using(name) as service:
        folder, embedder = service.store.folder, service.store.embedder
    refused = shelf.http.post(f"{path}/restored")
    assert "qa restore FILE" in assert_problem(refused, 409)
    backup.back_up(folder, tmp_path / "b.zip")
    shelf.http.delete(f"{path}/articles/only-{name}").raise_for_status()
    assert found(shelf, name) == ""

    another = HashingEmbedder("another", dimension=48)
    backup.prepare_restore(tmp_path / "b.zip", folder, another)
    refused = shelf.http.post(f"{path}/restored")
    assert f"QA_EMBEDDING_MODEL={embedder.name}" in assert_problem(refused, 409)

    backup.prepare_restore(tmp_path / "b.zip", folder, embedder)
    with Client(f"{shelf.url}{path}") as client:
        client.take_in_restored()
    assert PHRASES[name] in found(shelf, name)
    with shelf.pool.using(name) as service:
        assert service.readiness().reason is None
        service.add([article_of("b")])
        assert service.inspect().agrees


def test_a_collection_with_a_name_is_embedded_anew_and_opened_with_its_model(
    shelf: Shelf,
) -> None:
    with Client(f"{shelf.url}/collections/a") as client:
        assert client.reindex("another").embedded == 1
        with pytest.raises(ServiceError, match="another already"):
            client.reindex("another")
    assert shelf.pool.info("a").embedding_model == "another"
    shelf.pool.reopen("a")
    assert PHRASES["a"] in found(shelf, "a")
    with shelf.pool.using("a") as service:
        assert service.store.embedder.name == "another"
    with shelf.pool.using("default") as service:
        assert service.store.embedder.name == "hashing"


def test_the_default_collection_keeps_the_model_that_it_was_embedded_with(shelf: Shelf) -> None:
    with Client(shelf.url) as client:
        client.reindex("another")
    shelf.pool.reopen("default")
    assert PHRASES["default"] in found(shelf, "default")
    folder = shelf.pool.default.store.folder
    shelf.pool.close()
    Store(folder, HashingEmbedder("another", dimension=48)).close()
