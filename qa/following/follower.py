"""Looks at what is followed: when it is due, when a folder changes, and on request."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from qa.following.folder_watch import FolderWatch
from qa.following.followed import Followed, FollowedSource, now
from qa.following.followed_file import FollowedFile
from qa.following.look import LookOptions, failed, look_at_address, look_at_files
from qa.schemas import AddedArticle, AddReport
from vectorstore.errors import UserError
from vectorstore.fetching.fetcher import Fetcher, FetchFailed, is_address, parse_address
from vectorstore.readers import Unreadable
from vectorstore.readers.folder import file_versions, is_gone, read_in_folder
from vectorstore.types import Article

PAGES_BETWEEN_SAVES = 25
SECONDS_TO_STOP = 20.0

Add = Callable[[Sequence[Article | Unreadable]], AddReport]
Remove = Callable[[str], bool]

logger = logging.getLogger(__name__)


class CannotFollow(UserError):
    """A source cannot be followed; the message says why and what to do."""


class _Ended(Exception):
    """The index is being closed, or the source is no longer followed: nothing may be added."""


@dataclass(frozen=True, slots=True)
class FollowReport:
    """The sources that were looked at, as they are now, and what became of their articles.

    `undo` is the token that takes back what `follow` did.
    """

    followed: tuple[FollowedSource, ...]
    articles: tuple[AddedArticle, ...] = ()
    removed: tuple[str, ...] = ()
    undo: str | None = None


class _Collected:
    """The changes from one look, passed on and recorded."""

    def __init__(self, add: Add, remove: Remove, is_ended: Callable[[], bool]) -> None:
        self._add = add
        self._remove = remove
        self._is_ended = is_ended
        self.added: list[AddedArticle] = []
        self.removed: list[str] = []

    def add(self, outcomes: Sequence[Article | Unreadable]) -> None:
        self._check_not_ended()
        self.added += self._add(outcomes).articles

    def remove(self, article_id: str) -> None:
        self._check_not_ended()
        if self._remove(article_id):
            self.removed.append(article_id)

    def _check_not_ended(self) -> None:
        if self._is_ended():
            raise _Ended


class Follower:
    """Follows sources for one index. Thread-safe.

    `start` makes it look by itself: at what is due, and at folders when they change.
    """

    def __init__(
        self,
        file: FollowedFile,
        fetcher: Fetcher,
        add: Add,
        remove: Remove,
        options: LookOptions,
    ) -> None:
        """Raises FollowedFileError."""
        self._file = file
        self._fetcher = fetcher
        self._add = add
        self._remove = remove
        self._options = options
        self._followed = {each.address: each for each in file.load()}
        self._state = threading.Condition()
        self._busy: set[str] = set()
        self._changed_again: set[str] = set()
        """Folders that changed while they were looked at."""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._watch = FolderWatch(self._folder_changed)

    def followed(self) -> tuple[FollowedSource, ...]:
        """What is followed, in the order in which it was added."""
        with self._state:
            return tuple(FollowedSource.of(each) for each in self._followed.values())

    def follow(self, given: str) -> FollowReport:
        """Follow an address or a folder, and look at it now.

        Raises CannotFollow if it cannot be looked at; then it is not followed.
        """
        address = normal_address(given)
        with self._state:
            known = self._followed.get(address)
            source = known or Followed(address=address, due=now())
            self._followed[address] = source
        report = self._look(source, self._options)
        (after,) = report.followed
        is_no_article = after.kind == "page" and after.error and not after.articles
        if known is None and (after.failures or is_no_article):
            self.unfollow(address)
            raise CannotFollow(f"It cannot be followed. {after.error}")
        self._watch_folders()
        return report

    def unfollow(self, given: str) -> bool:
        """Stop following it; its articles stay. Returns whether it was followed."""
        with self._state:
            addresses = {given, _normal_or_given(given)} & self._followed.keys()
            for address in addresses:
                del self._followed[address]
            self._save()
        self._watch_folders()
        return bool(addresses)

    def look_now(self, given: str | None = None) -> FollowReport:
        """Look at every page of one source, or of all, whether or not it is due.

        Raises CannotFollow for a source that is not followed.
        """
        with self._state:
            wanted = list(self._followed.values())
            if given is not None:
                address = _normal_or_given(given)
                wanted = [each for each in wanted if each.address in (given, address)]
                if not wanted:
                    raise CannotFollow(f"Not followed: {given}. `qa follow --list` shows what is.")
        self._fetcher.forget_robots()
        options = replace(self._options, check_all=True)
        reports = [self._look(each, options) for each in wanted]
        return FollowReport(
            tuple(source for each in reports for source in each.followed),
            tuple(article for each in reports for article in each.articles),
            tuple(article_id for each in reports for article_id in each.removed),
        )

    def start(self) -> None:
        """Look by itself from now on; at folders at once, since they may have changed meanwhile."""
        for source in self.followed():
            if source.kind == "folder":
                self._folder_changed(source.address)
        self._thread.start()
        self._watch_folders()

    def close(self) -> None:
        """Stop looking. A look in progress ends before its next change to the index."""
        with self._state:
            self._closed = True
            self._state.notify_all()
        self._watch.close()
        if self._thread.ident is not None:
            self._thread.join(SECONDS_TO_STOP)

    def _run(self) -> None:
        while (source := self._wait_until_due()) is not None:
            try:
                self._look(source, self._options)
            except Exception:
                # Whatever it is, it must not keep the other sources from being looked at.
                logger.exception("%s could not be looked at.", source.address)
                self._postpone(source.address)

    def _wait_until_due(self) -> Followed | None:
        """The source that is due; None once closed."""
        with self._state:
            while not self._closed:
                free = [each for each in self._followed.values() if each.address not in self._busy]
                first = min(free, key=lambda each: each.due, default=None)
                if first is not None and first.due <= now():
                    return first
                wait = None if first is None else (first.due - now()).total_seconds()
                self._state.wait(wait)
            return None

    def _look(self, source: Followed, options: LookOptions) -> FollowReport:
        """Look at a source; if another thread is doing so, wait until it is done instead."""
        address = source.address
        with self._state:
            was_busy = address in self._busy
            self._state.wait_for(lambda: address not in self._busy)
            # It may have changed since the caller chose it.
            source = self._followed.get(address, source)
            if was_busy or address not in self._followed:
                return FollowReport((FollowedSource.of(source),))
            self._busy.add(address)
        changes = _Collected(
            self._add, self._remove, lambda: self._closed or address not in self._followed
        )
        try:
            for number, state in enumerate(self._states(source, changes, options), 1):
                source = state
                self._keep(source, save=number % PAGES_BETWEEN_SAVES == 0)
        except _Ended:
            logger.info("Looking at %s was interrupted.", address)
        finally:
            with self._state:
                if address in self._changed_again:
                    self._changed_again.discard(address)
                    source = replace(source, due=now())
                try:
                    self._keep(source, save=True)
                finally:
                    self._busy.discard(address)
                    self._state.notify_all()
        shown = (FollowedSource.of(source),)
        return FollowReport(shown, tuple(changes.added), tuple(changes.removed))

    def _states(
        self, source: Followed, changes: _Collected, options: LookOptions
    ) -> Iterator[Followed]:
        if is_address(source.address):
            yield from look_at_address(source, self._fetcher, changes, options)
            return
        folder = Path(source.address)
        source = replace(source, kind="folder", title=folder.name)
        if not folder.is_dir():
            missing = "There is no such folder. It was moved or removed, or its disk is not there."
            yield failed(source, missing, options)
            return

        def read(name: str) -> list[Article | Unreadable]:
            return read_in_folder(folder, name, keep_all=options.keep_all)

        yield from look_at_files(
            source, file_versions(folder), read, partial(is_gone, folder), changes, options
        )

    def _keep(self, source: Followed, *, save: bool) -> None:
        with self._state:
            if source.address in self._followed:
                self._followed[source.address] = source
                if save:
                    self._save()

    def _postpone(self, address: str) -> None:
        with self._state:
            if (source := self._followed.get(address)) is not None:
                self._followed[address] = replace(source, due=now() + self._options.every)

    def _save(self) -> None:
        self._file.save(tuple(self._followed.values()))

    def _folder_changed(self, folder: str) -> None:
        with self._state:
            if folder in self._busy:
                self._changed_again.add(folder)
            elif (source := self._followed.get(folder)) is not None:
                self._followed[folder] = replace(source, due=now())
                self._state.notify_all()

    def _watch_folders(self) -> None:
        with self._state:
            self._state.notify_all()
            if self._thread.ident is None or self._closed:
                return
            folders = [each for each in self._followed if not is_address(each)]
        self._watch.watch(folders)


def normal_address(given: str) -> str:
    """An address without its fragment, or the absolute path of a folder. Raises CannotFollow."""
    if "://" in given:
        try:
            return str(parse_address(given))
        except FetchFailed as failure:
            raise CannotFollow(str(failure)) from failure
    folder = Path(given).expanduser().resolve()
    if not folder.is_dir():
        raise CannotFollow(
            f"There is no folder {given}. Follow a folder, or an address with http:// or https://."
        )
    return str(folder)


def _normal_or_given(given: str) -> str:
    """Like `normal_address`, but also for a folder that no longer exists."""
    try:
        return normal_address(given)
    except CannotFollow:
        return given if "://" in given else str(Path(given).expanduser().resolve())
