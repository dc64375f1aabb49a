"""Articles that are staged but not yet visible, and their paragraphs."""

import json
from collections.abc import Iterable, Iterator

from vectorstore.catalog.database import Database, Transaction
from vectorstore.catalog.publishing import insert_text, next_row
from vectorstore.catalog.repetition import Repetition, paragraphs_to_recognise
from vectorstore.catalog.rows import INFO, article_from, article_values
from vectorstore.types import Article


class IncomingArticles:
    def __init__(self, database: Database) -> None:
        self._db = database

    def clear(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM texts WHERE row IN (SELECT content FROM staged)")
            db.execute("DELETE FROM staged")
            db.execute("DELETE FROM staged_paragraphs")

    def add(self, articles: Iterable[Article]) -> None:
        """Stage the articles; the last of several with the same id wins."""
        with self._db.transaction() as db:
            for article in articles:
                _discard(db, article.id)
                db.execute(
                    "INSERT INTO staged (row, id, title, published, source, author, url, content,"
                    " skipped, keep_all, pages) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        next_row(db, "staged"),
                        *article_values(article, insert_text(db, article.text)),
                    ),
                )
                db.executemany(
                    "INSERT INTO staged_paragraphs VALUES (?, ?, ?)",
                    [
                        (fingerprint, article.id, json.dumps(spans))
                        for fingerprint, spans in paragraphs_to_recognise(article).items()
                    ],
                )

    def discard(self, article_id: str) -> None:
        with self._db.transaction() as db:
            _discard(db, article_id)

    def count(self) -> int:
        return int(self._db.value("SELECT count(*) FROM staged"))

    def repetition(self) -> Repetition:
        """What is repeated once everything staged now is visible."""
        return Repetition(self._db)

    def articles(self) -> Iterator[Article]:
        """The staged articles, in order of arrival. They may be published during iteration."""
        row = 0
        while found := self._db.rows(
            f"SELECT {INFO}, t.text, a.skipped,"
            " a.keep_all, a.row FROM staged a JOIN texts t ON t.row = a.content"
            " WHERE a.row > ? ORDER BY a.row LIMIT 1",
            (row,),
        ):
            (values,) = found
            row = values[10]
            yield article_from(values)


def _discard(db: Transaction, article_id: str) -> None:
    db.execute(
        "DELETE FROM texts WHERE row = (SELECT content FROM staged WHERE id = ?)", (article_id,)
    )
    db.execute("DELETE FROM staged WHERE id = ?", (article_id,))
    db.execute("DELETE FROM staged_paragraphs WHERE article = ?", (article_id,))
