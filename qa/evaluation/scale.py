"""How search, memory and disk grow with the collection, measured on drawn collections."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.drawn_collection import (
    DAYS,
    FIRST_DAY,
    RealPassage,
    draw_articles,
)
from qa.http_client import Client
from qa.settings import environment_without_settings
from vectorstore.catalog.records import IndexedArticle
from vectorstore.embedding import BundledEmbedder
from vectorstore.engine import read_owner
from vectorstore.errors import UserError
from vectorstore.ingest import ingest
from vectorstore.retrieval import lexical_scores, nearest_rows
from vectorstore.store import Store
from vectorstore.types import Article, Embedder, Filters, Span, Vectors

PASSAGES_PUBLISHED_AT_ONCE = 2_000
RECALL_AT = 10
QUESTIONS_OF_A_ROW = 100
QUESTIONS_TO_WARM_UP = 20
NO_FILTER = "no filter"
FULL_TEXT = "full text alone, without HTTP"
SECONDS_TO_START = 600
SECONDS_FOR_EXAMPLES = 20
BUILT_AT = "passages-per-second"
"""The file in a drawn collection's folder that says how fast it was stored, and what from."""


class KeptCollectionError(UserError):
    """The folder holds a collection that was not drawn from these articles."""


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of search: its times over HTTP, and what share of the exact ten nearest it finds."""

    name: str
    p50_ms: float
    p95_ms: float
    recall: float | None


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """What was measured on a collection of `passages` passages."""

    passages: int
    rows: tuple[Row, ...]
    stored_per_second: float
    ready_seconds: float
    memory_mb: float | None
    disk_mb: float

    @property
    def filtered(self) -> tuple[Row, ...]:
        return tuple(each for each in self.rows if each.name not in (NO_FILTER, FULL_TEXT))

    def row(self, name: str) -> Row:
        """The row of this name. Raises KeyError."""
        return {each.name: each for each in self.rows}[name]


FILTERS: dict[str, Filters] = {
    NO_FILTER: Filters(),
    "dates, 1%": Filters(
        published_from=FIRST_DAY + timedelta(days=500),
        published_to=FIRST_DAY + timedelta(days=509),
    ),
    "dates, 50%": Filters(published_from=FIRST_DAY + timedelta(days=DAYS // 2)),
    "dates, 100%": Filters(published_from=FIRST_DAY),
    "a source, about 2%": Filters(sources=("Source 5",)),
    "a source, about 40%": Filters(sources=("Source 1",)),
}


class DrawnVectors:
    """The bundled model's name with given vectors: embedding a million passages would take hours,
    and is measured elsewhere."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.name = model.name
        self.fingerprint = model.fingerprint
        self.dimension = model.dimension
        self.max_tokens = model.max_tokens
        self.next: Vectors = np.empty((0, 0), np.float32)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.next

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)

    def token_spans(self, text: str) -> list[Span]:
        return [Span(0, len(text))]


def real_passages(folder: Path, articles: Sequence[Article]) -> list[RealPassage]:
    """The passages of real articles, embedded by the bundled model in an index in `folder`."""
    store = Store(folder, BundledEmbedder())
    try:
        ingest(store, articles)
        rows = store.catalog.rows_by_passage()
        vectors = store.exact.vectors(list(rows.values()))
        found = store.catalog.passages(list(rows))
        return [
            RealPassage(
                tuple(
                    found[each][0].text[
                        s.start - found[each][0].start : s.end - found[each][0].start
                    ]
                    for s in found[each][0].sentences
                ),
                vector,
            )
            for each, vector in zip(rows, vectors, strict=True)
            if found[each][0].sentences
        ]
    finally:
        store.close()


def build(folder: Path, real: Sequence[RealPassage], passages: int) -> float:
    """Store a drawn collection. Returns the passages stored per second."""
    drawn = DrawnVectors(BundledEmbedder())
    store = Store(folder, drawn)
    started = time.perf_counter()
    done = 0
    try:
        for articles, vectors in _batches(draw_articles(real, passages)):
            drawn.next = vectors
            store.publish(articles)
            done += len(vectors)
    finally:
        store.close()
    return done / (time.perf_counter() - started)


def measure_collection(
    folder: Path, real: Sequence[RealPassage], passages: int, questions: Sequence[str]
) -> ScaleResult:
    """Search a drawn collection through its own service, and measure what that takes.

    It is built in `folder` unless an earlier call has done so. Raises KeptCollectionError if what
    is there was drawn from other passages.
    """
    rate = built(folder, real, passages)
    asked = {name: questions_of_row(questions, place) for place, name in enumerate(FILTERS)}
    recalls, stored = _recalls(folder, real, passages, asked)
    return _measure(folder, asked, questions[-QUESTIONS_TO_WARM_UP:], recalls, stored, rate)


def questions_of_row(questions: Sequence[str], place: int) -> Sequence[str]:
    """The questions for one kind of search: others for each, if there are enough, so that none is
    measured with what the one before left in the system's caches."""
    own = questions[place * QUESTIONS_OF_A_ROW : (place + 1) * QUESTIONS_OF_A_ROW]
    return own if len(own) == QUESTIONS_OF_A_ROW else questions[:QUESTIONS_OF_A_ROW]


def built(folder: Path, real: Sequence[RealPassage], passages: int) -> float:
    """The passages stored per second when the collection in `folder` was built; builds it if there
    is none. Raises KeptCollectionError.
    """
    drawn_from = sha256(repr(([each.sentences for each in real], passages)).encode()).hexdigest()
    note = folder / BUILT_AT
    if not note.exists():
        rate = build(folder, real, passages)
        note.write_text(f"{rate} {drawn_from}", "utf-8")
        return rate
    rate_then, *drawn_then = note.read_text("utf-8").split()
    if drawn_then != [drawn_from]:
        raise KeptCollectionError(
            f"{folder} holds a collection that was not drawn from these articles. Remove it, or "
            "keep the new one in another folder."
        )
    return float(rate_then)


def _measure(
    folder: Path,
    asked: Mapping[str, Sequence[str]],
    warming_up: Sequence[str],
    recalls: dict[str, float],
    passages: int,
    stored_per_second: float,
) -> ScaleResult:
    with serving(folder) as (client, process, ready_seconds):
        _wait_for_examples(client)
        for question in warming_up:
            client.search(question, RECALL_AT)
        rows = []
        for name, filters in FILTERS.items():
            times = [_milliseconds(client, question, filters) for question in asked[name]]
            rows.append(_row(name, times, recalls[name]))
        memory = resident_mb(process.pid)
    rows.append(_full_text_row(folder, asked[NO_FILTER]))
    return ScaleResult(
        passages, tuple(rows), stored_per_second, ready_seconds, memory, disk_mb(folder)
    )


@contextmanager
def serving(
    folder: Path, **settings: str
) -> Iterator[tuple[Client, "subprocess.Popen[bytes]", float]]:
    """A service over this index in its own process, and the seconds until it was ready.

    It has these settings alone: those of the environment or a .env may name another index.
    """
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # this program
        [sys.executable, "-m", "qa", "serve", "--port", "0", "--data", str(folder.absolute())],
        cwd=folder,
        env=environment_without_settings() | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        client = _wait_until_ready(process, folder, started)
        with client:
            yield client, process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def resident_mb(pid: int) -> float | None:
    """The memory of a process, shared file pages included, in MB; None where the system has no
    /proc, as macOS."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return None
    [kilobytes] = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1_024


def disk_mb(folder: Path) -> float:
    """The disk space taken by the files below a folder, in MB."""
    found = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(512 * each.st_blocks for each in found) / 2**20


def _batches(
    drawn: Iterator[tuple[IndexedArticle, Vectors]],
) -> Iterator[tuple[list[IndexedArticle], Vectors]]:
    articles: list[IndexedArticle] = []
    vectors: list[Vectors] = []
    for article, its_vectors in drawn:
        articles.append(article)
        vectors.append(its_vectors)
        if sum(map(len, vectors)) >= PASSAGES_PUBLISHED_AT_ONCE:
            yield articles, np.concatenate(vectors)
            articles, vectors = [], []
    if articles:
        yield articles, np.concatenate(vectors)


def _recalls(
    folder: Path,
    real: Sequence[RealPassage],
    passages: int,
    asked: Mapping[str, Sequence[str]],
) -> tuple[dict[str, float], int]:
    """For each kind of search, the share of the exact ten nearest that it finds; and the number of
    passages."""
    embedder = BundledEmbedder()
    vectors = {name: embedder.embed(questions) for name, questions in asked.items()}
    exact = exact_nearest(draw_articles(real, passages), vectors)
    store = Store(folder, embedder)
    try:
        columns = store.columns.look()
        found: dict[str, float] = {}
        for name, filters in FILTERS.items():
            allowed = store.allowed(columns, filters) if filters else None
            shares = []
            for vector, best in zip(vectors[name], exact[name], strict=True):
                rows = store.catalog.rows_of(best).values()
                got = list(nearest_rows(store, store.vector_index, vector, columns, allowed))
                shares.append(len({*rows} & {*got[:RECALL_AT]}) / max(1, len(best)))
            found[name] = statistics.mean(shares)
        return found, columns.passages
    finally:
        store.close()


def exact_nearest(
    drawn: Iterable[tuple[IndexedArticle, Vectors]], questions: Mapping[str, Vectors]
) -> dict[str, list[list[str]]]:
    """For each kind of search and each of its question vectors (q, d), the ids of the ten passages
    whose vectors, as drawn, are nearest; in no particular order."""
    nearest = {name: _Nearest(len(questions[name])) for name in FILTERS}
    for articles, vectors in _batches(iter(drawn)):
        owners = [each.article.info for each in articles for _ in each.passages]
        ids = np.array([passage.id for each in articles for passage in each.passages])
        for name, filters in FILTERS.items():
            allowed = np.array([filters.let_through(each) for each in owners])
            nearest[name].add(ids[allowed], questions[name] @ vectors[allowed].T)
    return {name: each.ids.tolist() for name, each in nearest.items()}


class _Nearest:
    """The ids (q, 10) of the passages with the highest similarities added so far."""

    def __init__(self, questions: int) -> None:
        self.ids = np.empty((questions, 0), np.str_)
        self._similarities = np.empty((questions, 0), np.float32)

    def add(self, ids: NDArray[np.str_], similarities: Vectors) -> None:
        """Passages (n,) and their similarities (q, n)."""
        known = np.concatenate([self._similarities, similarities], axis=1)
        names = np.concatenate([self.ids, np.broadcast_to(ids, similarities.shape)], axis=1)
        best = np.argsort(-known, axis=1, kind="stable")[:, :RECALL_AT]
        self._similarities = np.take_along_axis(known, best, axis=1)
        self.ids = np.take_along_axis(names, best, axis=1)


def _full_text_row(folder: Path, questions: Sequence[str]) -> Row:
    store = Store(folder, BundledEmbedder())
    try:
        columns = store.columns.look()
        times = []
        for question in questions:
            started = time.perf_counter()
            lexical_scores(store, question, columns)
            times.append(1_000 * (time.perf_counter() - started))
        return _row(FULL_TEXT, times, None)
    finally:
        store.close()


def _row(name: str, times: Sequence[float], recall: float | None) -> Row:
    return Row(name, statistics.median(times), statistics.quantiles(times, n=20)[-1], recall)


def _milliseconds(client: Client, question: str, filters: Filters) -> float:
    started = time.perf_counter()
    client.search(question, RECALL_AT, filters)
    return 1_000 * (time.perf_counter() - started)


def _wait_for_examples(client: Client) -> None:
    """Waits until the service has chosen example questions, which keeps a core busy for seconds;
    there may be none."""
    until = time.perf_counter() + SECONDS_FOR_EXAMPLES
    while not client.collection().example_questions and time.perf_counter() < until:
        time.sleep(0.5)


def _wait_until_ready(process: "subprocess.Popen[bytes]", folder: Path, started: float) -> Client:
    while process.poll() is None and time.perf_counter() - started < SECONDS_TO_START:
        owner = read_owner(folder)
        if owner is not None and owner.url is not None and owner.pid == process.pid:
            client = Client(owner.url)
            client.search("ready", 1)
            return client
        time.sleep(0.1)
    raise SystemExit("The service did not start. Run `qa serve` to see why.")
