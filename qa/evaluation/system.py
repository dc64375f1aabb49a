"""What is measured: anything that can be asked, searched, and shown an article of."""

from typing import Protocol

from qa.types import Answer, PassageResult, Question
from vectorstore.types import Filters


class AskError(Exception):
    """This question got no answer, and the next one may. The message is a sentence."""


class System(Protocol):
    """A question-answering system, in this process or behind a URL.

    A question that fails alone raises AskError. Whatever else is raised ends the run, which
    can be resumed.
    """

    def ask(self, question: Question) -> Answer: ...

    def search(self, query: str, k: int, filters: Filters) -> tuple[PassageResult, ...]:
        """At most `k` passages, best first."""

    def article_text(self, article_id: str) -> str:
        """The article's whole text, as it was read. Raises LookupError if there is none."""
