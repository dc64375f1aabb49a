"""The service: what the command line, the HTTP interface and the evaluation call."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.answering.chain import Chain, chain_for
from qa.answering.extractive.example_questions import Example, choose_examples, examples_in
from qa.schemas import AddReport, ArticleList, Collection, SourceEntry, WholeArticle
from qa.settled_value import IsCurrent, SettledValue
from qa.types import Answer, AnswererName, Event, PassageResult, Question
from qa.verification.checker import CheckedText, check_text_by_search
from qa.verification.source_sentences import Embed
from vectorstore.errors import UserError
from vectorstore.ingest import Progress, ignore_progress, ingest
from vectorstore.integrity import IndexReport, inspect_index, repair_index
from vectorstore.readers import Unreadable
from vectorstore.retrieval import search, search_many
from vectorstore.store import Store
from vectorstore.types import Article, Filters, ScoredPassage, Vectors

EXAMPLES = 4
PASSAGES_FOR_A_CLAIM = 4
EMBEDDED_AT_ONCE = 64
SURE = 0.6
EXAMPLES_DRAWN_FROM = 500
SECONDS_TO_SETTLE = 2.0
"""Example questions are chosen again once the collection has not changed for this long: an ingest
over HTTP is a series of changes."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The size of the index, and the `reason` why it cannot answer yet; None if it can."""

    articles: int
    passages: int
    reason: str | None


class Service:
    """Questions and articles over one open index. Thread-safe."""

    def __init__(
        self,
        store: Store,
        chains: Mapping[AnswererName, Chain],
        model: str | None,
        keep_all: bool = False,
    ) -> None:
        self.store = store
        self._chains = chains
        self.keep_all = keep_all
        """The default for requests that do not say whether to search every paragraph."""
        self._model = model
        self._loaded = False
        self._why_not_loaded = "The embedding model is being loaded. Ask again in a few seconds."
        self._examples: SettledValue[tuple[str, ...]] = SettledValue(
            self._choose_examples, initial=(), settle_seconds=SECONDS_TO_SETTLE
        )

    @property
    def answerers(self) -> tuple[AnswererName, ...]:
        return tuple(self._chains)

    def close(self) -> None:
        self._examples.close()
        self.store.close()

    def load(self) -> None:
        """Load the models, so that the first question does not wait for them, and start choosing
        example questions, now and after each change of the collection.

        Raises UserError if a model cannot be loaded; `readiness` then reports the message.
        """
        try:
            self.store.embedder.embed(["ready"])
            self.store.vectors.warm()
            self.search("ready", 1)
            self._examples.start()
        except UserError as error:
            self._why_not_loaded = str(error)
            raise
        self._loaded = True

    def readiness(self) -> Readiness:
        summary = self.store.catalog.summary()
        reason = None
        if not self._loaded:
            reason = self._why_not_loaded
        elif not self.store.in_step():
            reason = (
                "Some passages in the index have no vector, or some vectors no passage. Stop the "
                "service and run `qa doctor --repair`."
            )
        return Readiness(summary.articles, summary.passages, reason)

    def ask(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        return _answer(chain_for(question, self._chains).invoke(question))

    async def ask_async(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        return _answer(await chain_for(question, self._chains).ainvoke(question))

    def stream(self, question: Question) -> AsyncIterator[Event]:
        """The events of the answer; the last one is the answer itself.

        Raises AnswererMissing immediately, not at the first event.
        """
        return chain_for(question, self._chains).astream(question)

    def search(
        self, query: str, k: int = 8, filters: Filters | None = None
    ) -> tuple[PassageResult, ...]:
        return tuple(PassageResult.of(found) for found in search(self.store, query, k, filters))

    def articles(
        self, limit: int = 50, cursor: str | None = None, containing: str = ""
    ) -> ArticleList:
        """Raises ValueError if the cursor is not one from an earlier list."""
        return ArticleList.of(self.store.catalog.page(limit, cursor, containing))

    def article(self, article_id: str) -> WholeArticle | None:
        article = self.store.catalog.article(article_id)
        return None if article is None else WholeArticle.of(article)

    def add(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport:
        with self._examples.changing():
            return AddReport.of(ingest(self.store, articles, on_progress))

    def remove(self, article_id: str) -> bool:
        """Whether the article was there."""
        with self._examples.changing():
            return self.store.remove(article_id)

    def check_text(
        self,
        text: str,
        article_ids: Sequence[str] = (),
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> CheckedText:
        """Check each sentence of any text against the articles (all, or those named), and cite
        the words that support it. Returns no sentences once it `is_cancelled`.

        Evidence is searched for each sentence; markers such as [1] are ignored.
        """
        filters = Filters(article_ids=tuple(article_ids))

        def find(claims: Sequence[str]) -> Iterator[list[ScoredPassage]]:
            return search_many(self.store, claims, PASSAGES_FOR_A_CLAIM, filters)

        embed = _cancellable(self.store.embedder.embed, is_cancelled)
        try:
            return check_text_by_search(text, find, embed=embed, is_cancelled=is_cancelled)
        except _Cancelled:
            return CheckedText("", (), ())

    def inspect(self) -> IndexReport:
        return inspect_index(self.store)

    def repair(self, on_progress: Callable[[Progress], None] = ignore_progress) -> IndexReport:
        return repair_index(self.store, on_progress)

    def collection(self) -> Collection:
        summary = self.store.catalog.summary()
        return Collection(
            articles=summary.articles,
            passages=summary.passages,
            published_from=summary.published_from,
            published_to=summary.published_to,
            sources=tuple(SourceEntry(source, count) for source, count in summary.sources),
            example_questions=self._examples.value,
            answerers=self.answerers,
            model=self._model,
        )

    def _choose_examples(self, is_current: IsCurrent) -> tuple[str, ...]:
        """Questions that the articles answer well, taken from some of the newest articles."""
        newest = self.store.catalog.newest(EXAMPLES_DRAWN_FROM)
        spread = newest[:: max(1, len(newest) // (2 * EXAMPLES))]
        candidates = [examples_in(self.store.catalog.passages_of(each)) for each in spread]

        def is_wanted(example: Example) -> bool:
            return is_current() and self._is_answered_well(example)

        return choose_examples(candidates, is_wanted, EXAMPLES)

    def _is_answered_well(self, example: Example) -> bool:
        answer = self.ask(Question(example.question, answerer="extractive"))
        cited = {each.article_id for each in answer.citations}
        return (answer.confidence or 0) >= SURE and example.article_id in cited


class _Cancelled(BaseException):
    """An embedding is no longer wanted. Like asyncio's CancelledError it is no Exception, so that
    nothing handles it as a failure."""


def _cancellable(embed: Embed, is_cancelled: Callable[[], bool]) -> Embed:
    """`embed`, in batches between which it can be cancelled: the passages for a long text have
    thousands of sentences. Raises _Cancelled."""

    def embed_in_batches(texts: Sequence[str]) -> Vectors:
        vectors: list[Vectors] = []
        for start in range(0, max(1, len(texts)), EMBEDDED_AT_ONCE):
            if is_cancelled():
                raise _Cancelled
            vectors.append(embed(texts[start : start + EMBEDDED_AT_ONCE]))
        return np.concatenate(vectors)

    return embed_in_batches


def _answer(event: Event) -> Answer:
    if not isinstance(event, Answer):
        raise TypeError(f"The chain ended with {type(event).__name__}, not with an answer.")
    return event
