"""Ingests articles: read, staged, split, embedded and published in batches."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from vectorstore.catalog.records import IndexedArticle
from vectorstore.readers import Unreadable
from vectorstore.store import Store
from vectorstore.types import Article

Status = Literal["added", "replaced", "unchanged", "skipped"]

ARTICLES_STAGED_AT_ONCE = 200
# Enough to group texts of similar length, few enough to report progress often.
PASSAGES_EMBEDDED_AT_ONCE = 256
PASSAGES_EMBEDDED_FIRST = 32
"""The first batches are smaller, each twice the one before, so that an interrupted short ingest
keeps some of its work."""

NOTHING_OF_ITS_OWN = (
    "has no text of its own: only promotional lines, or paragraphs repeated in many articles"
)
NOT_STORABLE = "contains half of a surrogate pair, which cannot be stored"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome for one article. `id` is where it was read from if it has no id;
    `reason` says why it was skipped, phrased to follow `id`."""

    id: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class IngestReport:
    outcomes: tuple[Outcome, ...]
    passages: int = 0

    def count(self, status: Status) -> int:
        return sum(outcome.status == status for outcome in self.outcomes)

    def skipped(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == "skipped"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest has come, in articles. While reading, `total` is None."""

    stage: Literal["reading", "embedding"]
    done: int
    total: int | None = None
    passages: int = 0


def ignore_progress(progress: Progress) -> None:
    """For callers that show no progress."""


def ingest(
    store: Store,
    incoming: Iterable[Article | Unreadable],
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> IngestReport:
    """Add or replace the incoming articles; other articles stay as they are.

    If interrupted, every article is either entirely in its old state or entirely in its new one;
    running it again does the rest.
    """
    with store.writing:
        store.recover()
        store.staging.clear()
        outcomes: dict[str | int, Outcome] = {}
        for done, (key, outcome) in enumerate(_stage(store, incoming), start=1):
            outcomes[key] = outcome
            on_progress(Progress("reading", done))

        repetition = store.staging.repetition()
        again = repetition.articles_to_split_again()
        total = store.staging.count() + len(again)
        passages = done = 0
        articles = chain(store.staging.articles(), _visible(store, again))
        for batch in _batches(store.split(each, repetition) for each in articles):
            worthwhile = [each for each in batch if each.passages or each.article.id in again]
            for each in batch:
                if not each.passages and each.article.id in outcomes:
                    outcomes[each.article.id] = Outcome(
                        each.article.id, "skipped", NOTHING_OF_ITS_OWN
                    )
            store.publish(worthwhile)
            done += len(batch)
            passages += sum(len(each.passages) for each in worthwhile)
            on_progress(Progress("embedding", done, total, passages))
        store.staging.clear()
        store.settle_paragraphs()
        return IngestReport(tuple(outcomes.values()), passages)


def _stage(
    store: Store, incoming: Iterable[Article | Unreadable]
) -> Iterator[tuple[str | int, Outcome]]:
    """The outcome for each, by article id, or by number if it is not an article."""
    waiting: dict[str, Article] = {}
    staged: set[str] = set()
    for number, each in enumerate(incoming):
        if isinstance(each, Unreadable):
            yield number, Outcome(each.where, "skipped", each.reason)
            continue
        if not _is_storable(each):
            name = each.id.encode("utf-8", "replace").decode("utf-8")
            yield number, Outcome(name, "skipped", NOT_STORABLE)
            continue
        # Of articles with the same id, the last one counts.
        waiting.pop(each.id, None)
        stored = store.catalog.content_hash(each.id)
        if stored == each.content_hash:
            if each.id in staged:
                store.staging.discard(each.id)
            yield each.id, Outcome(each.id, "unchanged")
            continue
        waiting[each.id] = each
        if len(waiting) == ARTICLES_STAGED_AT_ONCE:
            store.staging.add(waiting.values())
            staged.update(waiting)
            waiting.clear()
        yield each.id, Outcome(each.id, "added" if stored is None else "replaced")
    store.staging.add(waiting.values())


def _is_storable(article: Article) -> bool:
    info = article.info
    try:
        for text in (article.text, info.id, info.title, info.source, info.author, info.url):
            (text or "").encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _visible(store: Store, article_ids: Iterable[str]) -> Iterator[Article]:
    for article_id in article_ids:
        if article := store.catalog.article_as_read(article_id):
            yield article


def _batches(articles: Iterable[IndexedArticle]) -> Iterator[list[IndexedArticle]]:
    batch: list[IndexedArticle] = []
    most = min(PASSAGES_EMBEDDED_FIRST, PASSAGES_EMBEDDED_AT_ONCE)
    for each in articles:
        batch.append(each)
        if sum(len(one.passages) for one in batch) >= most:
            yield batch
            batch = []
            most = min(2 * most, PASSAGES_EMBEDDED_AT_ONCE)
    if batch:
        yield batch
