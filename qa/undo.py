"""Additions that can be undone: what they added, and what it replaced."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from qa.schemas import AddedArticle
from vectorstore.readers import Unreadable
from vectorstore.types import Article

MOST_ADDITIONS = 50
MOST_CHARACTERS = 50_000_000
"""Of replaced articles, in total; beyond that, the oldest additions can no longer be undone."""


@dataclass(frozen=True, slots=True)
class Addition:
    """The hash of each added article, by id, and the earlier versions of those replaced.

    `followed` is the source that was followed with it, if one was.
    """

    hashes: dict[str, str]
    earlier: dict[str, Article]
    followed: str | None = None

    @property
    def characters(self) -> int:
        """Of the replaced articles, in total."""
        return sum(len(each.text) for each in self.earlier.values())


@dataclass(frozen=True, slots=True)
class UndoReport:
    """The ids of articles that were removed again, restored to their earlier version, or kept
    because they have changed since; and the source that is no longer followed."""

    removed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unfollowed: str | None = None


class AdditionNotes:
    """Records what is needed to undo an addition as its articles pass into the index."""

    def __init__(self, stored: Callable[[str], Article | None]) -> None:
        """`stored` returns the version of an article that is in the index."""
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
        """What can be undone, given the outcomes of these articles; None if nothing."""
        changed = {each.id for each in articles if each.status in ("added", "replaced")}
        hashes = {each: self._hashes[each] for each in changed if each in self._hashes}
        earlier = {each: self._earlier[each] for each in changed if each in self._earlier}
        return Addition(hashes, earlier, followed) if hashes or followed else None


class UndoLog:
    """The latest additions, by unguessable token. Used from any thread."""

    def __init__(self) -> None:
        self._additions: OrderedDict[str, Addition] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, addition: Addition) -> str | None:
        """The token to undo it with; None if it replaced too much to be kept."""
        if addition.characters > MOST_CHARACTERS:
            return None
        token = secrets.token_urlsafe(12)
        with self._lock:
            self._additions[token] = addition
            while len(self._additions) > MOST_ADDITIONS or self._characters() > MOST_CHARACTERS:
                self._additions.popitem(last=False)
        return token

    def take(self, token: str) -> Addition | None:
        """The addition; None if it was already undone, or is too old."""
        with self._lock:
            return self._additions.pop(token, None)

    def _characters(self) -> int:
        return sum(each.characters for each in self._additions.values())
