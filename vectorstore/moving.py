"""Moves an index to another engine, without recomputing its vectors."""

from collections.abc import Callable

import numpy as np

from vectorstore.errors import UserError
from vectorstore.ingest import Progress, ignore_progress
from vectorstore.store import GENERATION, Store

VECTORS_MOVED_AT_ONCE = 1_000


class CannotMove(UserError):
    """The index cannot be moved there; the message says why and what to do."""


def move_index(
    source: Store, target: Store, on_progress: Callable[[Progress], None] = ignore_progress
) -> int:
    """Copy the index `source` into the empty index `target`; `source` is left unchanged. Returns
    the number of passages; `on_progress` gets the number done.

    Vectors go first, then the catalog in one transaction: until then, `target` is empty, and an
    interrupted move can be repeated. Close `target` afterwards, and reopen it to use it.

    Raises CannotMove.
    """
    collections = [each.catalog.meta(GENERATION) for each in (source, target)]
    if source.engine.is_shared and collections[0] == collections[1]:
        raise CannotMove(f"The index {source.engine.place} is there already.")
    with source.writing, target.writing:
        if target.catalog.article_ids():
            raise CannotMove(
                f"The index {target.engine.place} has articles. Move into an empty one, or remove "
                "them first."
            )
        ids = list(rows := source.catalog.rows_by_passage())
        if not source.in_step() or source.without_vectors(rows):
            raise CannotMove(
                f"The index {source.engine.place} is damaged: not every passage has its vector. "
                "Run `qa doctor --repair`, then move it."
            )
        target.vectors.clear()
        target.exact.clear()
        target.staging.clear()
        for start in range(0, len(ids), VECTORS_MOVED_AT_ONCE):
            batch = ids[start : start + VECTORS_MOVED_AT_ONCE]
            found = source.vectors.vectors(batch)
            vectors = np.stack([found[each] for each in batch])
            target.exact.put([rows[each] for each in batch], vectors)
            target.vectors.put(batch, vectors)
            done = start + len(batch)
            on_progress(Progress("embedding", done, len(ids), done))
        target.exact.sync()
        target.catalog.take_over(source.catalog.copy_into)
        return len(ids)
