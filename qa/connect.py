"""Connects a command to the index: over HTTP to the service that has it open, or else directly.

Only one process at a time can have an index open. If a service has it, the command talks to that
service over HTTP; if another process has it, the command waits until it is free.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qa.collections.collection_folders import CollectionFolders, settings_of
from qa.default_collection import DEFAULT_COLLECTION
from qa.keys import read_local_key
from qa.library import Collections, Library
from qa.settings import Settings, SettingsError
from vectorstore.engine import IndexInUse, read_owner
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.collections.service_pool import ServicePool
    from qa.http_client import Client
    from qa.service import Service

# Even looking up the owner of an index takes its lock for a moment, so the first retries are quick
# and silent.
QUICK_ATTEMPTS = 4
SECONDS_BETWEEN_QUICK_ATTEMPTS = 0.05
SECONDS_BETWEEN_ATTEMPTS = 0.5

OnWait = Callable[[IndexInUse], None]
Opened = TypeVar("Opened")


class AlreadyServed(UserError):
    """A running service has the index open, so the command cannot run."""


def open_library(settings: Settings, on_wait: OnWait) -> Library:
    """Open the library of the collection that QA_COLLECTION names: a client of the service that has
    it open, or a service in-process.

    While another process has the index open without serving it, calls `on_wait` once and waits.
    Raises SettingsError if the index folder cannot be used, NoSuchCollection, and whatever
    `build_service` raises.
    """

    def open_it() -> Library:
        if (url := _serving(settings)) is not None:
            from qa.http_client import collection_path

            return _client_of(url + collection_path(settings.collection), settings)
        return _opened_here(settings)

    return _when_free(open_it, on_wait)


def settings_of_collection(settings: Settings) -> Settings:
    """The settings of the collection that QA_COLLECTION names. Raises NoSuchCollection."""
    return settings_of(settings, CollectionFolders.of(settings).info(settings.collection))


def open_service(settings: Settings, on_wait: OnWait, *, rebuild: bool = False) -> "Service":
    """Open the service in this process. Raises AlreadyServed, and what `open_library` raises."""

    def open_it() -> "Service":
        if (url := _serving(settings)) is not None:
            raise _already_served(settings, url)
        return _opened_here(settings, rebuild=rebuild)

    return _when_free(open_it, on_wait)


def open_pool(settings: Settings, on_wait: OnWait) -> "ServicePool":
    """Open all collections in this process, to serve them. Raises what `open_service` raises."""

    def open_it() -> "ServicePool":
        refuse_if_served(settings)
        from qa.composition import build_pool

        with _naming_data_setting(settings):
            return build_pool(settings)

    return _when_free(open_it, on_wait)


@contextmanager
def open_collections(settings: Settings) -> Iterator[Collections]:
    """The collections of the data folder: over HTTP if they are served, else on disk."""
    if (url := _serving(settings, waits=False)) is None:
        yield CollectionFolders.of(settings)
        return
    from qa.http_client import CollectionsClient

    with _client_of(url, settings) as client:
        yield CollectionsClient(client)


def _opened_here(settings: Settings, *, rebuild: bool = False) -> "Service":
    from qa.composition import build_service  # slow to import, and a client does not need it

    folders = CollectionFolders.of(settings)
    info = folders.info(settings.collection)
    with _naming_data_setting(settings):
        own = settings_of(settings, info)
        return build_service(own, rebuild=rebuild, info=info, folders=folders)


def refuse_if_served(settings: Settings) -> None:
    """Raise AlreadyServed if a service has the index open."""
    if (url := served_at(settings)) is not None:
        raise _already_served(settings, url)


def _already_served(settings: Settings, url: str) -> AlreadyServed:
    return AlreadyServed(
        f"The index in {settings.data} is already served at {url}. Stop that service first."
    )


def _serving(settings: Settings, *, waits: bool = True) -> str | None:
    """Like `served_at`, for the collection in the settings. A service holds the whole data folder;
    a command holds only its own collection, so the others need not wait for it.

    Raises NoSuchCollection for a name that none can have.
    """
    if settings.database_url is not None:
        return _serving_beside_servers(settings)
    try:
        return served_at(settings)
    except IndexInUse:
        if waits and settings.collection == DEFAULT_COLLECTION:
            raise
        return None


def _serving_beside_servers(settings: Settings) -> str | None:
    """The URL of the service that has a named collection open: it is in a folder, even if the
    default one is on servers, which any number of processes may use."""
    if settings.collection == DEFAULT_COLLECTION:
        return None
    with _naming_data_setting(settings):
        owner = read_owner(CollectionFolders.of(settings).folder(settings.collection))
    if owner is None or owner.url is None:
        return None
    url = owner.url.partition("/collections/")[0]
    return url if _is_alive(url) else None


def _is_alive(url: str) -> bool:
    from qa.http_client import Client

    with Client(url) as client:
        return client.is_alive()


def _client_of(url: str, settings: Settings) -> "Client":
    from qa.http_client import Client  # slow to import, and needed only where a service is running

    return Client(url, read_local_key(settings.data))


def served_at(settings: Settings) -> str | None:
    """The URL of the service that has the index open; None if none has, or any number may.

    Raises IndexInUse if a process has it open but does not serve it (yet).
    """
    if settings.database_url is not None:
        return None
    with _naming_data_setting(settings):
        owner = read_owner(settings.data)
    if owner is None:
        return None
    if owner.url is not None and _is_alive(owner.url):
        return owner.url
    raise IndexInUse(settings.data, owner)


def _when_free(open_it: Callable[[], Opened], on_wait: OnWait) -> Opened:
    attempts = 0
    while True:
        try:
            return open_it()
        except IndexInUse as error:
            if attempts == QUICK_ATTEMPTS:
                on_wait(error)
        time.sleep(
            SECONDS_BETWEEN_ATTEMPTS
            if attempts >= QUICK_ATTEMPTS
            else SECONDS_BETWEEN_QUICK_ATTEMPTS
        )
        attempts += 1


def take_in_restored(settings: Settings, folder: Path, on_wait: OnWait) -> None:
    """Replace the index in `folder` with the one restored beside it: through the service that has
    it open, if there is one.

    Raises ServiceError if the service refuses; the restored index is then removed.
    """
    from vectorstore import backup

    def take_in() -> None:
        try:
            backup.take_in_restored(folder)
        except IndexInUse as error:
            if error.owner.url is None:
                raise
            if not _is_alive(error.owner.url.partition("/collections/")[0]):
                raise
            with _client_of(error.owner.url, settings) as client:
                client.take_in_restored()

    try:
        _when_free(take_in, on_wait)
    except BaseException:
        backup.discard_restored(folder)
        raise


@contextmanager
def _naming_data_setting(settings: Settings) -> Iterator[None]:
    """Turn an OSError from the index folder into a SettingsError that names the setting."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise SettingsError(
            f"QA_DATA is {str(settings.data)!r}, which cannot hold an index: {why}. "
            "Choose another folder with QA_DATA or --data."
        ) from error
