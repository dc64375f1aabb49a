"""Embeds an index with another model beside the vectors in use, then switches to the new ones.

Searches and changes go on meanwhile. If interrupted, the vectors in use stay, and the next run for
the same model picks up those already made.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from vectorstore.errors import UserError
from vectorstore.ingest import PASSAGES_EMBEDDED_AT_ONCE, Progress, ignore_progress
from vectorstore.integrity import split_too_long
from vectorstore.store import UNFINISHED, Store
from vectorstore.types import Embedder
from vectorstore.vector_index import VECTORS_COPIED_AT_ONCE, VectorIndex, next_generation

FEW_LEFT = 64
"""With this many passages or fewer left, changes wait until the new vectors are in use."""
MOST_ROUNDS = 20


class ReindexRefused(UserError):
    """The index cannot be re-embedded; the message says why."""


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """How many passages there are, and how many of them `model` embedded in this run, not counting
    those of an earlier, interrupted run."""

    model: str
    passages: int
    embedded: int


class Reindexing:
    """Re-embeds one index, one run at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running = threading.Lock()

    def run(
        self, embedder: Embedder, on_progress: Callable[[Progress], None] = ignore_progress
    ) -> ReindexReport:
        """Embed every passage with `embedder`, and search with it from then on.

        `on_progress` gets the number of passages done; an exception from it interrupts the run.

        Raises ReindexRefused if a run is in progress, and what the embedder raises.
        """
        if not self._running.acquire(blocking=False):
            raise ReindexRefused("The index is being embedded anew already. Wait until it is done.")
        try:
            return self._run(embedder, on_progress)
        finally:
            self._running.release()

    def _run(self, embedder: Embedder, on_progress: Callable[[Progress], None]) -> ReindexReport:
        store = self._store
        if store.engine.is_shared:
            raise ReindexRefused(
                "An index on servers is not embedded beside itself. Set QA_EMBEDDING_MODEL to the "
                "other model and run `qa doctor --repair`; or copy the index into a folder with "
                "`qa move`, embed it there, and move it back."
            )
        if store.was_built_with(embedder) and store.catalog.summary().articles:
            raise ReindexRefused(f"The index is searched with {embedder.name} already.")
        embedder.embed(["ready"])  # an unusable model raises here
        new = self._begin(embedder)
        try:
            building = _Building(store, new)
            embedded = building.follow(on_progress)
            with store.writing:
                store.recover()
                embedded += building.finish(on_progress)
                store.switch_vectors(new)
        except BaseException:
            if store.vector_index is not new:
                new.close()
            raise
        split_too_long(store, on_progress)
        return ReindexReport(embedder.name, store.catalog.summary().passages, embedded)

    def _begin(self, embedder: Embedder) -> VectorIndex:
        """The vectors of an interrupted run with this model, or new ones."""
        store = self._store
        model = {"model": embedder.name, "fingerprint": embedder.fingerprint}
        unfinished = json.loads(store.catalog.meta(UNFINISHED) or "{}")
        if {key: unfinished.get(key) for key in model} == model:
            return store.open_generation(unfinished["name"], embedder)
        if unfinished:
            store.discard_generation(unfinished["name"])
        name = next_generation(store.folder)
        store.catalog.set_meta(UNFINISHED, json.dumps({"name": name, **model}))
        return store.open_generation(name, embedder)


class _Building:
    """New vectors, which follow the catalog until every passage has one."""

    def __init__(self, store: Store, new: VectorIndex) -> None:
        self._store = store
        self._new = new
        self._rows: dict[str, int] = {}
        """The row of each passage's exact vector, by passage id."""
        self._done = 0

    def follow(self, on_progress: Callable[[Progress], None]) -> int:
        """Embed until few passages are left. Returns how many were embedded."""
        rows = self._store.catalog.rows_by_passage()
        self._copy_to_exact(rows, self._new.vectors.known(list(rows)))
        embedded = 0
        for _ in range(MOST_ROUNDS):
            missing = self._missing()
            if len(missing) <= FEW_LEFT:
                break
            embedded += self._embed(missing, on_progress)
        return embedded

    def finish(self, on_progress: Callable[[Progress], None]) -> int:
        """Embed the rest, and remove vectors of no passage, while nothing else changes. Returns how
        many passages were embedded."""
        embedded = self._embed(self._missing(), on_progress)
        rows = self._store.catalog.rows_by_passage()
        self._new.vectors.delete(sorted({*self._new.vectors.ids()} - rows.keys()))
        self._copy_to_exact(rows, [each for each in rows if self._rows.get(each) != rows[each]])
        return embedded

    def _missing(self) -> list[str]:
        rows = self._store.catalog.rows_by_passage()
        known = self._new.vectors.known(list(rows))
        return [each for each in rows if each not in known]

    def _embed(self, passage_ids: list[str], on_progress: Callable[[Progress], None]) -> int:
        total = self._done + len(passage_ids)
        for start in range(0, len(passage_ids), PASSAGES_EMBEDDED_AT_ONCE):
            batch = passage_ids[start : start + PASSAGES_EMBEDDED_AT_ONCE]
            passages = self._store.catalog.passages(batch)
            if passages:
                vectors = self._new.embed(list(passages.values()))
                rows = self._store.catalog.rows_of(list(passages))
                self._new.vectors.put(list(passages), vectors)
                here = [index for index, each in enumerate(passages) if each in rows]
                put = [rows[each] for each in passages if each in rows]
                self._new.exact.put(put, vectors[here])
                self._rows |= rows
            self._done += len(batch)
            on_progress(Progress("embedding", self._done, total, self._done))
        return len(passage_ids)

    def _copy_to_exact(self, rows: Mapping[str, int], passage_ids: Iterable[str]) -> None:
        ids = list(passage_ids)
        for start in range(0, len(ids), VECTORS_COPIED_AT_ONCE):
            copied = self._new.vectors.vectors(ids[start : start + VECTORS_COPIED_AT_ONCE])
            put = {each: rows[each] for each in copied}
            self._new.exact.put(list(put.values()), np.stack(list(copied.values())))
            self._rows |= put
        self._new.exact.sync()
