"""An open index: the catalog and the vectors, kept consistent by one process."""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.records import IndexedArticle, skipping
from vectorstore.catalog.repetition import Repetition
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.chroma import VectorStore
from vectorstore.chunking import PassageSize, Tokens, embedded_text, fitted, split_article
from vectorstore.errors import UserError
from vectorstore.exact_vectors import ExactVectors
from vectorstore.passage_columns import Columns, PassageColumns
from vectorstore.types import Article, ArticleInfo, Embedder, Filters, Passage, Vectors

ARTICLES_SPLIT_AT_ONCE = 50
VECTORS_COPIED_AT_ONCE = 5_000
EMBEDDING_MODEL = "embedding_model"
EMBEDDING_FINGERPRINT = "embedding_fingerprint"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that has an index open, and the `url` where it serves it, if it does."""

    pid: int | None
    url: str | None


class IndexInUse(UserError):
    """The index is open in another process."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self.folder = folder
        self.owner = owner
        whom = "another process" if owner.pid is None else f"process {owner.pid}"
        where = "" if owner.url is None else f", which serves it at {owner.url}"
        super().__init__(
            f"The index in {folder} is in use by {whom}{where}. Only one process at a time can "
            "have it open: stop that one first."
        )


class OtherEmbeddingModel(UserError):
    """The index was built with a different embedding model."""


class Store:
    """An open index. Any thread may read; every change holds `writing`.

    Raises IndexInUse, OtherEmbeddingModel, or CatalogError on opening. With `rebuild`, vectors of
    another model are discarded, and `repair_index` recomputes them.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        *,
        size: PassageSize | None = None,
        rebuild: bool = False,
    ) -> None:
        self.folder = folder
        self.embedder = embedder
        self._size = size or PassageSize()
        self.tokens = Tokens(embedder.count_tokens, embedder.token_spans)
        self.writing = threading.RLock()
        self._in_step = True
        self.changes = 0
        """Incremented before and after every visible change: odd while one is in progress."""
        folder.mkdir(parents=True, exist_ok=True)
        # Another thread than the one that opened the index may close it.
        lock = FileLock(folder / "lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise IndexInUse(folder, _read_owner(folder)) from None
        with ExitStack() as opened:
            opened.callback(lock.release)
            self._say_owner(url=None)
            self._database = SqliteDatabase(folder / "catalog.sqlite")
            opened.callback(self._database.close)
            self.catalog = Catalog(self._database)
            self.staging = IncomingArticles(self._database)
            self._check_model(rebuild)
            if self.catalog.full_text_is_missing():
                self.catalog.rebuild_full_text()
            if self.catalog.stories_are_missing():
                while self.catalog.find_more_stories():
                    pass
            self.columns = PassageColumns(self.catalog.passage_facts())
            self.vectors = VectorStore(folder / "vectors")
            opened.callback(self.vectors.close)
            self.exact = self._open_exact()
            opened.callback(self.exact.close)
            if self.catalog.meta(EMBEDDING_MODEL) is not None:
                if rebuild and not self._was_built_with_this_model():
                    self.vectors.clear()
                    self.exact.clear()
                self._note_model()
            self.recover()
            self.settle_paragraphs()
            self._opened = opened.pop_all()

    @cached_property
    def size(self) -> PassageSize:
        """The passage size, reduced to what the model can read."""
        return fitted(self._size, self.embedder.max_tokens)

    def close(self) -> None:
        self._opened.close()

    def serve_at(self, url: str) -> None:
        """Tell other processes where this one serves the index."""
        self._say_owner(url)

    def recover(self) -> None:
        """Finish an interrupted change: vectors follow the catalog."""
        with self.writing:
            pending = self.catalog.pending()
            if not pending:
                return
            visible = self.catalog.rows_of(pending)
            self.vectors.delete([each for each in pending if each not in visible])
            missing = self.without_vectors(visible)
            if missing:
                self.put_vectors(missing)
            self.catalog.settle()

    def without_vectors(self, rows: Mapping[str, int]) -> list[str]:
        """Those of these passages, given with their rows, of which one of the two stores of vectors
        lacks theirs."""
        ids = list(rows)
        exact = dict(zip(ids, self.exact.known(list(rows.values())), strict=True))
        stored = self.vectors.known(ids)
        return [each for each in ids if each not in stored or not exact[each]]

    def publish(self, articles: Sequence[IndexedArticle]) -> None:
        """Publish the articles with their vectors, replacing those with the same ids."""
        with self.writing:
            self.recover()
            old = self.catalog.rows_of(
                [
                    passage.id
                    for indexed in articles
                    for passage in self.catalog.passages_of(indexed.article.id)
                ]
            )
            new = {
                passage.id: (passage, indexed.article.info)
                for indexed in articles
                for passage in indexed.passages
            }
            rows = dict(zip(new, self.columns.unused(len(new)), strict=True))
            known = dict(zip(old, self.exact.known(list(old.values())), strict=True))
            kept = [each for each in new if known.get(each)]
            added = [each for each in new if not known.get(each)]
            vectors = self._embed([new[each] for each in added])
            self._note_model()
            self.catalog.announce({*old, *new})
            self.exact.copy([old[each] for each in kept], [rows[each] for each in kept])
            self._put(added, [rows[each] for each in added], vectors)
            with self._changing():
                facts = self.catalog.publish(articles, rows)
                self.columns.remove(list(old.values()))
                self.columns.put(facts)
            self.vectors.delete(sorted(old.keys() - new.keys()))
            self.catalog.settle()

    def remove(self, article_id: str) -> bool:
        """Remove an article with its passages and vectors. Returns whether it existed."""
        with self.writing:
            self.recover()
            if self.catalog.content_hash(article_id) is None:
                return False
            rows = self.catalog.rows_of(
                [passage.id for passage in self.catalog.passages_of(article_id)]
            )
            self.catalog.announce(rows)
            with self._changing():
                self.catalog.remove(article_id)
                self.columns.remove(list(rows.values()))
            self.vectors.delete(list(rows))
            self.catalog.settle()
            self.settle_paragraphs()
            return True

    def allowed(self, columns: Columns, filters: Filters) -> NDArray[np.bool_]:
        """Which rows of `columns` the filters let through."""
        if not filters.article_ids:
            return columns.allowed(filters)
        return columns.allowed(filters, self.catalog.rows_of_articles(filters.article_ids))

    def split(self, article: Article, repetition: Repetition) -> IndexedArticle:
        """The article with its passages, without its repeated paragraphs."""
        repeated = repetition.repeated_in(article)
        prose = skipping(article, (each.span for each in repeated))
        passages = split_article(prose, self.tokens, self.size)
        return IndexedArticle(article, tuple(passages), repeated)

    def settle_paragraphs(self) -> None:
        """Split articles again that hold a paragraph which has become repeated, or is no longer
        repeated, since other articles came or went.

        Ends every change. If it is interrupted, opening the index or the next change finishes it.
        """
        with self.writing:
            unsettled = self.catalog.unsettled_paragraphs()
            if not unsettled:
                return
            # Articles left there by an interrupted ingest are never published, and must not count.
            self.staging.clear()
            repetition = self.staging.repetition()
            article_ids = repetition.articles_out_of_step(unsettled)
            for start in range(0, len(article_ids), ARTICLES_SPLIT_AT_ONCE):
                batch = article_ids[start : start + ARTICLES_SPLIT_AT_ONCE]
                articles = (self.catalog.article_as_read(each) for each in batch)
                self.publish([self.split(each, repetition) for each in articles if each])
            self.catalog.settle_paragraphs()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.changes += 1
        try:
            yield
        finally:
            self.changes += 1

    def put_vectors(self, passage_ids: Sequence[str]) -> None:
        """Embed these passages and store their vectors."""
        with self.writing:
            rows = self.catalog.rows_of(passage_ids)
            found = self.catalog.passages(list(rows))
            self._note_model()
            self._put(list(rows), list(rows.values()), self._embed([found[each] for each in rows]))

    def _embed(self, passages: Sequence[tuple[Passage, ArticleInfo]]) -> Vectors:
        return self.embedder.embed(
            [
                embedded_text(passage, info.title, self.tokens, self.size)
                for passage, info in passages
            ]
        )

    def _put(self, passage_ids: Sequence[str], rows: Sequence[int], vectors: Vectors) -> None:
        self.exact.put(rows, vectors)
        self.exact.sync()
        self.vectors.put(passage_ids, vectors)

    def _open_exact(self) -> ExactVectors:
        """The exact vectors. Where there are none yet, they are taken from Chroma."""
        path = self.folder / "vectors.i8"
        if not path.exists():
            unfinished = path.with_suffix(".new")
            unfinished.unlink(missing_ok=True)
            exact = ExactVectors(unfinished)
            ids = list(self.vectors.ids())
            for start in range(0, len(ids), VECTORS_COPIED_AT_ONCE):
                rows = self.catalog.rows_of(ids[start : start + VECTORS_COPIED_AT_ONCE])
                vectors = self.vectors.vectors(list(rows))
                if vectors:
                    exact.put([rows[each] for each in vectors], np.stack(list(vectors.values())))
            exact.sync()
            exact.close()
            unfinished.rename(path)
        return ExactVectors(path)

    def in_step(self) -> bool:
        """Whether every passage has its vector; during a change, whether it was so before."""
        if self.writing.acquire(blocking=False):
            try:
                self._in_step = self.columns.look().passages == self.vectors.count()
            finally:
                self.writing.release()
        return self._in_step

    def _note_model(self) -> None:
        if self.catalog.meta(EMBEDDING_MODEL) != self.embedder.name:
            self.catalog.set_meta(EMBEDDING_MODEL, self.embedder.name)
        fingerprint = self.embedder.fingerprint
        if fingerprint and self.catalog.meta(EMBEDDING_FINGERPRINT) != fingerprint:
            self.catalog.set_meta(EMBEDDING_FINGERPRINT, fingerprint)

    def _was_built_with_this_model(self) -> bool:
        """Compares weights if both are known, else names. An empty index fits every model."""
        name = self.catalog.meta(EMBEDDING_MODEL)
        weights, wanted = self.catalog.meta(EMBEDDING_FINGERPRINT), self.embedder.fingerprint
        if weights and wanted:
            return weights == wanted
        return name in (None, self.embedder.name)

    def _check_model(self, rebuild: bool) -> None:
        if rebuild or self._was_built_with_this_model():
            return
        name = self.catalog.meta(EMBEDDING_MODEL)
        built_with, now = f"the embedding model {name}", f"{self.embedder.name} is configured now"
        instead = f"Set QA_EMBEDDING_MODEL={name}"
        if name == self.embedder.name:
            built_with, now = f"other weights of {built_with}", "the configured ones differ"
            instead = "Set QA_EMBEDDING_MODEL to the original model"
        raise OtherEmbeddingModel(
            f"The index in {self.folder} was built with {built_with}, and {now}. {instead}, or "
            "recompute all vectors with `qa doctor --repair`, or use another folder (QA_DATA)."
        )

    def _say_owner(self, url: str | None) -> None:
        owner = json.dumps({"pid": os.getpid(), "url": url})
        (self.folder / "owner.json").write_text(owner, "utf-8")


def read_owner(folder: Path) -> Owner | None:
    """The process that has the index in this folder open, if any."""
    if not (folder / "lock").exists():
        return None
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _read_owner(folder)
    lock.release()
    return None


def _read_owner(folder: Path) -> Owner:
    try:
        owner = json.loads((folder / "owner.json").read_text("utf-8"))
        return Owner(pid=owner["pid"], url=owner["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return Owner(pid=None, url=None)
