"""The places and threads of one application."""

from weakref import WeakKeyDictionary

from anyio import CapacityLimiter

from qa.http.limits import Limits, Places
from qa.service import Service

THREADS_THAT_CHANGE_THE_INDEX = 2
THREADS_THAT_SEARCH = 8
THREADS_THAT_OPEN_COLLECTIONS = 4
"""Changes to a collection wait for each other, and searches for the CPU: with threads of their own,
they do not take threads from other requests."""


class Capacity:
    """How much of each kind of work an application does at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = Places(limits.requests, "requests are being handled")
        self.questions = Places(limits.questions, "questions are being answered")
        self.searches = Places(limits.searches, "searches are being made")
        self.checks = Places(limits.checks, "texts are being checked")
        self.changes = Places(limits.changes, "requests are changing articles", 429)
        self._changing: WeakKeyDictionary[Service, CapacityLimiter] = WeakKeyDictionary()
        self.searching = CapacityLimiter(THREADS_THAT_SEARCH)
        self.opening = CapacityLimiter(THREADS_THAT_OPEN_COLLECTIONS)

    def changing(self, service: Service) -> CapacityLimiter:
        """The threads for changes to one collection, so that they hold up no others. Used from the
        event loop only."""
        if service not in self._changing:
            self._changing[service] = CapacityLimiter(THREADS_THAT_CHANGE_THE_INDEX)
        return self._changing[service]

    @property
    def places(self) -> dict[str, Places]:
        """By kind of request."""
        return {
            "request": self.requests,
            "question": self.questions,
            "search": self.searches,
            "check": self.checks,
            "change": self.changes,
        }
