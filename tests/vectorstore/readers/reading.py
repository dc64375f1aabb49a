"""Reads uploads, for the tests of the readers."""

from vectorstore.readers import Unreadable, parse_upload
from vectorstore.types import Article


def read(name: str, content: str | bytes) -> list[Article | Unreadable]:
    return list(parse_upload(name, content.encode() if isinstance(content, str) else content))


def article(name: str, content: str | bytes) -> Article:
    (only,) = read(name, content)
    assert isinstance(only, Article), only
    return only


def reason(name: str, content: str | bytes) -> str:
    (only,) = read(name, content)
    assert isinstance(only, Unreadable), only
    return only.reason


def skipped(found: Article) -> list[str]:
    return [span.of(found.text) for span in found.skipped]
