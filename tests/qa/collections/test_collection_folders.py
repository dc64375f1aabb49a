"""The folders of collections, and the settings that each has of its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from qa.collections.collection_folders import CollectionFolders, settings_of
from qa.collections.collection_name import CollectionProblem, NameTaken, NoSuchCollection
from qa.keys import KeyFile, KeyRing
from qa.schemas import CollectionInfo
from qa.settings import Settings, read_settings


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def folders(tmp_path: Path, keys: KeyFile) -> CollectionFolders:
    return CollectionFolders(tmp_path, keys)


def test_there_is_always_the_default_collection(folders: CollectionFolders) -> None:
    assert folders.list() == (CollectionInfo("default"),)


def test_collections_are_listed_by_name_after_the_default_one(folders: CollectionFolders) -> None:
    private = CollectionInfo("b", "Ours", "some/model", chat_model=False)
    for info in (private, CollectionInfo("a")):
        folders.add(info)
    assert folders.list() == (CollectionInfo(), CollectionInfo("a"), private)


def test_a_folder_that_somebody_else_put_there_is_no_collection(
    folders: CollectionFolders, tmp_path: Path
) -> None:
    (tmp_path / "collections" / "stray").mkdir(parents=True)
    assert folders.names() == ("default",)
    with pytest.raises(NameTaken):
        folders.add(CollectionInfo("stray"))


def test_settings_that_cannot_be_read_are_said(folders: CollectionFolders, tmp_path: Path) -> None:
    folders.add(CollectionInfo("a"))
    path = tmp_path / "collections" / "a" / "collection.json"
    path.write_text("{")
    with pytest.raises(CollectionProblem, match="Restore"):
        folders.info("a")
    path.write_text("{}")
    assert folders.info("a") == CollectionInfo("a")


def test_an_index_that_is_open_is_neither_moved_nor_removed(folders: CollectionFolders) -> None:
    folders.add(CollectionInfo("a"))
    with FileLock(folders.folder("a") / "lock"):
        with pytest.raises(CollectionProblem, match="in use"):
            folders.remove("a")
        with pytest.raises(CollectionProblem, match="in use"):
            folders.change("a", CollectionInfo("b"))
    assert folders.names() == ("default", "a")
    folders.change("a", CollectionInfo("b"))
    assert folders.names() == ("default", "b")


def test_the_embedding_model_of_an_index_stays(folders: CollectionFolders) -> None:
    folders.add(CollectionInfo("a"))
    with pytest.raises(CollectionProblem, match="qa reindex --collection a"):
        folders.change("a", CollectionInfo("a", embedding_model="other"))


def test_a_key_is_for_what_it_names(folders: CollectionFolders, keys: KeyFile) -> None:
    folders.add(CollectionInfo("a"))
    folders.add(CollectionInfo("b"))
    secret, for_all = keys.add("both", "read", ["a", "b"]), keys.add("all", "read")
    ring = KeyRing((), keys)

    def may(name: str, given: str = secret) -> bool:
        key = ring.find(given)
        return key is not None and key.may_use(name)

    assert (may("a"), may("b"), may("default"), may("c")) == (True, True, False, False)
    folders.change("a", replace(folders.info("a"), name="c"))
    assert (may("a"), may("b"), may("c")) == (False, True, True)
    folders.remove("b")
    folders.remove("c")
    assert not any(may(name) for name in "abc")
    assert all(may(name, for_all) for name in ("default", "a"))


def test_keys_of_an_earlier_version_are_for_everything(keys: KeyFile) -> None:
    secret = keys.add("old", "read")
    keys.path.write_text(keys.path.read_text().replace('"collections": null', '"revoked": false'))
    key = KeyRing((), keys).find(secret)
    assert key is not None
    assert key.may_use("anything")


def test_a_collection_has_the_settings_of_the_service_but_for_its_own(tmp_path: Path) -> None:
    settings = read_settings(data=tmp_path, model="openai:m", checker="llm")
    own = settings_of(settings, CollectionInfo("a", embedding_model="m"))
    assert (own.data, own.embedding_model) == (tmp_path / "collections" / "a", "m")
    assert (own.model, own.checker) == ("openai:m", "llm")
    assert own.path_of_keys == settings.path_of_keys
    private = settings_of(settings, CollectionInfo("a", chat_model=False))
    assert (private.model, private.checker) == (None, "bundled")
    assert private.embedding_model == settings.embedding_model
    assert settings_of(settings, CollectionInfo()) is settings


def test_a_collection_with_a_name_is_not_on_the_servers_of_the_default_one(tmp_path: Path) -> None:
    settings = read_settings(
        data=tmp_path, database_url="postgresql://127.0.0.1/a", chroma_url="http://127.0.0.1:1"
    )
    own = settings_of(settings, CollectionInfo("a"))
    assert (own.database_url, own.chroma_url) == (None, None)


OWN = {
    "collection", "data", "database_url", "chroma_url", "keys_file", "embedding_model", "model",
    "checker",
}  # fmt: skip
OF_THE_SERVICE = {
    "host", "port", "hosts", "api_keys", "key_rate", "address_rate", "cors_origins",
    "trusted_proxies", "model_base_url", "model_api_key", "model_timeout", "model_prices",
    "model_concurrency", "unsupported", "reader", "reranker", "reading_seconds", "keep_all",
    "fetch_allow", "follow_minutes", "log", "otel_endpoint", "trace_questions", "cache",
    "answer_days", "answer_language", "answer_length", "answer_tone", "prompts",
}  # fmt: skip


def test_of_every_setting_it_is_known_whether_collections_share_it() -> None:
    """One that says where an index is kept must not be shared: they would see each other."""
    assert set(Settings.model_fields) == OWN | OF_THE_SERVICE


@pytest.mark.parametrize("name", ["..", "../..", "/etc", "a/b", "A", ""])
def test_no_name_leads_out_of_the_folder(folders: CollectionFolders, name: str) -> None:
    assert not folders.has(name)
    with pytest.raises(NoSuchCollection):
        folders.folder(name)
