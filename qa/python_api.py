"""`import qa`: a collection of articles to ask, in this process or in a running service.

import qa

articles = qa.open()
articles.add("seeds/articles/2022-04-20-binance-us-leaves-lobby.txt")
answer = articles.ask("When was Binance.US admitted?")
print(answer)
"""

import logging
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any

from qa.cited_answer import CitedAnswer
from qa.connect import open_library
from qa.default_collection import DEFAULT_COLLECTION
from qa.http_client import Client, collection_path
from qa.receipts.quote_status import Verification
from qa.receipts.receipt import Receipt
from qa.receipts.receipt_file import read_receipt_file
from qa.settings import Settings, SettingsError, read_settings, settings_of_another_index
from qa.types import Answer, AnswererName, Event, PassageResult, Question, Token, Turn
from vectorstore.errors import UserError
from vectorstore.types import Article, Filters

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from qa.integrations.langchain_retriever import PassageRetriever
    from qa.integrations.llama_index_retriever import PassageNodeRetriever
    from qa.library import Library
    from qa.schemas import AddReport, ArticleEntry, WholeArticle
    from qa.verification.checker import CheckedText
    from vectorstore.engine import IndexInUse
    from vectorstore.readers import Unreadable

log = logging.getLogger("qa")

Source = str | Path | Mapping[str, object] | Article
"""A file, a folder or an address; a mapping with `text` and, say, `title`; or an article."""


def open(  # qa.open, as in gzip.open
    where: str | Path | None = None,
    *,
    collection: str = DEFAULT_COLLECTION,
    key: str | None = None,
    **settings: object,
) -> "Articles":
    """Open a collection of articles.

    `where` is a folder, created if missing, or the URL of a running service; without it, nothing is
    kept once the program ends. A folder that a service has open is accessed through the service.
    `key` is for a service that needs one. `settings` are those in the README, in lower case without
    `QA_`: `model="openai:gpt-5-mini"`.

    Raises UserError, whose message is a sentence: SettingsError, ServiceError, NoSuchCollection.
    """
    if isinstance(where, str) and where.startswith(("http://", "https://")):
        if settings:
            named = ", ".join(settings)
            raise SettingsError(f"A running service has settings of its own: leave {named} out.")
        client = Client(where.rstrip("/") + collection_path(collection), key)
        try:
            client.collection()  # raises here rather than at the first question
        except UserError:
            client.close()
            raise
        return Articles(client, read_settings())
    if key is not None:
        raise SettingsError("A key is for the URL of a service: leave it out for a folder.")
    kept = None
    if where is None:
        kept = TemporaryDirectory(prefix="article-qa-", ignore_cleanup_errors=True)
        where = kept.name
    read = read_settings(data=where, collection=collection, **settings)
    here = settings_of_another_index(read, str(where), None)
    return Articles(open_library(here, _say_waiting), here, kept)


class ExtraMissing(UserError):
    """A feature needs a library that is not installed; the message names the extra."""


class Articles:
    """A collection of articles. Close it, or use it in a `with` statement; otherwise it is closed
    when the program ends. Thread-safe.

    Methods raise UserError, whose message is a sentence.
    """

    def __init__(
        self,
        library: "Library",
        settings: Settings,
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        self.library = library
        """What the command line and the HTTP service use, with every operation."""
        self._settings = settings
        self._closing = weakref.finalize(self, _close, library, folder)

    def __enter__(self) -> "Articles":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closing it again does nothing."""
        self._closing()

    def __len__(self) -> int:
        """The number of articles."""
        return self.library.collection().articles

    def __iter__(self) -> "Iterator[ArticleEntry]":
        """The articles without their texts, newest first."""
        page = self.library.articles(500)
        yield from page.articles
        while page.next_cursor is not None:
            page = self.library.articles(500, page.next_cursor)
            yield from page.articles

    def add(self, *sources: Source) -> "AddReport":
        """Add articles, or replace those with the same id.

        The report has an outcome for each: added, replaced, unchanged, or skipped with a reason. An
        unreadable source does not stop the others.
        """
        return self.library.add(self._read(sources))

    def remove(self, article_id: str) -> bool:
        """Remove an article. Returns whether it was there."""
        return self.library.remove(article_id)

    def article(self, article_id: str) -> "WholeArticle | None":
        """An article with its text, in which citations are ranges; None if it is not there."""
        return self.library.article(article_id)

    def ask(
        self, question: str, history: Sequence[Turn | Answer] = (), **options: Any
    ) -> CitedAnswer:
        """The answer to a question; in a notebook it shows its quotes.

        `history` has the earlier turns of a conversation, or its answers. `options` are those of
        `make_question`.
        """
        return CitedAnswer.showing(self.library.ask(make_question(question, history, **options)))

    async def ask_async(
        self, question: str, history: Sequence[Turn | Answer] = (), **options: Any
    ) -> CitedAnswer:
        """Like `ask`."""
        stream = self.stream(question, history, **options)
        async for _ in stream:
            pass
        return stream.answer

    def stream(
        self, question: str, history: Sequence[Turn | Answer] = (), **options: Any
    ) -> "AnswerStream":
        """The pieces of the answer's text as they are written, for `for` or `async for`."""
        asked = make_question(question, history, **options)
        return AnswerStream(lambda: self.library.stream(asked))

    def search(
        self, query: str, k: int = 8, *, rerank: bool = False, **filters: Any
    ) -> tuple[PassageResult, ...]:
        """The `k` best passages, best first, each with its `score` from 0 to 1 and its range in the
        article. With `rerank` they are read and ranked by what they say: better but slower.

        `filters` are those of `make_question`.
        """
        return self.library.search(query, k, make_filters(**filters), rerank=rerank)

    def check(self, text: str, article_ids: Sequence[str] = ()) -> "CheckedText":
        """Check each sentence of a text against all articles, or those named: `outcome` is
        supported, contradicted or not_found, and `citations` quote the words that support it."""
        return self.library.check_text(text, article_ids)

    def receipt(self, answer: Answer | str) -> Receipt:
        """What it takes to verify an answer later, given the answer or the id of a kept one.
        `save_receipt` writes it to a file."""
        if isinstance(answer, str):
            return self.library.kept_answer(answer)
        return self.library.receipt(answer)

    def verify(self, receipt: Receipt | Answer | str | Path) -> Verification:
        """What has become of each quote since: exact, moved, changed or removed. Takes a receipt,
        the file it was saved in, an answer, or the id of a kept one."""
        if isinstance(receipt, Path) or (isinstance(receipt, str) and Path(receipt).is_file()):
            receipt = read_receipt_file(Path(receipt))
        elif not isinstance(receipt, Receipt):
            receipt = self.receipt(receipt)
        return self.library.verify(receipt)

    def as_retriever(
        self, k: int = 8, *, rerank: bool = False, **filters: Any
    ) -> "PassageRetriever":
        """A LangChain retriever of the `k` best passages, 1 to 100. `filters` are those of
        `make_question`."""
        from qa.integrations.langchain_retriever import PassageRetriever

        return PassageRetriever(
            library=self.library, k=k, rerank=rerank, filters=make_filters(**filters)
        )

    def as_runnable(self) -> "Runnable[object, Event]":
        """A LangChain Runnable that answers: it takes a question, or a dict of the arguments of
        `ask`, and returns a `CitedAnswer`; streamed, it yields the events up to that."""
        from qa.integrations.langchain_runnable import answer_runnable

        return answer_runnable(self.library, as_question)

    def as_llama_index_retriever(
        self, k: int = 8, *, rerank: bool = False, **filters: Any
    ) -> "PassageNodeRetriever":
        """A LlamaIndex retriever of the `k` best passages. Raises ExtraMissing."""
        try:
            from qa.integrations.llama_index_retriever import PassageNodeRetriever
        except ModuleNotFoundError as error:
            raise ExtraMissing(
                "LlamaIndex is not installed: pip install 'article-qa[llama-index]'."
            ) from error
        return PassageNodeRetriever(self.library, k, make_filters(**filters), rerank=rerank)

    def _read(self, sources: Iterable[Source]) -> "Iterator[Article | Unreadable]":
        from qa.composition import make_fetcher
        from qa.schemas import article_from
        from vectorstore.fetching.fetcher import is_address
        from vectorstore.fetching.web_reader import read_address
        from vectorstore.readers import read_articles

        keep_all = self._settings.keep_all
        for number, source in enumerate(sources, start=1):
            if isinstance(source, Article):
                yield source
            elif isinstance(source, Mapping):
                yield article_from(dict(source), f"source {number}", keep_all=keep_all)
            elif isinstance(source, str) and is_address(source):
                fetcher = make_fetcher(self._settings)
                yield from read_address(fetcher, source, keep_all=keep_all)
            else:
                yield from read_articles([Path(source)], keep_all=keep_all)


class AnswerStream:
    """The pieces of an answer's text. Iterate over it once, with `for` or `async for`; then
    `answer` is the whole answer, with its citations."""

    def __init__(self, events: Callable[[], AsyncIterator[Event]]) -> None:
        self._events = events
        self._answer: CitedAnswer | None = None

    @property
    def answer(self) -> CitedAnswer:
        """Raises RuntimeError until the stream has ended."""
        if self._answer is None:
            raise RuntimeError("The answer is not complete: iterate over its stream first.")
        return self._answer

    def __iter__(self) -> Iterator[str]:
        from anyio.from_thread import start_blocking_portal

        # The event loop has its own thread: the caller's may already run one, as in a notebook.
        with start_blocking_portal() as portal:
            pieces = self._pieces()
            try:
                while (piece := portal.call(anext, pieces, None)) is not None:
                    yield piece
            finally:
                portal.call(pieces.aclose)

    async def __aiter__(self) -> AsyncGenerator[str]:
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                yield piece

    async def _pieces(self) -> AsyncGenerator[str]:
        async for event in self._events():
            if isinstance(event, Token):
                yield event.text
            elif isinstance(event, Answer):
                self._answer = CitedAnswer.showing(event)


def as_question(asked: object) -> Question:
    """A question from a string or a dict of the arguments of `Articles.ask`. Raises TypeError."""
    if isinstance(asked, Question):
        return asked
    if isinstance(asked, str):
        return make_question(asked)
    if isinstance(asked, Mapping) and "question" in asked:
        options = {str(name): value for name, value in asked.items() if name != "question"}
        return make_question(str(asked["question"]), **options)
    raise TypeError(
        "Ask a text, a Question, or a dict with the key question, and the options of ask."
    )


def make_question(
    text: str,
    history: Sequence[Turn | Answer] = (),
    *,
    passages: int = 8,
    answerer: AnswererName | None = None,
    as_of: date | str | None = None,
    reads_dates: bool = True,
    **filters: Any,
) -> Question:
    """A question, to be answered from this many `passages` (1 to 20). `as_of`, a date or
    "2022-04-20", limits the answer to what was published by that day; `reads_dates=False` ignores
    dates in the question.

    `filters`: `published_from`, `published_to`, `sources`, `article_ids`.
    """
    turns = [turn for each in history for turn in _turns(each)]
    return Question(
        text=text,
        history=tuple(turns),
        filters=make_filters(**filters),
        passages=passages,
        answerer=answerer,
        as_of=_day(as_of),
        reads_dates=reads_dates,
    )


def make_filters(
    *,
    published_from: date | str | None = None,
    published_to: date | str | None = None,
    sources: Sequence[str] = (),
    article_ids: Sequence[str] = (),
) -> Filters:
    """Which articles to search; both days are inclusive."""
    return Filters(_day(published_from), _day(published_to), tuple(sources), tuple(article_ids))


def _turns(given: Turn | Answer) -> tuple[Turn, ...]:
    if isinstance(given, Turn):
        return (given,)
    return (Turn("user", given.question), Turn("assistant", given.text))


def _day(given: date | str | None) -> date | None:
    return date.fromisoformat(given) if isinstance(given, str) else given


def _close(library: "Library", folder: TemporaryDirectory[str] | None) -> None:
    library.close()
    if folder is not None:
        folder.cleanup()


def _say_waiting(busy: "IndexInUse") -> None:
    log.warning("%s Waiting for it to finish.", busy)
