"""The catalog: article texts, their passages and a full-text index over them.

It is the source of truth: search returns only what is in it, even if the vector store still has
more. An article is added or removed in one transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from vectorstore.catalog.database import Database, fold_case
from vectorstore.catalog.publishing import publish_article, remove_article
from vectorstore.catalog.records import (
    ArticlePage,
    IndexedArticle,
    ListedArticle,
    Summary,
    TermMatch,
    skipping,
)
from vectorstore.catalog.rows import (
    INFO,
    PASSAGE,
    article_from,
    date_from,
    filter_clause,
    info_from,
    passage_from,
    place_from,
    spans_from_json,
)
from vectorstore.types import Article, ArticleInfo, Filters, Passage, Span

SEARCHED = ("a.title", "a.source", "(SELECT t.text FROM texts t WHERE t.row = a.content)")


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
        after_date, after_row = place_from("99999999.0" if cursor is None else cursor)
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
        """The ids of all passages, or of those in articles that match `filters`."""
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
                publish_article(db, indexed)

    def remove(self, article_id: str) -> None:
        with self._db.transaction() as db:
            remove_article(db, article_id)

    def unsettled_paragraphs(self) -> list[str]:
        """Fingerprints of paragraphs in articles that have changed since `settle_paragraphs`."""
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
