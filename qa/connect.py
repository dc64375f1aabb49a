"""Which process answers: the one that has the index open, or else this one.

An index is for one process at a time. So a command that finds it served speaks to that service,
and one that finds it in use waits its turn.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from qa.http_client import Client
from qa.library import Library
from qa.settings import Settings, SettingsError
from vectorstore.errors import UserError
from vectorstore.store import IndexInUse, read_owner

if TYPE_CHECKING:
    from qa.service import Service

# Looking who has an index takes its lock for a moment: that is no reason to say one has to wait.
GLANCES = 4
SECONDS_BETWEEN_GLANCES = 0.05
SECONDS_BETWEEN_LOOKS = 0.5

OnWait = Callable[[IndexInUse], None]
Opened = TypeVar("Opened")


class AlreadyServed(UserError):  # named for what is the case
    """A running service has the index open, and this is nothing that it does."""


def open_library(settings: Settings, on_wait: OnWait) -> Library:
    """The library of these settings, wherever it is open.

    Waits as long as another process has the index open without serving it; `on_wait` is called
    once if so. Raises SettingsError where no index can be, and what `build_service` raises.
    """

    def open_it() -> Library:
        if (url := served_at(settings)) is not None:
            return Client(url)
        from qa.composition import build_service  # takes seconds to import, and a client needs none

        with _folder_of(settings):
            return build_service(settings)

    return _when_free(open_it, on_wait)


def open_service(settings: Settings, on_wait: OnWait, *, rebuild: bool = False) -> "Service":
    """The service in this process. Raises AlreadyServed, and else as `open_library`."""

    def open_it() -> "Service":
        refuse_if_served(settings)
        from qa.composition import build_service

        with _folder_of(settings):
            return build_service(settings, rebuild=rebuild)

    return _when_free(open_it, on_wait)


def refuse_if_served(settings: Settings) -> None:
    """Raises AlreadyServed."""
    if (url := served_at(settings)) is not None:
        raise AlreadyServed(
            f"The index in {settings.data} is served at {url} already. Stop that service first."
        )


def served_at(settings: Settings) -> str | None:
    """Where the index is served, by a service that answers; None if nobody has it open.

    Raises IndexInUse if somebody has, and does not serve it (yet, or any more).
    """
    with _folder_of(settings):
        owner = read_owner(settings.data)
    if owner is None:
        return None
    if owner.url is not None:
        with Client(owner.url) as client:
            if client.answers():
                return owner.url
    raise IndexInUse(settings.data, owner)


def _when_free(open_it: Callable[[], Opened], on_wait: OnWait) -> Opened:
    looks = 0
    while True:
        try:
            return open_it()
        except IndexInUse as error:
            if looks == GLANCES:
                on_wait(error)
        time.sleep(SECONDS_BETWEEN_LOOKS if looks >= GLANCES else SECONDS_BETWEEN_GLANCES)
        looks += 1


@contextmanager
def _folder_of(settings: Settings) -> Iterator[None]:
    """Names the setting where the folder of the index is to blame."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise SettingsError(
            f"QA_DATA is {str(settings.data)!r}, where no index can be: {why}. "
            "Give another folder, with QA_DATA or --data."
        ) from error
