"""The collections' folders: DATA/collections/NAME, and DATA itself for the default one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from qa.collections.collection_name import (
    CollectionProblem,
    NameTaken,
    NoSuchCollection,
    check_new_name,
    is_collection_name,
)
from qa.default_collection import DEFAULT_COLLECTION
from qa.keys import KeyFile, write_privately
from qa.schemas import CollectionInfo
from qa.settings import Settings
from qa.storage_failures import told_as_sentences

FOLDER = "collections"
INFO_FILE = "collection.json"
MOST_COLLECTIONS = 1_000
LONGEST_DESCRIPTION = 500

INFO = TypeAdapter(CollectionInfo)


class CollectionFolders:
    """The collections of a data folder, as they are on disk. Other processes may change them.

    Methods raise NoSuchCollection, CollectionProblem, and StorageFailed if the disk fails. Keys
    follow a collection to its new name, and no longer apply to one that is removed.
    """

    def __init__(self, data: Path, keys: KeyFile) -> None:
        self._data = data
        self._keys = keys

    @classmethod
    def of(cls, settings: Settings) -> "CollectionFolders":
        return cls(settings.data, KeyFile(settings.path_of_keys))

    def folder(self, name: str) -> Path:
        """Where the index of a collection is, or would be."""
        if name == DEFAULT_COLLECTION:
            return self._data
        if not is_collection_name(name):  # it could lead out of the folder
            raise self._missing(name)
        return self._data / FOLDER / name

    def has(self, name: str) -> bool:
        if name == DEFAULT_COLLECTION:
            return True
        return is_collection_name(name) and (self.folder(name) / INFO_FILE).is_file()

    def names(self) -> tuple[str, ...]:
        """The default one first, then by name."""
        try:
            others = sorted(each.name for each in (self._data / FOLDER).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            others = []
        return (
            DEFAULT_COLLECTION,
            *(each for each in others if each != DEFAULT_COLLECTION and self.has(each)),
        )

    def info(self, name: str) -> CollectionInfo:
        if name == DEFAULT_COLLECTION:
            return CollectionInfo()
        path = self.folder(name) / INFO_FILE
        try:
            return replace(INFO.validate_json(path.read_bytes()), name=name)
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing(name) from None
        except (OSError, ValidationError) as error:
            raise CollectionProblem(
                f"The settings of the collection {name!r} cannot be read. Restore {path}, or write "
                "{} into it for the defaults."
            ) from error

    def list(self) -> tuple[CollectionInfo, ...]:
        found = []
        for name in self.names():
            with suppress(NoSuchCollection):  # removed meanwhile
                found.append(self.info(name))
        return tuple(found)

    def add(self, info: CollectionInfo) -> None:
        """Raises NameTaken."""
        check_new_name(info.name)
        _check_description(info)
        with told_as_sentences(self._data), self._changing():
            self._refuse_taken(info.name)
            if len(self.names()) > MOST_COLLECTIONS:
                raise CollectionProblem(
                    f"There are {MOST_COLLECTIONS:,} collections already. Remove one first."
                )
            made = Path(tempfile.mkdtemp(dir=self._data / FOLDER, prefix=".new-"))
            write_privately(made / INFO_FILE, INFO.dump_json(info, indent=2))
            made.rename(self.folder(info.name))

    def change(self, name: str, new: CollectionInfo) -> None:
        """Raises NameTaken."""
        self._refuse_default(name)
        old = self.info(name)
        if new.embedding_model != old.embedding_model:
            raise CollectionProblem(
                "The embedding model of a collection is changed with "
                f"`qa reindex --collection {name} --model MODEL`."
            )
        _check_description(new)
        with told_as_sentences(self._data), self._changing(), self._locked(name):
            if new.name != name:
                check_new_name(new.name)
                self._refuse_taken(new.name)
            write_privately(self.folder(name) / INFO_FILE, INFO.dump_json(new, indent=2))
            if new.name != name:
                # If interrupted in between, keys open no collection rather than another one.
                self._keys.rename_collection(name, new.name)
                self.folder(name).rename(self.folder(new.name))

    def keep_model(self, name: str, model: str) -> None:
        """Record the embedding model that a collection's index was re-embedded with, for whoever
        opens it next."""
        info = replace(self.info(name), embedding_model=model)
        with told_as_sentences(self._data), self._changing():
            write_privately(self.folder(name) / INFO_FILE, INFO.dump_json(info, indent=2))

    def remove(self, name: str) -> None:
        """Remove a collection with its articles."""
        self._refuse_default(name)
        self.info(name)
        with told_as_sentences(self._data), self._changing():
            with self._locked(name):
                self._keys.rename_collection(name, None)
                removed = Path(tempfile.mkdtemp(dir=self._data / FOLDER, prefix=".removed-"))
                self.folder(name).rename(removed / name)
            shutil.rmtree(removed)

    def _missing(self, name: str) -> NoSuchCollection:
        return NoSuchCollection(name, self.names())

    def _refuse_default(self, name: str) -> None:
        if name == DEFAULT_COLLECTION:
            raise CollectionProblem(
                "The default collection is the data folder itself: it has no other name, and "
                "cannot be removed. Remove its articles instead."
            )

    def _refuse_taken(self, name: str) -> None:
        if self.folder(name).exists():
            raise NameTaken(f"There is a collection {name!r} already. Choose another name.")

    def _changing(self) -> FileLock:
        (self._data / FOLDER).mkdir(parents=True, exist_ok=True)
        return FileLock(self._data / FOLDER / ".lock")

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Keeps every process from opening the index while its folder moves."""
        lock = FileLock(self.folder(name) / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise CollectionProblem(
                f"The collection {name!r} is in use by another process. Wait for it to finish."
            ) from None
        try:
            yield
        finally:
            lock.release()


def settings_of(settings: Settings, info: CollectionInfo) -> Settings:
    """The settings of a collection: those of the service, overridden by its own. A named collection
    is in a folder, even if the default one is on servers."""
    if info.name == DEFAULT_COLLECTION:
        return settings
    return settings.model_copy(
        update={
            "collection": info.name,
            "data": settings.data / FOLDER / info.name,
            "database_url": None,
            "chroma_url": None,
            "keys_file": settings.path_of_keys,
            "embedding_model": info.embedding_model or settings.embedding_model,
            "model": settings.model if info.chat_model else None,
            "checker": "bundled" if _asks_in_vain(settings, info) else settings.checker,
        }
    )


def _asks_in_vain(settings: Settings, info: CollectionInfo) -> bool:
    return settings.checker == "llm" and not info.chat_model


def _check_description(info: CollectionInfo) -> None:
    if len(info.description) > LONGEST_DESCRIPTION:
        raise CollectionProblem(f"A description has at most {LONGEST_DESCRIPTION} characters.")
