"""What a collection may be called, and the errors for one that does not exist.

A name is part of a path on disk, of a URL and of a model's name. So it is made of characters that
stand for themselves in all three, and that no other characters look like.
"""

import re
from collections.abc import Sequence

from qa.default_collection import DEFAULT_COLLECTION
from vectorstore.errors import UserError

LONGEST_NAME = 64
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{n}" for device in ("com", "lpt") for n in range(10)}
)
"""Names that Windows reserves for devices: a folder could not be copied there."""
MOST_NAMED = 20
MOST_SAID_BACK = 100


class CollectionProblem(UserError):
    """A collection cannot be created or changed like this; the message says why."""


class NameTaken(CollectionProblem):
    """There is already a collection of that name."""


class CollectionBusy(UserError):
    """A collection cannot be closed, because requests are still using it."""


class NoSuchCollection(UserError):
    """There is no collection of that name that the key may use; `known` are those it may use."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        said = name if len(name) <= MOST_SAID_BACK else f"{name[:MOST_SAID_BACK]}…"
        named = ", ".join(known[:MOST_NAMED])
        more = f", and {len(known) - MOST_NAMED:,} more" if len(known) > MOST_NAMED else ""
        there_are = f"There are: {named}{more}." if known else "There is none that you may use."
        super().__init__(f"There is no collection {said!r}. {there_are}")


def is_collection_name(name: str) -> bool:
    """Whether a collection may have this name.

    >>> is_collection_name("news-2026"), is_collection_name("../news"), is_collection_name("News")
    (True, False, False)
    """
    return name == DEFAULT_COLLECTION or (NAME.fullmatch(name) is not None and name not in RESERVED)


def check_new_name(name: str) -> None:
    """Raises CollectionProblem if a new collection cannot have this name."""
    if name == DEFAULT_COLLECTION:
        raise NameTaken("The collection 'default' is the data folder itself: it is always there.")
    if not is_collection_name(name):
        raise CollectionProblem(
            f"{name[:MOST_SAID_BACK]!r} cannot be the name of a collection. Use 1 to "
            f"{LONGEST_NAME} of the letters a to z, digits and hyphens, such as news-2026, and no "
            "hyphen first or last."
        )
