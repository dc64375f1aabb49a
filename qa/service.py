"""The service: what the command line, the HTTP interface and the evaluation call."""

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial

from qa.answering.chain import Chains
from qa.answering.dated_quotes import Timeline, timeline_of
from qa.answering.extractive.example_questions import Example, choose_examples, examples_in
from qa.answering.pipeline import Retrieve
from qa.answering.timeframe import earliest
from qa.following.followed import FollowedSource
from qa.following.follower import Add, CannotFollow, Follower, FollowReport, Remove
from qa.receipts.kept_answers import KeptAnswers, own_version
from qa.receipts.quote_status import Verification, verify_receipt
from qa.receipts.receipt import AnsweredBy, Receipt
from qa.schemas import (
    AddReport,
    ArticleList,
    Collection,
    CollectionInfo,
    SourceEntry,
    WholeArticle,
)
from qa.settled_value import IsCurrent, SettledValue
from qa.storage_failures import told_as_sentences
from qa.types import (
    Answer,
    AnswererName,
    Citation,
    CitedCopy,
    Event,
    PassageResult,
    Question,
    Sentence,
)
from qa.undo import AdditionNotes, UndoLog, UndoReport
from qa.verification.attestation import independent_articles
from qa.verification.checker import CheckedText, check_text_by_search
from qa.verification.claim_judge import ClaimJudge
from qa.verification.sentence_stream import MARKER
from vectorstore.backup import check_restored
from vectorstore.bundled_model import EmbeddingModelError
from vectorstore.copies import quote_elsewhere
from vectorstore.errors import UserError
from vectorstore.fetching.fetcher import Fetcher
from vectorstore.fetching.web_reader import ignore_entry, read_address
from vectorstore.ingest import Progress, ignore_progress, ingest
from vectorstore.integrity import IndexReport, inspect_index, repair_index
from vectorstore.moving import move_index
from vectorstore.readers import SUFFIXES, Unreadable
from vectorstore.reindexing import Reindexing, ReindexReport
from vectorstore.retrieval import search, search_many
from vectorstore.store import Store
from vectorstore.types import Article, Embedder, Filters, ScoredPassage, Span, Vectors
from vectorstore.whole_texts import embed_whole

EXAMPLES = 4
PASSAGES_FOR_A_CLAIM = 4
PASSAGES_OF_A_TIMELINE = 100
SURE = 0.6
EXAMPLES_DRAWN_FROM = 500
SECONDS_TO_SETTLE = 2.0
"""Example questions are chosen again once the collection has not changed for this long: an ingest
over HTTP is a series of changes."""
MOST_ADDED_AT_ONCE = 200
SECONDS_TO_COLLECT = 5.0

_notes: ContextVar[AdditionNotes | None] = ContextVar("_notes", default=None)
"""Records what a look adds while a caller waits for it, so that it can be undone."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The size of the index, and the `reason` why it cannot answer yet; None if it can."""

    articles: int
    passages: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Vitals:
    """Counts since the service started, and whether its chat model is not called for now."""

    cache_hits: int = 0
    cache_misses: int = 0
    model_is_spared: bool = False


class Service:
    """Questions and articles over one open index. Thread-safe."""

    def __init__(
        self,
        store: Store,
        chains: Chains,
        retrieve: Retrieve,
        judge: ClaimJudge,
        model: str | None,
        keep_all: bool = False,
        fetcher: Fetcher | None = None,
        make_follower: Callable[[Add, Remove], Follower] | None = None,
        vitals: Callable[[], Vitals] = Vitals,
        make_embedder: Callable[[str], Embedder] | None = None,
        keep_model: Callable[[str], None] = lambda model: None,
        info: CollectionInfo | None = None,
        answer_days: float = 0.0,
        checker: str = "bundled",
        prompts: str | None = None,
    ) -> None:
        """Answers are kept for `answer_days`. Receipts record `checker` and `prompts`, a hash of
        the chat model's prompts."""
        self.store = store
        self.info = info or CollectionInfo()
        self._checker = checker
        self._prompts = prompts
        self.kept_answers = KeptAnswers(
            store.records, answer_days, self._text_of, self._made_with, lambda: self.info.name
        )
        self._make_embedder = make_embedder
        self._keep_model = keep_model
        self._reindexing = Reindexing(store)
        self._chains = chains
        self._retrieve = retrieve
        self._judge = judge
        self.keep_all = keep_all
        """The default for requests that do not say whether to search every paragraph."""
        self._model = model
        self._fetcher = fetcher
        self._make_follower = make_follower
        self._undo = UndoLog()
        self.vitals = vitals
        self._changes_noticed = store.changes
        self._loaded = False
        self._why_not_loaded = "The embedding model is being loaded. Ask again in a few seconds."
        self._examples: SettledValue[tuple[str, ...]] = SettledValue(
            self._choose_examples, initial=(), settle_seconds=SECONDS_TO_SETTLE
        )

    @property
    def answerers(self) -> tuple[AnswererName, ...]:
        return self._chains.answerers

    @cached_property
    def follower(self) -> Follower:
        """The follower of sources for this index. Raises FollowedFileError."""
        if self._make_follower is None:
            raise CannotFollow("This service follows nothing.")
        return self._make_follower(self._add_followed, self.remove)

    def close(self) -> None:
        if "follower" in self.__dict__:
            self.follower.close()
        self._examples.close()
        self.store.close()

    def load(self, *, shares_models: bool = False) -> None:
        """Load the models, so that the first question does not wait for them, and start choosing
        example questions in the background, now and after each change to the collection.

        With `shares_models`, another service loads the models, and this one only its embedding
        model.

        Raises UserError if a model cannot be loaded; `readiness` then reports the message.
        """
        try:
            self.store.embedder.embed(["ready"])
            if not shares_models:
                self._load_shared_models()
            self._examples.start()
        except UserError as error:
            self._why_not_loaded = str(error)
            raise
        self._loaded = True

    def _load_shared_models(self) -> None:
        """At the same time: one core alone is busy with a model's weights."""
        uses: list[Callable[[], object]] = [partial(self.search, "ready", 1, rerank=True)]
        if not self._judge.reads_all_at_once:
            uses.append(partial(self._judge.judge, [("ready", "ready")]))
        with ThreadPoolExecutor() as threads:
            for loading in [threads.submit(use) for use in uses]:
                loading.result()

    def readiness(self) -> Readiness:
        summary = self.store.catalog.summary()
        reason = damage_of(self.store) if self._loaded else self._why_not_loaded
        return Readiness(summary.articles, summary.passages, reason)

    def ask(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        return self.kept_answers.kept(self._chains.answer(question))

    async def ask_async(self, question: Question) -> Answer:
        """Raises AnswererMissing."""
        answer = await self._chains.answer_async(question)
        return await asyncio.to_thread(self.kept_answers.kept, answer)

    def stream(self, question: Question) -> AsyncIterator[Event]:
        """The events of the answer; the last one is the answer itself.

        Raises AnswererMissing immediately, not at the first event.
        """
        return self._with_answer_kept(self._chains.events(question))

    async def _with_answer_kept(self, events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        async with aclosing(events) as each_event:
            async for event in each_event:
                if isinstance(event, Answer):
                    yield await asyncio.to_thread(self.kept_answers.kept, event)
                else:
                    yield event

    def receipt(self, answer: Answer) -> Receipt:
        return self.kept_answers.receipt(answer)

    def kept_answer(self, answer_id: str) -> Receipt:
        """Raises NoSuchAnswer."""
        return self.kept_answers.read(answer_id)

    def verify(
        self, receipt: Receipt, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Verification:
        return verify_receipt(receipt, self._text_of, is_cancelled)

    def _text_of(self, article_id: str) -> str | None:
        article = self.store.catalog.article(article_id)
        return None if article is None else article.text

    def _made_with(self, answer: Answer) -> AnsweredBy:
        return AnsweredBy(
            version=own_version(),
            answerer=answer.answerer,
            model=answer.model,
            prompts=self._prompts if answer.answerer == "llm" else None,
            checker=self._checker,
            embedding_model=self.store.embedder.name,
            index=self.store.catalog.version(),
        )

    def search(
        self, query: str, k: int = 8, filters: Filters | None = None, *, rerank: bool = False
    ) -> tuple[PassageResult, ...]:
        if rerank:
            found = self._retrieve(query, k, filters or Filters())
        else:
            found = search(self.store, query, k, filters)
        return tuple(PassageResult.of(each) for each in found)

    def timeline(
        self, about: str, filters: Filters | None = None, as_of: date | None = None
    ) -> Timeline:
        filters = filters or Filters()
        until = earliest(filters.published_to, as_of)
        found = search(
            self.store, about, PASSAGES_OF_A_TIMELINE, replace(filters, published_to=until)
        )
        return timeline_of(about, found, as_of)

    def articles(
        self, limit: int = 50, cursor: str | None = None, containing: str = ""
    ) -> ArticleList:
        """Raises ValueError if the cursor is not one from an earlier list."""
        page = self.store.catalog.page(limit, cursor, containing)
        stories = self.store.catalog.stories([each.info.id for each in page.articles])
        return ArticleList.of(page, stories)

    def article(self, article_id: str) -> WholeArticle | None:
        article = self.store.catalog.article(article_id)
        if article is None:
            return None
        return WholeArticle.of(article, self.store.catalog.stories([article_id]).get(article_id))

    def add(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport:
        """Raises StorageFailed if the index cannot be written; what was added by then is kept."""
        with self._examples.changing(), told_as_sentences(self.store.folder):
            return AddReport.of(ingest(self.store, articles, on_progress))

    def add_undoably(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport:
        """Like `add`; the report has the token for `undo`, if there is anything to undo."""
        notes = AdditionNotes(self.store.catalog.article_as_read)
        report = self.add(notes.noting(articles), on_progress)
        addition = notes.addition(report.articles)
        return replace(report, undo=None if addition is None else self._undo.keep(addition))

    def undo(self, token: str) -> UndoReport | None:
        """Remove what an addition added, and restore what it replaced; None if the token is
        unknown, used or too old. Articles changed since are left as they are."""
        addition = self._undo.take(token)
        if addition is None:
            return None
        if addition.followed is not None:
            self.unfollow(addition.followed)
        unchanged = [
            article_id
            for article_id, content_hash in addition.hashes.items()
            if self.store.catalog.content_hash(article_id) == content_hash
        ]
        restored = [addition.earlier[each] for each in unchanged if each in addition.earlier]
        removed = [each for each in unchanged if each not in addition.earlier]
        self.add(restored)
        for article_id in removed:
            self.remove(article_id)
        kept = [each for each in addition.hashes if each not in unchanged]
        return UndoReport(
            tuple(removed), tuple(each.id for each in restored), tuple(kept), addition.followed
        )

    def add_address(
        self, address: str, on_entry: Callable[[int, int], None] = ignore_entry
    ) -> AddReport:
        """Add what is at an address: an article, or those of a feed or sitemap, added while the
        rest is fetched. The report has the token for `undo`.

        `on_entry` is passed to `read_address`; if it raises, the addition ends, and what was added
        by then stays.
        """
        if self._fetcher is None:
            raise CannotFollow("This service fetches nothing.")
        notes = AdditionNotes(self.store.catalog.article_as_read)
        found = read_address(self._fetcher, address, keep_all=self.keep_all, on_entry=on_entry)
        reports = [self.add(notes.noting(each)) for each in _as_they_come(found)]
        outcomes = tuple(each for report in reports for each in report.articles)
        passages = sum(report.passages for report in reports)
        addition = notes.addition(outcomes)
        token = None if addition is None else self._undo.keep(addition)
        return AddReport(outcomes, passages, token)

    def followed(self) -> tuple[FollowedSource, ...]:
        return self.follower.followed()

    def follow(self, address: str) -> FollowReport:
        """The report has the token for `undo`. Raises CannotFollow."""
        before = {each.address for each in self.followed()}
        notes = AdditionNotes(self.store.catalog.article_as_read)
        noting = _notes.set(notes)
        try:
            report = self.follower.follow(address)
        finally:
            _notes.reset(noting)
        new = next((each.address for each in report.followed if each.address not in before), None)
        addition = notes.addition(report.articles, new)
        return replace(report, undo=None if addition is None else self._undo.keep(addition))

    def _add_followed(self, articles: Iterable[Article | Unreadable]) -> AddReport:
        notes = _notes.get()
        return self.add(articles if notes is None else notes.noting(articles))

    def unfollow(self, address: str) -> bool:
        """Returns whether it was followed."""
        return self.follower.unfollow(address)

    def look_now(self, address: str | None = None) -> FollowReport:
        """Raises CannotFollow."""
        return self.follower.look_now(address)

    def remove(self, article_id: str) -> bool:
        """Returns whether the article was there. Raises StorageFailed."""
        with self._examples.changing(), told_as_sentences(self.store.folder):
            return self.store.remove(article_id)

    def check_text(
        self,
        text: str,
        article_ids: Sequence[str] = (),
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> CheckedText:
        """Check each sentence of a text against the articles (all, or those named), and cite the
        words that support it. Returns no sentences once cancelled.

        Evidence is searched for each sentence; markers such as [1] are ignored.
        """
        find = partial(passages_for_claims, self.store, article_ids)
        return check_text_by_search(text, find, self._judge, is_cancelled=is_cancelled)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit vector for each text, from the model that the index is searched with."""
        return embed_whole(self.store.embedder, texts)

    def token_spans(self, text: str) -> list[Span]:
        """The ranges of the embedding model's tokens in a text."""
        return self.store.embedder.token_spans(text)

    def count_tokens(self, *texts: str) -> int:
        """How many tokens the embedding model sees in these texts in total."""
        return sum(self.store.embedder.count_tokens(texts))

    def inspect(self) -> IndexReport:
        return inspect_index(self.store)

    def repair(self, on_progress: Callable[[Progress], None] = ignore_progress) -> IndexReport:
        with told_as_sentences(self.store.folder):
            return repair_index(self.store, on_progress)

    def move(
        self, target: "Service", on_progress: Callable[[Progress], None] = ignore_progress
    ) -> int:
        """Copy the index into that of `target`, which is empty. Returns the number of passages.

        Raises CannotMove, StorageFailed.
        """
        with told_as_sentences(target.store.folder):
            return move_index(self.store, target.store, on_progress)

    def embedder_named(self, model: str) -> Embedder:
        """The embedding model with this name, as in QA_EMBEDDING_MODEL, loaded.

        Raises EmbeddingModelError.
        """
        if self._make_embedder is None:
            raise EmbeddingModelError("This service has no other embedding model.")
        embedder = self._make_embedder(model)
        embedder.embed(["ready"])
        return embedder

    def reindex(
        self, model: str, on_progress: Callable[[Progress], None] = ignore_progress
    ) -> ReindexReport:
        """Embed every passage with another model, and search with it from then on. Meanwhile
        questions are answered and articles can change; if interrupted, the current model stays.

        Raises EmbeddingModelError, ReindexRefused, StorageFailed.
        """
        embedder = self.embedder_named(model)
        with told_as_sentences(self.store.folder):
            report = self._reindexing.run(embedder, on_progress)
        self._keep_model(model)
        return report

    def check_restored(self) -> None:
        """Raises BackupError if no index was restored beside this one, or one of a different
        model."""
        check_restored(self.store.folder, self.store.embedder)

    def collection(self) -> Collection:
        self._notice_changes_by_others()
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
            formats=tuple(sorted(SUFFIXES)),
            trouble=damage_of(self.store),
            name=self.info.name,
            description=self.info.description,
        )

    def _notice_changes_by_others(self) -> None:
        """Choose the examples again if another process has changed the collection."""
        if not self.store.engine.is_shared:
            return
        changes = self.store.changes
        if changes != self._changes_noticed:
            self._changes_noticed = changes
            with self._examples.changing():
                pass

    def _choose_examples(self, is_current: IsCurrent) -> tuple[str, ...]:
        """Questions that the articles answer well, taken from some of the newest articles."""
        newest = self.store.catalog.newest(EXAMPLES_DRAWN_FROM)
        spread = newest[:: max(1, len(newest) // (2 * EXAMPLES))]
        candidates = [examples_in(self.store.catalog.passages_of(each)) for each in spread]

        def is_wanted(example: Example) -> bool:
            return is_current() and self._is_answered_well(example)

        return choose_examples(candidates, is_wanted, EXAMPLES)

    def _is_answered_well(self, example: Example) -> bool:
        answer = self._chains.answer(Question(example.question, answerer="extractive"))
        cited = {each.article_id for each in answer.citations}
        return (answer.confidence or 0) >= SURE and example.article_id in cited


def _as_they_come(
    articles: Iterable[Article | Unreadable],
) -> Iterator[list[Article | Unreadable]]:
    """The articles in batches of what arrived within a few seconds: adding a batch blocks other
    changes to the index, and only then can its articles be found."""
    batch: list[Article | Unreadable] = []
    begun = time.monotonic()
    for each in articles:
        batch.append(each)
        if len(batch) == MOST_ADDED_AT_ONCE or time.monotonic() - begun > SECONDS_TO_COLLECT:
            yield batch
            batch, begun = [], time.monotonic()
    if batch:
        yield batch


def damage_of(store: Store) -> str | None:
    """What is wrong with the index and what to do, if not every passage has its vector."""
    if store.in_step():
        return None
    return (
        "The index is damaged, so that articles may be missed: some passages have no vector, or "
        "some vectors no passage. Stop the service and run `qa doctor --repair`."
    )


def copies_of(store: Store, citation: Citation) -> tuple[CitedCopy, ...]:
    """The other articles of the same story that say what a citation quotes."""
    return tuple(
        CitedCopy(
            article_id=each.article.id,
            start=each.span and each.span.start,
            end=each.span and each.span.end,
            **each.article.metadata(),
        )
        for each in quote_elsewhere(store.catalog, citation.article_id, citation.quote)
    )


def attested_by(
    judge: ClaimJudge,
    sentence: Sentence,
    citations: Sequence[Citation],
    passages: Sequence[ScoredPassage],
) -> int:
    """How many independent articles, each taken alone, bear out what a sentence says; for one in
    the articles' own words, what its first citation quotes."""
    if sentence.probability is not None:
        return max(1, independent_articles(_plain(sentence.text), frozenset(), passages, judge))
    cited = frozenset(each.article_id for each in citations[:1])
    return independent_articles(_plain(citations[0].quote), cited, passages, judge)


def _plain(text: str) -> str:
    return " ".join(MARKER.sub("", text).split())


def passages_for_claims(
    store: Store, article_ids: Sequence[str], claims: Sequence[str]
) -> Iterator[list[ScoredPassage]]:
    """The passages to check each claim against, from the articles named, or all if none is."""
    filters = Filters(article_ids=tuple(article_ids))
    return search_many(store, claims, PASSAGES_FOR_A_CLAIM, filters)
