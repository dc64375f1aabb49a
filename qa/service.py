"""What the service does, in one process: every entry point calls these methods and no others."""

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qa.answering.chain import Reader, reader_for
from qa.answering.extractive.example_questions import Example, choose_examples, examples_in
from qa.schemas import AddReport, ArticleList, Collection, SourceEntry, WholeArticle
from qa.types import Answer, AnswererName, Event, PassageResult, Question
from qa.verification.checker import CheckedText, check_text
from qa.verification.sentence_stream import without_markers
from vectorstore.errors import UserError
from vectorstore.ingest import Progress, ignore_progress, ingest
from vectorstore.integrity import IndexCheck, check_index, repair_index
from vectorstore.readers import Unreadable
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Article, Filters

EXAMPLES = 4
PASSAGES_FOR_A_CLAIM = 4
SURE = 0.6
EXAMPLES_DRAWN_FROM = 500


class Chain(Protocol):
    """What of the Runnable that `qa.answering.chain` builds is used here."""

    def invoke(self, input: Question) -> Event: ...

    async def ainvoke(self, input: Question) -> Event: ...

    def astream(self, input: Question) -> AsyncIterator[Event]: ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the index holds; `reason` says why it cannot answer yet, None if it can."""

    articles: int
    passages: int
    reason: str | None


class Service:
    """Questions and articles over one opened index. Any thread may call any method."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        readers: Mapping[AnswererName, Reader],
        model: str | None,
        keep_all: bool = False,
    ) -> None:
        self.store = store
        self.keep_all = keep_all
        """Whether articles keep everything where nothing else is said."""
        self._chain = chain
        self._readers = readers
        self._model = model
        self._loaded = False
        self._choosing_examples = threading.Lock()
        self._examples: tuple[int, tuple[str, ...]] = (-1, ())
        self._why_not_loaded = "The embedding model is being read. Ask again in a few seconds."

    def close(self) -> None:
        self.store.close()

    def load(self) -> None:
        """Read the models now, so that the first question does not wait for them.

        Raises UserError for a model that cannot be had, and `readiness` says it from then on.
        """
        try:
            self.store.embedder.embed(["ready"])
            self.store.vectors.warm()
            self.search("ready", 1)
            self._examples_of(self.store.changes)
        except UserError as error:
            self._why_not_loaded = str(error)
            raise
        self._loaded = True

    def readiness(self) -> Readiness:
        summary = self.store.catalog.summary()
        passages = summary.passages
        vectors = self.store.vectors.count()
        reason = None
        if not self._loaded:
            reason = self._why_not_loaded
        elif passages != vectors:
            reason = (
                f"The index has {passages:,} passages and {vectors:,} vectors: articles are being "
                "added, or were interrupted. If this stays, run `qa doctor --repair`."
            )
        return Readiness(summary.articles, passages, reason)

    def check_askable(self, question: Question) -> None:
        """Raises AnswererMissing for a question that no answerer here is for."""
        reader_for(question, self._readers)

    def ask(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        return _whole(self._chain.invoke(question))

    async def ask_async(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        return _whole(await self._chain.ainvoke(question))

    def stream(self, question: Question) -> AsyncIterator[Event]:
        """The events of the answer, the last of them the answer itself."""
        return self._chain.astream(question)

    def search(
        self, query: str, k: int = 8, filters: Filters | None = None
    ) -> tuple[PassageResult, ...]:
        return tuple(PassageResult.of(found) for found in search(self.store, query, k, filters))

    def articles(
        self, limit: int = 50, cursor: str | None = None, containing: str = ""
    ) -> ArticleList:
        """Raises ValueError for a cursor that no former list gave."""
        return ArticleList.of(self.store.catalog.page(limit, cursor, containing))

    def article(self, article_id: str) -> WholeArticle | None:
        article = self.store.catalog.article(article_id)
        return None if article is None else WholeArticle.of(article)

    def add(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport:
        return AddReport.of(ingest(self.store, articles, on_progress))

    def remove(self, article_id: str) -> bool:
        """Whether the article was there."""
        return self.store.remove(article_id)

    def check_text(self, text: str, article_ids: Sequence[str] = ()) -> CheckedText:
        """Each sentence of a text that anyone wrote, with the words of the articles (all, or
        those named) that bear it out.

        Passages are searched for sentence by sentence; markers such as [1] count for nothing.
        """
        filters = Filters(article_ids=tuple(article_ids))
        claims = dict.fromkeys(span.of(text) for span in split_sentences(text))
        found = {
            each.passage.id: each
            for claim in claims
            for each in search(self.store, claim, PASSAGES_FOR_A_CLAIM, filters)
        }
        embed = self.store.embedder.embed
        return check_text(without_markers(text), list(found.values()), embed=embed)

    def check(self) -> IndexCheck:
        return check_index(self.store)

    def repair(self, on_progress: Callable[[Progress], None] = ignore_progress) -> IndexCheck:
        return repair_index(self.store, on_progress)

    def collection(self) -> Collection:
        summary = self.store.catalog.summary()
        return Collection(
            articles=summary.articles,
            passages=summary.passages,
            published_from=summary.published_from,
            published_to=summary.published_to,
            sources=tuple(SourceEntry(source, count) for source, count in summary.sources),
            example_questions=self._example_questions(),
            answerers=tuple(self._readers),
            model=self._model,
        )

    def _example_questions(self) -> tuple[str, ...]:
        """Questions that are answered well, found anew when the collection has changed. None
        before the model is read: the page need not wait for it."""
        if not self._loaded:
            return ()
        return self._examples_of(self.store.changes)

    def _examples_of(self, changes: int) -> tuple[str, ...]:
        with self._choosing_examples:
            if self._examples[0] != changes:
                newest = self.store.catalog.newest(EXAMPLES_DRAWN_FROM)
                spread = newest[:: max(1, len(newest) // (2 * EXAMPLES))]
                candidates = [examples_in(self.store.catalog.passages_of(each)) for each in spread]
                found = choose_examples(candidates, self._is_answered_well, EXAMPLES)
                self._examples = (changes, found)
            return self._examples[1]

    def _is_answered_well(self, example: Example) -> bool:
        answer = self.ask(Question(example.question, answerer="extractive"))
        cited = {each.article_id for each in answer.citations}
        return (answer.confidence or 0) >= SURE and example.article_id in cited


def _whole(event: Event) -> Answer:
    if not isinstance(event, Answer):
        raise TypeError(f"The chain ended with {type(event).__name__}, not with an answer.")
    return event
