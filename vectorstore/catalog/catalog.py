"""The catalog: article texts, their passages and a full-text index over them.

It is the source of truth: search returns only what is in it, even if the vector store still has
more. An article is added or removed in one transaction.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from vectorstore.bm25 import Postings
from vectorstore.catalog.database import Database, Transaction, fold_case
from vectorstore.catalog.postings import (
    document_frequency,
    index_passages,
    postings_differ,
    read_postings,
    terms_from,
)
from vectorstore.catalog.publishing import publish_articles, remove_article
from vectorstore.catalog.records import (
    MOST_MEMBERS,
    ArticlePage,
    IndexedArticle,
    ListedArticle,
    PassageFacts,
    Story,
    Summary,
    skipping,
)
from vectorstore.catalog.rows import (
    INFO,
    PASSAGE,
    article_from,
    date_from,
    info_from,
    passage_from,
    place_from,
    spans_from_json,
)
from vectorstore.catalog.stories import Stories
from vectorstore.catalog.transfer import copy_catalog
from vectorstore.types import Article, ArticleInfo, Passage, Span

POSTINGS, STORIES = "postings", "stories"
FULL_TEXT_DIFFERS = "The full-text index does not match the passages."
PASSAGES_READ_AT_ONCE = 2_000
ARTICLES_COMPARED_AT_ONCE = 500
UNDATED = 99_999_999
"""Later than any date."""
VERSION = "version"
NEXT_VERSION = (
    "INSERT INTO meta VALUES (?, '1') ON CONFLICT (key) DO UPDATE"
    " SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)"
)
SEARCHED = ("a.title", "a.source", "(SELECT t.text FROM texts t WHERE t.row = a.content)")

_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Catalog:
    def __init__(self, database: Database, stories: Stories | None = None) -> None:
        self._db = database
        self._stories = stories or Stories()

    # Settings the index was built with.

    def meta(self, key: str) -> str | None:
        value = self._db.value("SELECT value FROM meta WHERE key = ?", (key,))
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT INTO meta VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, value),
            )

    def update_meta(self, values: Mapping[str, str | None]) -> None:
        """Set several settings together; None removes one."""
        with self._db.transaction() as db:
            db.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in values])
            db.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [(key, value) for key, value in values.items() if value is not None],
            )

    def version(self) -> int:
        """Grows with every change to articles, and is stored with them."""
        return int(self.meta(VERSION) or 0)

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
            return article_from(row), spans_from_json(row[10])
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
        where = " OR ".join(f"instr(fold_case({each}), ?) > 0" for each in columns) or "1 = 1"
        values = [fold_case(containing)] * len(columns)
        rows = self._db.rows(
            f"SELECT {INFO}, (SELECT count(*) FROM passages p WHERE p.article = a.row),"
            f" coalesce(a.published, 0), a.row FROM articles a WHERE ({where})"
            " AND (coalesce(a.published, 0), -a.row) < (?, ?)"
            " ORDER BY coalesce(a.published, 0) DESC, a.row LIMIT ?",
            [*values, after_date, -after_row, limit + 1],
        )
        shown = rows[:limit]
        total = len(rows)
        if cursor is not None or len(rows) > limit:
            # With a text to look for, this reads all texts once more.
            total = self._db.value(f"SELECT count(*) FROM articles a WHERE {where}", values)
        return ArticlePage(
            articles=tuple(ListedArticle(info_from(row), row[7]) for row in shown),
            total=total,
            next_cursor=f"{shown[-1][8]}.{shown[-1][9]}" if len(rows) > limit else None,
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
        return {row[7]: (passage_from(row), info_from(row)) for row in rows}

    def passages_of(self, article_id: str) -> list[Passage]:
        rows = self._db.rows(
            f"SELECT {INFO}, {PASSAGE} FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE a.id = ? ORDER BY p.row",
            (article_id,),
        )
        return [passage_from(row) for row in rows]

    def rows_by_passage(self) -> dict[str, int]:
        """The rows of all passages, by id."""
        return dict(self._db.rows("SELECT id, row FROM passages ORDER BY row"))

    def passages_at(self, rows: Sequence[int]) -> dict[int, tuple[Passage, ArticleInfo]]:
        """The passages in these rows, by row; missing ones are left out."""
        found = self._db.rows_for(
            f"SELECT {INFO}, {PASSAGE}, p.row FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE p.row IN ({keys})",
            rows,
        )
        return {row[12]: (passage_from(row), info_from(row)) for row in found}

    def places_of(self, rows: Sequence[int]) -> dict[int, tuple[str, int, int]]:
        """The article, start and end of the passages in these rows, by row; missing ones are left
        out."""
        found = self._db.rows_for(
            'SELECT p.row, a.id, p.start, p."end"'
            " FROM passages p JOIN articles a ON a.row = p.article WHERE p.row IN ({keys})",
            rows,
        )
        return {row: (article_id, start, end) for row, article_id, start, end in found}

    def rows_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The rows of the passages with these ids, by id; missing ones are left out."""
        return dict(self._db.rows_for("SELECT id, row FROM passages WHERE id IN ({keys})", ids))

    def rows_of_articles(self, article_ids: Sequence[str]) -> list[int]:
        """The rows of these articles' passages. No id contains half of a surrogate pair."""
        found = self._db.rows_for(
            "SELECT p.row FROM passages p JOIN articles a ON a.row = p.article"
            " WHERE a.id IN ({keys})",
            [each for each in article_ids if not _SURROGATE.search(each)],
        )
        return [row for (row,) in found]

    def passage_facts(self) -> list[PassageFacts]:
        """What search needs to know about every passage."""
        return [
            PassageFacts(*row)
            for row in self._db.rows(
                "SELECT p.row, p.words, a.published, a.source"
                " FROM passages p JOIN articles a ON a.row = p.article"
            )
        ]

    # Full text.

    def postings(self, terms: Sequence[str]) -> dict[str, Postings]:
        """The passages with each indexed (stemmed) term; missing terms are left out."""
        return read_postings(self._db, terms)

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """The number of passages with each indexed (stemmed) term; missing terms are left out."""
        return document_frequency(self._db, list(terms))

    def terms_from(self, first: str, lengths: tuple[int, int]) -> list[tuple[str, int]]:
        """The indexed terms that begin with `first`, from the shortest to the longest of `lengths`,
        and the number of passages with each."""
        return terms_from(self._db, first, lengths)

    # Writing. Vectors are in another store: `announce` the passages about to change, write both
    # stores, then `settle`. Anything still announced when the catalog is opened was interrupted.

    def announce(self, passage_ids: Iterable[str]) -> None:
        with self._db.transaction() as db:
            db.executemany(
                "INSERT INTO pending VALUES (?) ON CONFLICT DO NOTHING",
                [(each,) for each in passage_ids],
            )

    def pending(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT passage FROM pending")]

    def settle(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM pending")

    def publish(
        self, articles: Sequence[IndexedArticle], rows: Mapping[str, int]
    ) -> list[PassageFacts]:
        """Make the articles visible, replacing those with the same ids; unstage them.

        `rows` holds an unused row for each passage, by id. Returns the facts about the passages.
        """
        with self._db.transaction() as db:
            facts = publish_articles(db, articles, rows)
            told = (skipping(e.article, (each.span for each in e.repeated)) for e in articles)
            self._stories.put(db, told)
            db.execute(NEXT_VERSION, (VERSION,))
            return facts

    def remove(self, article_id: str) -> None:
        with self._db.transaction() as db:
            remove_article(db, article_id)
            self._stories.remove(db, article_id)
            db.execute(NEXT_VERSION, (VERSION,))

    def copy_into(self, target: Transaction) -> None:
        """Copy everything visible into an empty catalog."""
        copy_catalog(self._db, target)

    def take_over(self, copy_into: Callable[[Transaction], None]) -> None:
        """Take over everything that another catalog's `copy_into` copies, in one transaction."""
        with self._db.transaction() as db:
            copy_into(db)

    def unsettled_paragraphs(self) -> list[str]:
        """Fingerprints of paragraphs in articles that have changed since `settle_paragraphs`."""
        return [row[0] for row in self._db.rows("SELECT fingerprint FROM unsettled_paragraphs")]

    def settle_paragraphs(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM unsettled_paragraphs")

    # Integrity.

    def faults(self) -> list[str]:
        """Problems with the database and the full-text index, as sentences."""
        found = [f"The catalog file is damaged: {each}." for each in self._db.faults()]
        if postings_differ(self._db):
            found.append(FULL_TEXT_DIFFERS)
        return found

    def full_text_is_missing(self) -> bool:
        """Whether the index comes from a layout that had a different full-text index."""
        return self.meta(POSTINGS) is not None

    def rebuild_full_text(self) -> None:
        """Rebuild the postings from the passages, in one transaction."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM postings")
            last = -1
            while passages := db.execute(
                "SELECT row, text FROM passages WHERE row > ? ORDER BY row LIMIT ?",
                (last, PASSAGES_READ_AT_ONCE),
            ).fetchall():
                last = passages[-1][0]
                index_passages(db, passages)
            db.execute("DELETE FROM meta WHERE key = ?", (POSTINGS,))

    # Stories.

    def stories_are_missing(self) -> bool:
        """Whether the index comes from a layout without stories, or finding them was cut short."""
        return self.meta(STORIES) is not None

    def find_more_stories(self, at_once: int = ARTICLES_COMPARED_AT_ONCE) -> bool:
        """Find stories for some of the articles that have none yet; returns whether more may be
        left."""
        with self._db.transaction() as db:
            rows = db.execute(
                f"SELECT {INFO}, t.text, a.skipped, a.keep_all, a.repeated, a.row"
                " FROM articles a JOIN texts t ON t.row = a.content"
                " WHERE a.row > ? ORDER BY a.row LIMIT ?",
                (self._stories_found_to(db), at_once),
            ).fetchall()
            if not rows:
                db.execute("DELETE FROM meta WHERE key = ?", (STORIES,))
                return False
            found = [skipping(article_from(row), spans_from_json(row[10])) for row in rows]
            self._stories.put(db, found)
            db.execute("UPDATE meta SET value = ? WHERE key = ?", (str(rows[-1][11]), STORIES))
            return True

    def _stories_found_to(self, db: Transaction) -> int:
        """The row of the last article whose story was found."""
        ((value,),) = db.execute("SELECT value FROM meta WHERE key = ?", (STORIES,)).fetchall()
        return 0 if value == "missing" else int(value)

    def stories(self, article_ids: Sequence[str]) -> dict[str, Story]:
        """The story of each of these articles, by id; those without copies are left out."""
        found = self._db.rows_for(
            "SELECT a.article, w.story FROM article_wordings a"
            " JOIN wordings w ON w.wording = a.wording WHERE a.article IN ({keys})"
            " AND (SELECT 1 FROM article_wordings x JOIN wordings y ON y.wording = x.wording"
            " WHERE y.story = w.story LIMIT 1 OFFSET 1) IS NOT NULL",
            article_ids,
        )
        names = dict(found)
        told = {name: self._story(name) for name in {*names.values()}}
        # An article may have been removed since the first read.
        return {each: told[name] for each, name in names.items() if told[name].count > 1}

    def _story(self, name: int) -> Story:
        of_it = (
            " FROM articles a JOIN article_wordings x ON x.article = a.id"
            " JOIN wordings w ON w.wording = x.wording WHERE w.story = ?"
        )
        rows = self._db.rows(
            f"SELECT {INFO}{of_it} ORDER BY coalesce(a.published, {UNDATED}), a.id LIMIT ?",
            (name, MOST_MEMBERS),
        )
        count = len(rows)
        if count == MOST_MEMBERS:
            count = int(self._db.value(f"SELECT count(*){of_it}", (name,)))
        return Story(tuple(info_from(row) for row in rows), count)
