"""Additions that can be undone: what they added, and what it replaced."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from qa.schemas import AddedArticle
from vectorstore.readers import Unreadable
from vectorstore.types import Article

MOST_ADDITIONS = 50
MOST_CHARACTERS = 50_000_000
"""Of replaced articles, in all; older additions can then be undone no longer."""


@dataclass(frozen=True, slots=True)
class Addition:
    """The hash of each article that was added, by id, and the earlier versions of the replaced.

    `followed` is the source that was followed with it, if one was.
    """

    hashes: dict[str, str]
    earlier: dict[str, Article]
    followed: str | None = None


@dataclass(frozen=True, slots=True)
class UndoReport:
    """The ids of articles that were removed again, restored to their earlier version, or kept
    because they have changed since; and the source that is followed no longer."""

    removed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unfollowed: str | None = None


class AdditionNotes:
    """Notes, while articles pass by on their way into the index, what is needed to undo that."""

    def __init__(self, stored: Callable[[str], Article | None]) -> None:
        """`stored` gives the version of an article that is in the index."""
        self._stored = stored
        self._hashes: dict[str, str] = {}
        self._earlier: dict[str, Article] = {}

    def noting(self, articles: Iterable[Article | Unreadable]) -> Iterator[Article | Unreadable]:
        for each in articles:
            if isinstance(each, Article):
                if each.id not in self._hashes and (earlier := self._stored(each.id)) is not None:
                    self._earlier[each.id] = earlier
                self._hashes[each.id] = each.content_hash
            yield each

    def addition(
        self, articles: Iterable[AddedArticle], followed: str | None = None
    ) -> Addition | None:
        """What to undo of what became of these articles; None if there is nothing."""
        changed = {each.id for each in articles if each.status in ("added", "replaced")}
        hashes = {each: self._hashes[each] for each in changed if each in self._hashes}
        earlier = {each: self._earlier[each] for each in changed if each in self._earlier}
        return Addition(hashes, earlier, followed) if hashes or followed else None


class UndoLog:
    """The latest additions, by a token that cannot be guessed. Used from any thread."""

    def __init__(self) -> None:
        self._additions: OrderedDict[str, Addition] = OrderedDict()

    def keep(self, addition: Addition) -> str:
        token = secrets.token_urlsafe(12)
        self._additions[token] = addition
        while len(self._additions) > MOST_ADDITIONS or self._characters() > MOST_CHARACTERS:
            self._additions.popitem(last=False)
            if not self._additions:
                break
        return token

    def take(self, token: str) -> Addition | None:
        """The addition; None if it was undone already, or is too long ago."""
        return self._additions.pop(token, None)

    def _characters(self) -> int:
        additions = list(self._additions.values())
        return sum(len(each.text) for addition in additions for each in addition.earlier.values())
