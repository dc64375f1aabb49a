"""An article's metadata from the loosely typed mapping that a file holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from vectorstore.readers.publication_date import parse_published
from vectorstore.types import Metadata

_TITLE = ("title", "headline")
_PUBLISHED = ("published", "date", "published_at", "date_published", "datePublished")
_SOURCE = ("source", "publisher", "site")
_AUTHOR = ("author", "authors", "byline")
_URL = ("url", "link", "canonical", "canonical_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMetadata(Metadata):
    """What a file says about its article, including its id, if any."""

    id: str | None = None


def file_metadata(given: Mapping[str, object]) -> FileMetadata:
    """The metadata in `given` under the usual names; a value that is empty or of another type
    counts as missing."""
    return FileMetadata(
        id=_words(given.get("id")),
        title=_first(given, _TITLE) or "",
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
    """A string, a number, a list of names, or an object with a `name`, on one line."""
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
    """`value` on one line, without characters that cannot be stored or shown; None if empty."""
    if not value:
        return None
    storable = value.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(c if c.isprintable() else " " for c in storable)
    return " ".join(printable.split()) or None


def web_address(value: object) -> str | None:
    """`value` if it is a complete http or https address: anything else is not safe to link to."""
    if not isinstance(value, str) or len(value) > 2_000:
        return None
    address = value.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    whole = parts.scheme in ("http", "https") and parts.netloc
    return address if whole and address.isprintable() and " " not in address else None


def at_address(about: FileMetadata, address: str) -> FileMetadata:
    """The metadata of an article that was found at `address`.

    The address that a page states for itself counts only within its own site: no page can take the
    place of another site's article.
    """
    own = about.url if about.url and _host(about.url) == _host(address) else None
    return replace(about, url=own or address, id=None)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
