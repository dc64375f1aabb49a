"""The open collections of a process: a service for each, opened on first use."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qa.collections.collection_folders import CollectionFolders
from qa.collections.collection_name import CollectionBusy, CollectionProblem, NoSuchCollection
from qa.default_collection import DEFAULT_COLLECTION
from qa.following.followed_file import FollowedFile
from qa.keys import KeyFile
from qa.schemas import CollectionInfo
from qa.service import Service
from vectorstore.errors import UserError

MOST_OPEN = 32
"""Beyond this many, opening another closes the least recently used one."""
SECONDS_TO_CLOSE = 30.0
"""How long changing or removing a collection waits for the requests that use it."""

OpenOne = Callable[[CollectionInfo], Service]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    service: Service
    users: int = 0
    used: float = field(default_factory=time.monotonic)


class ServicePool:
    """The services of the collections of one data folder. Thread-safe.

    A service is not closed while it is in use, that is, between `begin` and `end`. The default one
    is not closed to make room for others.
    """

    def __init__(
        self,
        default: Service,
        folders: CollectionFolders,
        open_one: OpenOne | None = None,
        *,
        most_open: int = MOST_OPEN,
        seconds_to_close: float = SECONDS_TO_CLOSE,
    ) -> None:
        """`open_one` opens a collection, and raises UserError if it cannot."""
        self._default = default
        self._folders = folders
        self._open_one = open_one
        self._most_open = most_open
        self._seconds_to_close = seconds_to_close
        self._state = threading.Condition()
        self._open = {DEFAULT_COLLECTION: _Open(default)}
        self._moving: set[str] = set()
        """Names of the collections that are being opened or closed."""
        self._url: str | None = None

    @classmethod
    def of_one(cls, service: Service) -> "ServicePool":
        """A pool that opens no collection but the default one."""
        folder = service.store.folder
        return cls(service, CollectionFolders(folder, KeyFile(folder / "keys.json")))

    @property
    def default(self) -> Service:
        """The service of the default collection; briefly, while `reopen` runs, a closed one."""
        return self._default

    def begin_if_open(self, name: str, *, noted: bool = True) -> Service | None:
        """The service if it is available at once. Never waits, for use on the event loop."""
        with self._state:
            return self._taken(name, noted=noted)

    def begin(self, name: str) -> Service:
        """The service, opened if need be. Raises NoSuchCollection and what opening it raises."""
        with self._state:
            while True:
                self._state.wait_for(lambda: name not in self._moving)
                service = self._taken(name)
                if service is not None:
                    return service
                info = self._folders.info(name)
                if name not in self._moving:
                    self._moving.add(name)
                    break
        try:
            opened = _Open(self._opened(info), users=1)
            with self._state:
                self._open[name] = opened
        finally:
            self._settled(name)
        self._close_least_used()
        return opened.service

    def end(self, name: str) -> None:
        """Release the service that `begin` returned."""
        with self._state:
            opened = self._open.get(name)
            if opened is not None:
                opened.users -= 1
                self._state.notify_all()

    @contextmanager
    def using(self, name: str) -> Iterator[Service]:
        service = self.begin(name)
        try:
            yield service
        finally:
            self.end(name)

    @contextmanager
    def if_open(self, name: str) -> Iterator[Service | None]:
        """The service, kept open meanwhile; None if it is not open now. Does not count as use."""
        service = self.begin_if_open(name, noted=False)
        try:
            yield service
        finally:
            if service is not None:
                self.end(name)

    def opened(self) -> tuple[str, ...]:
        """The names of the collections that are open now."""
        with self._state:
            return (DEFAULT_COLLECTION, *sorted(self._open.keys() - {DEFAULT_COLLECTION}))

    def has(self, name: str) -> bool:
        return self._folders.has(name)

    def names(self) -> tuple[str, ...]:
        return self._folders.names()

    def list(self) -> tuple[CollectionInfo, ...]:
        return self._folders.list()

    def info(self, name: str) -> CollectionInfo:
        return self._folders.info(name)

    def add(self, info: CollectionInfo) -> None:
        self._folders.add(info)

    def change(self, name: str, new: CollectionInfo) -> None:
        """Raises CollectionBusy if it is still in use after a while."""
        with self._closed(name):
            self._folders.change(name, new)

    def remove(self, name: str) -> None:
        """Raises CollectionBusy if it is still in use after a while."""
        with self._closed(name):
            self._folders.remove(name)

    def reopen(self, name: str) -> None:
        """Reopen a collection with what was restored beside its index. Requests that arrive
        meanwhile wait.

        Raises CollectionBusy, and what opening it raises; the next request then tries again.
        """
        with self._closed(name):
            pass
        with self.using(name):
            pass

    def serve_at(self, url: str) -> None:
        """Tell other processes where the collections are served."""
        self._url = url
        self.default.store.serve_at(url)

    def open_followers(self) -> None:
        """Open the collections that follow anything, so that they start looking at it."""
        for name in self.names():
            try:
                if name != DEFAULT_COLLECTION and FollowedFile(self._folders.folder(name)).load():
                    with self.using(name):
                        pass
            except UserError as error:
                logger.warning("The collection %s follows nothing. %s", name, error)

    def close(self) -> None:
        with self._state:
            opened = list(self._open.values())
            self._open.clear()
        for each in opened:
            each.service.close()

    def _taken(self, name: str, *, noted: bool = True) -> Service | None:
        found = None if name in self._moving else self._open.get(name)
        if found is None:
            return None
        found.users += 1
        if noted:
            found.used = time.monotonic()
        return found.service

    def _opened(self, info: CollectionInfo) -> Service:
        if self._open_one is None:
            raise CollectionProblem("This service opens no collection but the default one.")
        service = self._open_one(info)
        is_default = info.name == DEFAULT_COLLECTION
        if is_default:
            self._default = service
        if self._url is not None:
            service.store.serve_at(self._url + ("" if is_default else f"/collections/{info.name}"))
        return service

    @contextmanager
    def _closed(self, name: str) -> Iterator[None]:
        """Closes the service, and keeps it closed meanwhile. While it waits for the requests that
        use it, new ones wait too, or a busy collection would never be free."""
        with self._state:
            self._state.wait_for(lambda: name not in self._moving)
            self._moving.add(name)
            opened = self._open.get(name)
            if not self._state.wait_for(
                lambda: opened is None or opened.users == 0, self._seconds_to_close
            ):
                self._moving.discard(name)
                self._state.notify_all()
                raise CollectionBusy(
                    f"The collection {name!r} is still being used. Try again shortly."
                )
            self._open.pop(name, None)
        try:
            if opened is not None:
                opened.service.close()
            yield
        finally:
            self._settled(name)

    def _close_least_used(self) -> None:
        with self._state:
            idle = [
                name
                for name, each in self._open.items()
                if name != DEFAULT_COLLECTION
                and each.users == 0
                and not _follows_anything(each.service)
            ]
            if len(self._open.keys() - {DEFAULT_COLLECTION}) <= self._most_open or not idle:
                return
            name = min(idle, key=lambda each: self._open[each].used)
            self._moving.add(name)
            service = self._open.pop(name).service
        try:
            service.close()
        finally:
            self._settled(name)

    def _settled(self, name: str) -> None:
        with self._state:
            self._moving.discard(name)
            self._state.notify_all()


def _follows_anything(service: Service) -> bool:
    try:
        return bool(service.followed())
    except UserError:
        return False


def refuse_unknown(pool: ServicePool, name: str, may_use: Callable[[str], bool]) -> None:
    """Raise NoSuchCollection, the same for a collection that does not exist as for one that may not
    be used: it only names those that may be."""
    is_there = pool.has(name)
    if not (may_use(name) and is_there):
        raise NoSuchCollection(name, [each for each in pool.names() if may_use(each)])
