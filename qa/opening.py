"""Which process answers: the one that has the index open, or else this one.

An index is for one process at a time. So a command that finds it served speaks to that service,
and one that finds it in use waits its turn.
"""

import time
from collections.abc import Callable

from qa.client import Client
from qa.composition import build_service
from qa.library import Library
from qa.settings import Settings
from vectorstore.store import IndexInUse, read_owner

SECONDS_BETWEEN_LOOKS = 0.5


def open_library(
    settings: Settings, on_wait: Callable[[IndexInUse], None], patience: float = 600.0
) -> Library:
    """The library of these settings, wherever it is open.

    `on_wait` is called once if another process has to finish first. Raises IndexInUse if it has
    not after `patience` seconds, and what `build_service` raises.
    """
    deadline = time.monotonic() + patience
    waiting = False
    while True:
        owner = read_owner(settings.data)
        if owner is not None and owner.url is not None:
            return Client(owner.url)
        try:
            return build_service(settings)
        except IndexInUse as error:
            if error.owner.url is not None:
                continue
            if time.monotonic() > deadline:
                raise
            if not waiting:
                on_wait(error)
            waiting = True
            time.sleep(SECONDS_BETWEEN_LOOKS)
