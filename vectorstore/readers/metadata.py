"""An article's metadata out of the loosely typed mapping that a file holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from vectorstore.readers.publication_date import parse_published

_TITLE = ("title", "headline")
_PUBLISHED = ("published", "date", "published_at", "date_published", "datePublished")
_SOURCE = ("source", "publisher", "site")
_AUTHOR = ("author", "authors", "byline")
_URL = ("url", "link", "canonical", "canonical_url")


@dataclass(frozen=True, slots=True)
class ReadMetadata:
    id: str | None
    title: str | None
    published: date | None
    source: str | None
    author: str | None
    url: str | None


def read_fields(given: Mapping[str, object]) -> ReadMetadata:
    """What `given` says under the usual names; what is of another type or empty is None."""
    return ReadMetadata(
        id=_words(given.get("id")),
        title=_first(given, _TITLE),
        published=next(
            (day for name in _PUBLISHED if (day := parse_published(given.get(name)))), None
        ),
        source=_first(given, _SOURCE),
        author=_first(given, _AUTHOR),
        url=next((url for name in _URL if (url := web_address(given.get(name)))), None),
    )


def _first(given: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    return next((words for name in names if (words := _words(given.get(name)))), None)


def _words(value: object) -> str | None:
    """A string, a number, a list of names, or an object with a `name`: as one line."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        name = value.get("name")
        return clean(name) if isinstance(name, str) else None
    if isinstance(value, list):
        names = [words for item in value if not isinstance(item, list) and (words := _words(item))]
        return ", ".join(names) or None
    return None


def clean(value: str | None) -> str | None:
    """On one line, and only characters that can be stored and shown; None when none are left."""
    if not value:
        return None
    storable = value.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(c if c.isprintable() else " " for c in storable)
    return " ".join(printable.split()) or None


def web_address(value: object) -> str | None:
    """`value` if it is a whole address on the web: what else it may be is not to be followed."""
    if not isinstance(value, str) or len(value) > 2_000:
        return None
    address = value.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    whole = parts.scheme in ("http", "https") and parts.netloc
    return address if whole and address.isprintable() and " " not in address else None
