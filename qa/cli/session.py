"""What commands share: the consoles, the library they open, and how they fail."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

from qa.cli.output import printable
from qa.default_collection import DEFAULT_COLLECTION

if TYPE_CHECKING:
    from qa.library import Library
    from qa.settings import Settings
    from vectorstore.engine import IndexInUse

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def settings_for(**options: object) -> "Settings":
    """The settings, of which a command's `options` override some. Raises SettingsError."""
    from qa.settings import read_settings

    return read_settings(**options)


@contextmanager
def open_for(settings: "Settings", *, is_made: bool = False) -> Iterator["Library"]:
    """The library for these settings, closed at the end; tells the user if it has to wait.

    A missing index is created only if `is_made`: a command that only reads was given the wrong
    folder.
    """
    from qa.connect import open_library

    if not is_made:
        refuse_if_there_is_none(settings)
    library = open_library(settings, say_waiting)
    try:
        yield library
    finally:
        library.close()


def refuse_if_there_is_none(settings: "Settings") -> None:
    """Exits with code 1 if the folder has no index, or does not exist."""
    from vectorstore.engine import has_index

    is_here = settings.database_url is None and settings.collection == DEFAULT_COLLECTION
    if is_here and not has_index(settings.data):
        folder = str(settings.data)
        fail(
            f"There is no index in {folder!r}. Add articles: qa ingest PATH. If there is one "
            "elsewhere, name its folder with --data or QA_DATA."
        )


def say_waiting(busy: "IndexInUse") -> None:
    user = "another process" if busy.owner.pid is None else f"process {busy.owner.pid}"
    err.print(
        f"The index in {busy.folder} is in use by {user}. Waiting for it to finish.", markup=False
    )


def say_if_empty(library: "Library", settings: "Settings") -> bool:
    """Whether the library has no articles; if so, tells the user what to do."""
    empty = library.collection().articles == 0
    if empty and settings.collection != DEFAULT_COLLECTION:
        name = settings.collection
        err.print(
            f"The collection {name} has no articles. Add some: qa ingest --collection {name} PATH",
            markup=False,
        )
    elif empty:
        on_servers = settings.database_url is not None
        place = "The index on the servers" if on_servers else f"The index in {settings.data}"
        err.print(f"{place} has no articles. Add some: qa ingest PATH", markup=False)
    return empty


def fail(sentence: str) -> NoReturn:
    """Prints the sentence and exits with code 1."""
    err.print(printable(sentence), markup=False)
    sys.exit(1)
