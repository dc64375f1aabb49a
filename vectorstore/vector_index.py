"""One generation of an index's vectors: the model that makes them, and the two stores for them."""

import re
import shutil
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from vectorstore.chroma import VectorStore
from vectorstore.chunking import PassageSize, Tokens, embedded_text, fitted
from vectorstore.clusters import UNFINISHED, Clusters
from vectorstore.exact_vectors import ExactVectors, RowVectors, is_exact_file
from vectorstore.types import ArticleInfo, Embedder, Passage, Vectors

FIRST_GENERATION = "vectors"
VECTORS_COPIED_AT_ONCE = 5_000

RowsOf = Callable[[Sequence[str]], Mapping[str, int]]
"""The rows of passages by id; unknown ones are left out."""

_GENERATION = re.compile(rf"({FIRST_GENERATION}(?:-(\d+))?)(?:\.i8|\.clusters)?(?:\.new)?")


class VectorIndex:
    """The vectors that `embedder` makes of passages, by passage id in Chroma and by row in the
    exact store.

    Any thread may read; one at a time may write. A search uses one of these from its question's
    vector to its last comparison, so that it never compares vectors of two models.
    """

    def __init__(
        self,
        name: str,
        embedder: Embedder,
        vectors: VectorStore,
        exact: RowVectors,
        size: PassageSize,
    ) -> None:
        self.name = name
        self.embedder = embedder
        self.vectors = vectors
        self.exact = exact
        # The passages of an article come one after another, each with its title.
        self.tokens = Tokens(embedder.count_tokens, lru_cache(maxsize=16)(embedder.token_spans))
        self._size = size

    @cached_property
    def size(self) -> PassageSize:
        """The passage size, reduced to what the model can read."""
        return fitted(self._size, self.embedder.max_tokens)

    def embed(self, passages: Sequence[tuple[Passage, ArticleInfo]]) -> Vectors:
        """The vectors (n, d) of passages under the titles of their articles."""
        return self.embedder.embed(
            [
                embedded_text(passage, info.title, self.tokens, self.size)
                for passage, info in passages
            ]
        )

    def put(self, passage_ids: Sequence[str], rows: Sequence[int], vectors: Vectors) -> None:
        """Store one of `vectors` (n, d) for each passage, given by its id and its row."""
        self.exact.put(rows, vectors)
        self.exact.sync()
        self.vectors.put(passage_ids, vectors)

    def clear(self) -> None:
        """Forget everything, whatever its dimension."""
        self.vectors.clear()
        self.exact.clear()

    def close(self) -> None:
        self.vectors.close()
        self.exact.close()


def open_vectors(
    folder: Path,
    name: str,
    embedder: Embedder,
    size: PassageSize,
    rows_of: RowsOf,
    *,
    read_all: bool = False,
) -> VectorIndex:
    """Open or start a generation of the index in `folder`.

    If the file of exact vectors is missing or invalid, it is made from Chroma's; `rows_of` maps
    passage ids to rows.

    Raises VectorStoreError if the vectors cannot be opened; with `read_all`, also if any of them
    cannot be read.
    """
    vectors = VectorStore(folder / name)
    try:
        if read_all:
            vectors.check()
        path = exact_path(folder, name)
        if not is_exact_file(path):
            _make_exact(path, vectors, rows_of)
        exact = ExactVectors(path, Clusters(clusters_path(folder, name)))
        return VectorIndex(name, embedder, vectors, exact, size)
    except BaseException:
        vectors.close()
        raise


def exact_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.i8"


def clusters_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.clusters"


def next_generation(folder: Path) -> str:
    """A name that no generation in this folder has."""
    numbers = [
        int(found[2] or 1)
        for path in folder.iterdir()
        if (found := _GENERATION.fullmatch(path.name))
    ]
    return f"{FIRST_GENERATION}-{max(numbers, default=1) + 1}"


def discard_generations(folder: Path, *, keep: Collection[str]) -> None:
    """Remove the files of all generations but these."""
    for path in folder.iterdir():
        found = _GENERATION.fullmatch(path.name)
        if found and (found[1] not in keep or path.suffix == UNFINISHED):
            discard(path)


def discard_generation(folder: Path, name: str) -> None:
    """Remove the files of a generation that nobody has open."""
    discard(folder / name)
    discard(exact_path(folder, name))
    discard(clusters_path(folder, name))


def retire(index: VectorIndex, folder: Path) -> None:
    """Close the index and remove its files once no search uses it any more: when the last reference
    to it is gone."""
    stores = index.vectors, index.exact
    finalizer = weakref.finalize(index, _end, stores, folder, index.name)
    finalizer.atexit = False  # what is left at exit is removed when the index is next opened


def _end(stores: tuple[VectorStore, RowVectors], folder: Path, name: str) -> None:
    for each in stores:
        each.close()
    discard_generation(folder, name)


def discard(path: Path) -> None:
    """Remove a file, or a folder and its contents."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _make_exact(path: Path, vectors: VectorStore, rows_of: RowsOf) -> None:
    """Write the file of exact vectors from Chroma's, all or nothing."""
    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    with closing(ExactVectors(unfinished)) as exact:
        ids = list(vectors.ids())
        for start in range(0, len(ids), VECTORS_COPIED_AT_ONCE):
            rows = rows_of(ids[start : start + VECTORS_COPIED_AT_ONCE])
            copied = vectors.vectors(list(rows))
            if copied:
                exact.put([rows[each] for each in copied], np.stack(list(copied.values())))
        exact.sync()
    unfinished.replace(path)
