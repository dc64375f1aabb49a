"""The catalog: article texts, their passages and a full-text index over them.

It is the source of truth: search returns only what is in it, even if the vector store still has
more. An article is added or removed in one transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from vectorstore.catalog.database import Database, fold_case
from vectorstore.types import Article, ArticleInfo, Filters, Passage, SkippedSpan, Span

INFO = "a.id, a.title, a.published, a.source, a.author, a.url"
PASSAGE = "p.id, p.start, p.end, p.text, p.sentences"


@dataclass(frozen=True, slots=True)
class RepeatedParagraph:
    """A paragraph of an article, and the fingerprint that identifies it in others."""

    fingerprint: str
    span: Span


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """An article as it was read, with its passages.

    `repeated` are the paragraphs left out of the passages because many articles contain them.
    """

    article: Article
    passages: tuple[Passage, ...]
    repeated: tuple[RepeatedParagraph, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article of the catalog with the number of its passages."""

    info: ArticleInfo
    passages: int


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of articles, newest first. `next_cursor` is None on the last page."""

    articles: tuple[ListedArticle, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over the catalog. `sources` have their numbers of articles, largest first."""

    articles: int
    passages: int
    published_from: date | None
    published_to: date | None
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A passage that a full-text query matched. `bm25` is positive; higher is better."""

    passage_id: str
    article_id: str
    bm25: float


class Catalog:
    def __init__(self, database: Database) -> None:
        self._db = database

    # Settings the index was built with.

    def meta(self, key: str) -> str | None:
        value = self._db.value("SELECT value FROM meta WHERE key = ?", (key,))
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str) -> None:
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # Articles.

    def content_hash(self, article_id: str) -> str | None:
        value = self._db.value("SELECT content_hash FROM articles WHERE id = ?", (article_id,))
        return None if value is None else str(value)

    def article(self, article_id: str) -> Article | None:
        """The article, with paragraphs repeated in many articles among its `skipped` ranges."""
        found = self._read(article_id)
        return None if found is None else skipping(*found)

    def article_as_read(self, article_id: str) -> Article | None:
        found = self._read(article_id)
        return None if found is None else found[0]

    def _read(self, article_id: str) -> tuple[Article, tuple[Span, ...]] | None:
        """The article as it was read and its repeated paragraphs, in one consistent read."""
        rows = self._db.rows(
            f"SELECT {INFO}, t.text, a.skipped, a.keep_all, a.repeated"
            " FROM articles a JOIN texts t ON t.row = a.content WHERE a.id = ?",
            (article_id,),
        )
        for row in rows:
            return article_from(row), spans_from_json(row[9])
        return None

    def article_ids(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT id FROM articles ORDER BY row")]

    def page(self, limit: int, cursor: str | None = None, containing: str = "") -> ArticlePage:
        """Articles with `containing` in the title, source or text; newest first, undated last.

        `cursor` is the `next_cursor` of an earlier page; anything else raises ValueError.
        """
        after_date, after_row = _position("99999999.0" if cursor is None else cursor)
        # Unlike LIKE, instr searches beyond a NUL and has no wildcards.
        columns = SEARCHED if containing else ()
        where = " OR ".join(f"instr(fold_case({each}), ?) > 0" for each in columns) or "1"
        values = [fold_case(containing)] * len(columns)
        rows = self._db.rows(
            f"SELECT {INFO}, (SELECT count(*) FROM passages p WHERE p.article = a.row),"
            f" coalesce(a.published, 0), a.row FROM articles a WHERE ({where})"
            " AND (coalesce(a.published, 0), -a.row) < (?, ?)"
            " ORDER BY coalesce(a.published, 0) DESC, a.row LIMIT ?",
            [*values, after_date, -after_row, limit + 1],
        )
        shown = rows[:limit]
        return ArticlePage(
            articles=tuple(ListedArticle(info_from(row), row[6]) for row in shown),
            total=self._db.value(f"SELECT count(*) FROM articles a WHERE {where}", values),
            next_cursor=f"{shown[-1][7]}.{shown[-1][8]}" if len(rows) > limit else None,
        )

    def newest(self, most: int) -> list[str]:
        """The ids of the `most` newest articles; undated ones last."""
        rows = self._db.rows(
            "SELECT id FROM articles ORDER BY coalesce(published, 0) DESC, row LIMIT ?", (most,)
        )
        return [row[0] for row in rows]

    def summary(self) -> Summary:
        ((articles, first, last),) = self._db.rows(
            "SELECT count(*), min(published), max(published) FROM articles"
        )
        sources = self._db.rows(
            "SELECT source, count(*) AS n FROM articles WHERE source IS NOT NULL"
            " GROUP BY source ORDER BY n DESC, source"
        )
        return Summary(
            articles=articles,
            passages=self._db.value("SELECT count(*) FROM passages"),
            published_from=date_from(first),
            published_to=date_from(last),
            sources=tuple((source, count) for source, count in sources),
        )

    # Passages.

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, ArticleInfo]]:
        """The passages with these ids, by id; missing ones are left out."""
        rows = self._db.rows_for(
            f"SELECT {INFO}, {PASSAGE} FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE p.id IN ({keys})",
            ids,
        )
        return {row[6]: (passage_from(row), info_from(row)) for row in rows}

    def passages_of(self, article_id: str) -> list[Passage]:
        rows = self._db.rows(
            f"SELECT {INFO}, {PASSAGE} FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE a.id = ? ORDER BY p.row",
            (article_id,),
        )
        return [passage_from(row) for row in rows]

    def passage_ids(self, filters: Filters | None = None) -> list[str]:
        """The ids of all passages, or of those in the articles that match `filters`."""
        where, values = filter_clause(filters or Filters())
        rows = self._db.rows(
            "SELECT p.id FROM passages p JOIN articles a ON a.row = p.article"
            f" WHERE {where} ORDER BY p.row",
            values,
        )
        return [row[0] for row in rows]

    def match_terms(
        self, expression: str, limit: int, filters: Filters | None = None
    ) -> list[TermMatch]:
        """The best passages for an FTS5 expression by BM25, best first."""
        where, values = filter_clause(filters or Filters())
        rows = self._db.rows(
            "SELECT p.id, a.id, -bm25(passages_text) AS score FROM passages_text"
            " JOIN passages p ON p.row = passages_text.rowid JOIN articles a ON a.row = p.article"
            f" WHERE passages_text MATCH ? AND {where} ORDER BY score DESC, p.row LIMIT ?",
            [expression, *values, limit],
        )
        return [TermMatch(*row) for row in rows]

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """The number of passages with each indexed (stemmed) term; missing terms are left out."""
        return dict(
            self._db.rows_for(
                "SELECT term, doc FROM passages_terms WHERE term IN ({keys})", list(terms)
            )
        )

    # Writing. Vectors are in another store: `announce` the passages about to change, write both
    # stores, then `settle`. Anything still announced when the catalog is opened was interrupted.

    def announce(self, passage_ids: Iterable[str]) -> None:
        with self._db.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO pending VALUES (?)", [(each,) for each in passage_ids]
            )

    def pending(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT passage FROM pending")]

    def settle(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM pending")

    def publish(self, articles: Sequence[IndexedArticle]) -> None:
        """Make the articles visible, replacing those with the same ids; unstage them."""
        with self._db.transaction() as db:
            for indexed in articles:
                article = indexed.article
                # It keeps its row, so that pages of a list in progress neither repeat nor skip it.
                row = self._db.value("SELECT row FROM articles WHERE id = ?", (article.id,))
                content = _publish_text(db, article)
                db.execute("DELETE FROM articles WHERE id = ?", (article.id,))
                cursor = db.execute(
                    "INSERT INTO articles (row, id, title, published, source, author, url, content,"
                    " skipped, keep_all, repeated, content_hash)"
                    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        row,
                        *article_values(article, content),
                        json.dumps([each.span for each in indexed.repeated]),
                        article.content_hash,
                    ),
                )
                db.executemany(
                    "INSERT INTO passages (id, article, start, end, text, sentences)"
                    " VALUES (?,?,?,?,?,?)",
                    [
                        (p.id, cursor.lastrowid, p.start, p.end, p.text, json.dumps(p.sentences))
                        for p in indexed.passages
                    ],
                )
                _publish_paragraphs(db, article.id, indexed.repeated)

    def remove(self, article_id: str) -> None:
        with self._db.transaction() as db:
            db.execute(
                "DELETE FROM texts WHERE row = (SELECT content FROM articles WHERE id = ?)",
                (article_id,),
            )
            db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
            _forget_paragraphs(db, article_id)

    def unsettled_paragraphs(self) -> list[str]:
        """Fingerprints of repeated paragraphs that are in fewer articles than when last counted."""
        return [row[0] for row in self._db.rows("SELECT fingerprint FROM unsettled_paragraphs")]

    def settle_paragraphs(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM unsettled_paragraphs")

    # Integrity.

    def faults(self) -> list[str]:
        """Problems that SQLite finds in the file and in the full-text index, as sentences."""
        found = [
            f"The catalog file is damaged: {row[0]}."
            for row in self._db.rows("PRAGMA integrity_check(3)")
            if row[0] != "ok"
        ]
        try:
            with self._db.transaction() as db:
                db.execute(
                    "INSERT INTO passages_text (passages_text, rank) VALUES ('integrity-check', 1)"
                )
        except sqlite3.DatabaseError:
            found.append("The full-text index does not match the passages.")
        return found

    def rebuild_full_text(self) -> None:
        with self._db.transaction() as db:
            db.execute("INSERT INTO passages_text (passages_text) VALUES ('rebuild')")


SEARCHED = ("a.title", "a.source", "(SELECT t.text FROM texts t WHERE t.row = a.content)")


def skipping(article: Article, repeated: Iterable[Span]) -> Article:
    """The article with these repeated paragraphs skipped too.

    Ranges stay in order and disjoint; adjacent ones are merged if they have the same reason.
    """
    merged: list[SkippedSpan] = []
    more = (SkippedSpan(start, end, "repeated") for start, end in repeated)
    for start, end, reason in sorted((*article.skipped, *more), key=lambda span: span[:2]):
        last = merged[-1] if merged else SkippedSpan(0, 0)
        if merged and start <= last.end and reason == last.reason:
            merged[-1] = SkippedSpan(last.start, max(last.end, end), reason)
        elif end > last.end:
            merged.append(SkippedSpan(max(start, last.end), end, reason))
    return replace(article, skipped=tuple(merged))


def filter_clause(filters: Filters) -> tuple[str, list[object]]:
    """An SQL condition on `articles a`, and its values."""
    clauses: list[str] = ["1"]
    values: list[object] = []
    if filters.published_from:
        clauses.append("a.published >= ?")
        values.append(date_number(filters.published_from))
    if filters.published_to:
        clauses.append("a.published <= ?")
        values.append(date_number(filters.published_to))
    for column, allowed in (("source", filters.sources), ("id", filters.article_ids)):
        if allowed:
            clauses.append(f"a.{column} IN (SELECT value FROM json_each(?))")
            # json_each would cut a value at a NUL; no id or source contains one.
            values.append(json.dumps([value for value in allowed if "\0" not in value]))
    return " AND ".join(clauses), values


def _position(cursor: str) -> tuple[int, int]:
    """The date and the row in a cursor; raises ValueError."""
    day, row = (int(number) for number in cursor.split("."))
    if max(abs(day), abs(row)) >= 2**63:
        raise ValueError(
            f"{cursor!r} is not a cursor of this list: no article can be at that position."
        )
    return day, row


def date_number(day: date | None) -> int | None:
    """A date as an integer in the same order.

    >>> date_number(date(2022, 4, 20))
    20220420
    """
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day


def date_from(number: int | None) -> date | None:
    if number is None:
        return None
    return date(number // 10_000, number // 100 % 100, number % 100)


def info_values(info: ArticleInfo) -> tuple[object, ...]:
    return (
        info.id,
        info.title,
        date_number(info.published),
        info.source,
        info.author,
        info.url,
    )


def article_values(article: Article, content: int) -> tuple[object, ...]:
    """The values of the columns `id` to `keep_all`; `content` is the row of the text."""
    skipped = json.dumps(article.skipped)
    return (*info_values(article.info), content, skipped, int(article.keep_all))


def article_from(row: Sequence[Any]) -> Article:
    return Article(info_from(row), row[6], skipped_from_json(row[7]), bool(row[8]))


def info_from(row: Sequence[Any]) -> ArticleInfo:
    article_id, title, published, source, author, url = row[:6]
    return ArticleInfo(
        article_id,
        title=title,
        published=date_from(published),
        source=source,
        author=author,
        url=url,
    )


def passage_from(row: Sequence[Any]) -> Passage:
    return Passage(row[6], row[0], row[7], row[8], row[9], spans_from_json(row[10]))


def skipped_from_json(text: str) -> tuple[SkippedSpan, ...]:
    return tuple(SkippedSpan(*each) for each in json.loads(text))


def spans_from_json(text: str) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in json.loads(text))


def insert_text(db: sqlite3.Connection, text: str) -> int:
    """Insert a text and return its row."""
    row = db.execute("INSERT INTO texts (text) VALUES (?)", (text,)).lastrowid
    if row is None:
        raise sqlite3.DatabaseError("The text was not inserted.")
    return row


def _publish_text(db: sqlite3.Connection, article: Article) -> int:
    """Keep one text for the article, the staged one if there is one, and return its row."""
    staged = db.execute("SELECT content FROM staged WHERE id = ?", (article.id,)).fetchone()
    before = db.execute(
        "SELECT a.content, t.text FROM articles a JOIN texts t ON t.row = a.content WHERE a.id = ?",
        (article.id,),
    ).fetchone()
    if staged is None and before is not None and before[1] == article.text:
        return int(before[0])
    if before is not None:
        db.execute("DELETE FROM texts WHERE row = ?", (before[0],))
    return insert_text(db, article.text) if staged is None else int(staged[0])


def _forget_paragraphs(db: sqlite3.Connection, article_id: str) -> None:
    """Forget an article's paragraphs, and note those that may be repeated no longer."""
    db.execute(
        "INSERT OR IGNORE INTO unsettled_paragraphs"
        " SELECT fingerprint FROM paragraphs WHERE article = ? AND skipped = 1",
        (article_id,),
    )
    db.execute("DELETE FROM paragraphs WHERE article = ?", (article_id,))


def _publish_paragraphs(
    db: sqlite3.Connection, article_id: str, repeated: Iterable[RepeatedParagraph]
) -> None:
    staged = db.execute("DELETE FROM staged WHERE id = ?", (article_id,)).rowcount
    if staged:
        _forget_paragraphs(db, article_id)
        db.execute(
            "INSERT INTO paragraphs (fingerprint, article, spans)"
            " SELECT fingerprint, article, spans FROM staged_paragraphs WHERE article = ?",
            (article_id,),
        )
        db.execute("DELETE FROM staged_paragraphs WHERE article = ?", (article_id,))
    db.execute("UPDATE paragraphs SET skipped = 0 WHERE article = ?", (article_id,))
    db.executemany(
        "UPDATE paragraphs SET skipped = 1 WHERE article = ? AND fingerprint = ?",
        [(article_id, each.fingerprint) for each in repeated],
    )
