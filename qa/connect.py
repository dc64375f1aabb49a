"""Connects a command to the index: over HTTP to the service that has it open, or else directly.

Only one process at a time can have an index open. If a service has it, the command talks to that
service over HTTP; if another process has it, the command waits until it is free.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from qa.http_client import Client
from qa.keys import read_local_key
from qa.library import Library
from qa.settings import Settings, SettingsError
from vectorstore.engine import IndexInUse, read_owner
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.service import Service

# Even looking up the owner of an index takes its lock for a moment, so the first retries are quick
# and silent.
QUICK_ATTEMPTS = 4
SECONDS_BETWEEN_QUICK_ATTEMPTS = 0.05
SECONDS_BETWEEN_ATTEMPTS = 0.5

OnWait = Callable[[IndexInUse], None]
Opened = TypeVar("Opened")


class AlreadyServed(UserError):
    """A running service has the index open, so that the command cannot run."""


def open_library(settings: Settings, on_wait: OnWait) -> Library:
    """Open the library: a client of the service that has the index open, or a service in-process.

    While another process has the index open without serving it, calls `on_wait` once and waits.
    Raises SettingsError if the index folder cannot be used, and whatever `build_service` raises.
    """

    def open_it() -> Library:
        if (url := served_at(settings)) is not None:
            return Client(url, read_local_key(settings.data))
        from qa.composition import build_service  # slow to import, and a client does not need it

        with _naming_data_setting(settings):
            return build_service(settings)

    return _when_free(open_it, on_wait)


def open_service(settings: Settings, on_wait: OnWait, *, rebuild: bool = False) -> "Service":
    """Open the service in this process. Raises AlreadyServed, and what `open_library` raises."""

    def open_it() -> "Service":
        refuse_if_served(settings)
        from qa.composition import build_service

        with _naming_data_setting(settings):
            return build_service(settings, rebuild=rebuild)

    return _when_free(open_it, on_wait)


def refuse_if_served(settings: Settings) -> None:
    """Raise AlreadyServed if a service has the index open."""
    if (url := served_at(settings)) is not None:
        raise AlreadyServed(
            f"The index in {settings.data} is already served at {url}. Stop that service first."
        )


def served_at(settings: Settings) -> str | None:
    """The URL of the service that has the index open; None if no process has it open, or any may.

    Raises IndexInUse if a process has it open but does not serve it, or not yet.
    """
    if settings.database_url is not None:
        return None
    with _naming_data_setting(settings):
        owner = read_owner(settings.data)
    if owner is None:
        return None
    if owner.url is not None:
        with Client(owner.url) as client:
            if client.is_alive():
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
