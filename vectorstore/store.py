"""An open index: the catalog and the vectors, kept consistent."""

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.incoming import IncomingArticles
from vectorstore.catalog.records import IndexedArticle, skipping
from vectorstore.catalog.repetition import Repetition
from vectorstore.chroma import VectorStore, VectorStoreError
from vectorstore.chunking import PassageSize, Tokens, split_article
from vectorstore.engine import Engine, FolderEngine
from vectorstore.errors import UserError
from vectorstore.exact_vectors import RowVectors, is_exact_file
from vectorstore.passage_columns import Columns
from vectorstore.types import Article, Embedder, Filters
from vectorstore.vector_index import (
    FIRST_GENERATION,
    VECTORS_COPIED_AT_ONCE,
    VectorIndex,
    discard_generation,
    discard_generations,
    exact_path,
    next_generation,
    retire,
)

ARTICLES_SPLIT_AT_ONCE = 50
EMBEDDING_MODEL = "embedding_model"
EMBEDDING_FINGERPRINT = "embedding_fingerprint"
GENERATION = "vectors"
UNFINISHED = "unfinished_vectors"
"""Keys of the catalog's `meta`. The last two name the vectors in use, and those being made beside
them for another model."""


class OtherEmbeddingModel(UserError):
    """The index was built with a different embedding model."""


class Store:
    """An open index. Any thread may read; every change holds `writing`.

    A folder stands for its `FolderEngine`. Opening raises IndexInUse, OtherEmbeddingModel,
    CatalogError or VectorStoreError. With `rebuild`, vectors of another model are discarded, and
    `repair_index` recomputes them.
    """

    def __init__(
        self,
        where: Path | Engine,
        embedder: Embedder,
        *,
        size: PassageSize | None = None,
        rebuild: bool = False,
    ) -> None:
        self.engine = FolderEngine(where) if isinstance(where, Path) else where
        self._size = size or PassageSize()
        self._in_step = True
        self._looked: tuple[Columns, RowVectors, int] | None = None
        with ExitStack() as opened:
            self._opened_engine = engine = self.engine.open(opened)
            self.writing = engine.writing
            self._database = engine.database
            self.records = engine.records
            self.catalog = Catalog(self._database)
            self.staging = IncomingArticles(self._database)
            if not rebuild:
                self._check_model(embedder)
            if self.catalog.full_text_is_missing():
                self.catalog.rebuild_full_text()
            if not self.engine.is_shared:
                keep = {self._generation(), self._unfinished_generation()}
                discard_generations(self.folder, keep=keep)
            self.vector_index = self._open_vectors(embedder, rebuild)
            opened.callback(self._close_vectors)
            self.columns = engine.read_columns(
                self.catalog, lambda: self._check_model(self.embedder)
            )
            # If another process is changing a shared index, it finishes what was begun.
            if self.writing.acquire(blocking=rebuild or not self.engine.is_shared):
                try:
                    self._finish_opening(rebuild)
                finally:
                    self.writing.release()
            self._opened = opened.pop_all()

    def _finish_opening(self, rebuild: bool) -> None:
        if self.catalog.stories_are_missing():
            while self.catalog.find_more_stories():
                pass
        if self.catalog.meta(EMBEDDING_MODEL) is not None:
            if not rebuild:
                # Another process may have re-embedded a shared index meanwhile.
                self._check_model(self.embedder)
            elif not self.was_built_with(self.embedder):
                self.vector_index.clear()
            self._note_model()
        self.recover()
        self.settle_paragraphs()

    @property
    def folder(self) -> Path:
        """The index folder; for an index on servers, it has only what is kept beside it."""
        return self.engine.folder

    @property
    def changes(self) -> int:
        """Grows with every visible change, by any process; odd while one is in progress."""
        return self.columns.changes()

    @property
    def known_changes(self) -> int:
        """`changes` as of the last search; does not query the database."""
        return self.columns.known_changes

    @property
    def embedder(self) -> Embedder:
        return self.vector_index.embedder

    @property
    def vectors(self) -> VectorStore:
        return self.vector_index.vectors

    @property
    def exact(self) -> RowVectors:
        return self.vector_index.exact

    @property
    def tokens(self) -> Tokens:
        return self.vector_index.tokens

    @property
    def size(self) -> PassageSize:
        """The passage size, reduced to what the model can read."""
        return self.vector_index.size

    def close(self) -> None:
        self._opened.close()

    def _close_vectors(self) -> None:
        self.vector_index.close()

    def serve_at(self, url: str) -> None:
        """Tell other processes where this one serves the index."""
        self.engine.serve_at(url)

    def recover(self) -> None:
        """Finish an interrupted change: vectors follow the catalog."""
        with self.writing:
            pending = self.catalog.pending()
            if not pending:
                return
            try:
                self.vectors.known(pending)
            except VectorStoreError:
                if self.engine.is_shared:
                    raise
                # An embedded Chroma does not survive being killed while it writes its files.
                self._replace_chroma()
            visible = self.catalog.rows_of(pending)
            self.vectors.delete([each for each in pending if each not in visible])
            missing = self.without_vectors(visible)
            if missing:
                self.put_vectors(missing)
            self.catalog.settle()

    def without_vectors(self, rows: Mapping[str, int]) -> list[str]:
        """Which of these passages, given with their rows, lack a vector in at least one of the two
        vector stores."""
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
            vectors = self.vector_index.embed([new[each] for each in added])
            self._note_model()
            self.catalog.announce({*old, *new})
            self.exact.copy([old[each] for each in kept], [rows[each] for each in kept])
            self.vector_index.put(added, [rows[each] for each in added], vectors)
            with self.columns.changing():
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
            with self.columns.changing():
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
        """Split again the articles with a paragraph that has become repeated, or is no longer
        repeated, because other articles came or went.

        Every change ends with this. If interrupted, opening the index or the next change finishes
        it.
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

    def put_vectors(self, passage_ids: Sequence[str]) -> None:
        """Embed these passages and store their vectors."""
        with self.writing:
            rows = self.catalog.rows_of(passage_ids)
            found = self.catalog.passages(list(rows))
            self._note_model()
            vectors = self.vector_index.embed([found[each] for each in rows])
            self.vector_index.put(list(rows), list(rows.values()), vectors)

    def copy_to_exact(self, passage_ids: Sequence[str]) -> None:
        """Copy the vectors of these passages from Chroma to the exact store."""
        with self.writing:
            rows = self.catalog.rows_of(passage_ids)
            vectors = self.vectors.vectors(list(rows))
            self.exact.put([rows[each] for each in vectors], np.stack(list(vectors.values())))
            self.exact.sync()

    def copy_to_chroma(self, passage_ids: Sequence[str]) -> None:
        """Copy the exact vectors of these passages to Chroma; their cosine to the original ones is
        0.999."""
        with self.writing:
            rows = self.catalog.rows_of(passage_ids)
            self.vectors.put(list(rows), self.exact.vectors(list(rows.values())))

    def _open_vectors(self, embedder: Embedder, rebuild: bool) -> VectorIndex:
        """The vectors in use. With `rebuild`, unreadable ones are abandoned for new ones."""
        name = self._generation()
        try:
            return self.open_generation(name, embedder, read_all=rebuild)
        except VectorStoreError:
            if not rebuild or self.engine.is_shared:
                raise
        # Chroma remembers a folder that it failed to open, so the new ones get another name.
        new = next_generation(self.folder)
        if is_exact_file(exact_path(self.folder, name)):
            shutil.copyfile(exact_path(self.folder, name), exact_path(self.folder, new))
        self.catalog.update_meta({GENERATION: new})
        return self.open_generation(new, embedder)

    def open_generation(
        self, name: str, embedder: Embedder, *, read_all: bool = False
    ) -> VectorIndex:
        """Open the vectors in use, or others beside them. Raises VectorStoreError; with `read_all`,
        also if any vector cannot be read."""
        return self._opened_engine.open_vectors(
            name, embedder, self._size, self.catalog.rows_of, read_all=read_all
        )

    def discard_generation(self, name: str) -> None:
        """Remove vectors that nobody has open."""
        discard_generation(self.folder, name)

    def switch_vectors(self, new: VectorIndex) -> None:
        """Use these vectors, which every passage must have, from now on.

        A search already running continues with the old ones; they are removed once it is over.
        """
        with self.writing:
            old = self.vector_index
            with self.columns.changing():
                self.catalog.update_meta(
                    {
                        GENERATION: new.name,
                        EMBEDDING_MODEL: new.embedder.name,
                        EMBEDDING_FINGERPRINT: new.embedder.fingerprint,
                        UNFINISHED: None,
                    }
                )
                self.vector_index = new
            retire(old, self.folder)

    def _replace_chroma(self) -> None:
        """Start a new generation, filling its Chroma from the exact vectors."""
        old, name = self.vector_index, next_generation(self.folder)
        shutil.copyfile(exact_path(self.folder, old.name), exact_path(self.folder, name))
        new = self.open_generation(name, old.embedder)
        rows = self.catalog.rows_by_passage()
        known = old.exact.known(list(rows.values()))
        ids = [each for each, is_known in zip(rows, known, strict=True) if is_known]
        for start in range(0, len(ids), VECTORS_COPIED_AT_ONCE):
            batch = ids[start : start + VECTORS_COPIED_AT_ONCE]
            new.vectors.put(batch, new.exact.vectors([rows[each] for each in batch]))
        self.catalog.update_meta({GENERATION: name})
        self.vector_index = new
        retire(old, self.folder)

    def _generation(self) -> str:
        return self.catalog.meta(GENERATION) or FIRST_GENERATION

    def _unfinished_generation(self) -> str:
        unfinished = self.catalog.meta(UNFINISHED)
        return "" if unfinished is None else str(json.loads(unfinished)["name"])

    def in_step(self) -> bool:
        """Whether every passage has the vector that searches compare; during a change, whether it
        did before."""
        if self.writing.acquire(blocking=False):
            try:
                if self.engine.is_shared:
                    # A process that was interrupted may not come back.
                    self.recover()
                    self._in_step = self.columns.look().passages == self.vectors.count()
                else:
                    self._look_for_vectors()
            finally:
                self.writing.release()
        return self._in_step

    def _look_for_vectors(self) -> None:
        """Check the exact vectors, since an embedded Chroma would load all of its own; again only
        once something has changed, since a million take 50 ms."""
        looked = self.columns.look(), self.exact, self.exact.changes
        if self._looked is None or any(
            a is not b for a, b in zip(self._looked, looked, strict=True)
        ):
            self._in_step = bool(self.exact.known(np.flatnonzero(looked[0].used).tolist()).all())
            self._looked = looked

    def _note_model(self) -> None:
        if self.catalog.meta(EMBEDDING_MODEL) != self.embedder.name:
            self.catalog.set_meta(EMBEDDING_MODEL, self.embedder.name)
        fingerprint = self.embedder.fingerprint
        if fingerprint and self.catalog.meta(EMBEDDING_FINGERPRINT) != fingerprint:
            self.catalog.set_meta(EMBEDDING_FINGERPRINT, fingerprint)

    def was_built_with(self, embedder: Embedder) -> bool:
        """Whether the vectors come from this model."""
        return is_of_model(self.catalog, embedder)

    def _check_model(self, embedder: Embedder) -> None:
        if self.was_built_with(embedder):
            return
        name = self.catalog.meta(EMBEDDING_MODEL)
        built_with, now = f"the embedding model {name}", f"{embedder.name} is configured now"
        instead = f"Set QA_EMBEDDING_MODEL={name}"
        if name == embedder.name:
            built_with, now = f"other weights of {built_with}", "the configured ones differ"
            instead = "Set QA_EMBEDDING_MODEL to the original model"
        elsewhere = "database (QA_DATABASE_URL)" if self.engine.is_shared else "folder (QA_DATA)"
        raise OtherEmbeddingModel(
            f"The index {self.engine.place} was built with {built_with}, and {now}. {instead}, or "
            f"recompute all vectors with `qa doctor --repair`, or use another {elsewhere}."
        )


def is_of_model(catalog: Catalog, embedder: Embedder) -> bool:
    """Whether the vectors of a catalog's passages come from this model, by its weights if both are
    known, else by its name. An index without vectors fits every model."""
    weights, wanted = catalog.meta(EMBEDDING_FINGERPRINT), embedder.fingerprint
    if weights and wanted:
        return weights == wanted
    return catalog.meta(EMBEDDING_MODEL) in (None, embedder.name)
