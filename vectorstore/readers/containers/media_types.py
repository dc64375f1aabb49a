"""The format of a file that has a media type and an address instead of a name."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

_SUFFIXES: Mapping[str, str] = {
    "application/epub+zip": ".epub",
    "application/gzip": ".tar.gz",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/warc": ".warc",
    "application/x-ndjson": ".jsonl",
    "application/x-tar": ".tar",
    "application/xhtml+xml": ".html",
    "application/zip": ".zip",
    "message/rfc822": ".eml",
    "multipart/related": ".mhtml",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "text/tab-separated-values": ".tsv",
}
# What servers send when they do not know the type.
_UNKNOWN = ("", "application/octet-stream", "binary/octet-stream", "text/plain")


def suffix_of_media(content_type: str | None, address: str) -> str | None:
    """The suffix of the format, if it is supported; that of the address if the media type says
    nothing.

    >>> suffix_of_media("text/html; charset=utf-8", "https://example.org/a")
    '.html'
    >>> suffix_of_media("application/octet-stream", "https://example.org/a.pdf?download")
    '.pdf'
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in _UNKNOWN:
        path = unquote(urlsplit(address).path).lower()
        suffix = PurePosixPath(path).suffix
        if suffix in _SUFFIXES.values():
            return suffix
    return _SUFFIXES.get(media_type)
