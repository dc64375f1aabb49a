"""The operations on a collection of articles, in this process or over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

from qa.answering.dated_quotes import Timeline
from qa.following.followed import FollowedSource
from qa.following.follower import FollowReport
from qa.receipts.quote_status import Verification
from qa.receipts.receipt import Receipt
from qa.schemas import AddReport, ArticleList, Collection, CollectionInfo, WholeArticle
from qa.types import Answer, Event, PassageResult, Question
from vectorstore.ingest import Progress, ignore_progress
from vectorstore.readers import Unreadable
from vectorstore.reindexing import ReindexReport
from vectorstore.types import Article, Filters

if TYPE_CHECKING:
    from qa.verification.checker import CheckedText
    from vectorstore.integrity import IndexReport


class Library(Protocol):
    """Implemented by `qa.service.Service` in this process and `qa.http_client.Client` over HTTP."""

    def ask(self, question: Question) -> Answer: ...

    def stream(self, question: Question) -> AsyncIterator[Event]: ...

    def search(
        self, query: str, k: int = 8, filters: Filters | None = None, *, rerank: bool = False
    ) -> tuple[PassageResult, ...]:
        """The best passages. With `rerank`, the first of them are read and ranked by what they say,
        as for an answer: better but slower."""

    def check_text(self, text: str, article_ids: Sequence[str] = ()) -> "CheckedText":
        """Check each sentence of a text against all articles, or those named."""

    def receipt(self, answer: Answer) -> Receipt:
        """What it takes to verify an answer later."""

    def kept_answer(self, answer_id: str) -> Receipt:
        """The receipt of a kept answer."""

    def verify(self, receipt: Receipt) -> Verification:
        """What has become of each quote in a receipt since."""

    def timeline(
        self, about: str, filters: Filters | None = None, as_of: date | None = None
    ) -> Timeline:
        """Dated quotes about a name or a question, from articles published by `as_of`, in order."""

    def articles(
        self, limit: int = 50, cursor: str | None = None, containing: str = ""
    ) -> ArticleList: ...

    def article(self, article_id: str) -> WholeArticle | None: ...

    def add(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport: ...

    def remove(self, article_id: str) -> bool: ...

    def followed(self) -> tuple[FollowedSource, ...]: ...

    def follow(self, address: str) -> FollowReport: ...

    def unfollow(self, address: str) -> bool: ...

    def look_now(self, address: str | None = None) -> FollowReport: ...

    def reindex(
        self, model: str, on_progress: Callable[[Progress], None] = ignore_progress
    ) -> ReindexReport: ...

    def collection(self) -> Collection: ...

    def inspect(self) -> "IndexReport":
        """Check the whole index for inconsistencies."""

    def close(self) -> None: ...


class Collections(Protocol):
    """The collections of one data folder. Implemented by `CollectionFolders`, by `ServicePool`
    while they are served, and by `CollectionsClient` over HTTP."""

    def list(self) -> tuple[CollectionInfo, ...]: ...

    def add(self, info: CollectionInfo) -> None: ...

    def change(self, name: str, new: CollectionInfo) -> None:
        """Change its name, description or chat model setting."""

    def remove(self, name: str) -> None: ...
