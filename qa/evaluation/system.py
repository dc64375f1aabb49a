"""The interface of whatever is measured: it answers, searches, and returns article texts."""

from typing import Protocol

from qa.answering.dated_quotes import TimelineEntry
from qa.types import Answer, PassageResult, Question
from vectorstore.types import Filters


class AskError(Exception):
    """One question failed; the next one may succeed. The message is a sentence."""


class CannotSearch(AskError):
    """The system has no search, so there are no figures for one."""


class System(Protocol):
    """A question-answering system, in this process or behind a URL.

    Raises AskError when only this question failed. Any other error ends the run, which can be
    resumed.
    """

    def ask(self, question: Question) -> Answer: ...

    def search(self, query: str, k: int, filters: Filters) -> tuple[PassageResult, ...]:
        """At most `k` passages, best first."""

    def timeline(self, about: str) -> tuple[TimelineEntry, ...]:
        """The entries of a timeline, in order."""

    def article_text(self, article_id: str) -> str:
        """The article's whole text, as it was read. Raises LookupError for an unknown id."""

    def copies_of(self, article_id: str) -> frozenset[str]:
        """The ids of the other articles in its story. Raises LookupError for an unknown id."""
