"""What commands have in common: the consoles, the library they open, and how they fail."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

from qa.cli.output import printable
from qa.default_collection import DEFAULT_COLLECTION
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.library import Library
    from vectorstore.engine import IndexInUse

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def open_for(settings: Settings) -> Iterator["Library"]:
    """The library of these settings, closed at the end; tells the user if it has to wait."""
    from qa.connect import open_library

    library = open_library(settings, say_waiting)
    try:
        yield library
    finally:
        library.close()


def say_waiting(busy: "IndexInUse") -> None:
    user = "another process" if busy.owner.pid is None else f"process {busy.owner.pid}"
    err.print(
        f"The index in {busy.folder} is in use by {user}. Waiting for it to finish.", markup=False
    )


def say_if_empty(library: "Library", settings: Settings) -> bool:
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
