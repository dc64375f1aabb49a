"""What is followed, and what is known about it from earlier looks."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Literal

FollowedKind = Literal["page", "feed", "sitemap", "folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedPage:
    """One page of a source, or one file of a folder.

    `key` identifies it within its source: its address, or its name in the folder. `updated` is its
    version according to the source: a date, or the time and size of a file.
    """

    key: str
    updated: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    article_ids: tuple[str, ...] = ()
    checked: datetime | None = None
    missing: int = 0
    """How many times in a row it was not there."""
    listed: bool = True
    """Whether the source still lists it."""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A source: a web address, or the absolute path of a folder.

    `failures` counts consecutive failed looks; `error` says why the last one failed, or which part
    of it could not be read. `due` is when it is looked at next.
    """

    address: str
    due: datetime
    kind: FollowedKind | None = None
    title: str | None = None
    looked: datetime | None = None
    succeeded: datetime | None = None
    error: str | None = None
    failures: int = 0
    etag: str | None = None
    last_modified: str | None = None
    pages: tuple[FollowedPage, ...] = ()

    @property
    def articles(self) -> int:
        return sum(len(page.article_ids) for page in self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSource:
    """A source as it is shown: without its pages, with the number of their `articles`.

    `failures` counts the looks in a row that failed; `due` is when it is looked at next.
    """

    address: str
    kind: FollowedKind | None
    title: str | None
    articles: int
    looked: datetime | None
    succeeded: datetime | None
    error: str | None
    failures: int
    due: datetime

    @classmethod
    def of(cls, source: Followed) -> "FollowedSource":
        return cls(**{field.name: getattr(source, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class FollowedList:
    """The body of `GET /followed`."""

    followed: tuple[FollowedSource, ...]


def now() -> datetime:
    return datetime.now(UTC)
