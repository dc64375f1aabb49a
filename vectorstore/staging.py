"""Articles that are read and not yet visible, and the paragraphs they share with others.

A paragraph that stands in several different stories is no news in any of them: a house notice, an
invitation, a note about the author. Copies of one story under several sources share all their
paragraphs and are one story here, known by its longest paragraph.
"""

import json
from collections.abc import Iterable, Iterator

from vectorstore.catalog import RepeatedParagraph, info_from, info_values, spans_from_json
from vectorstore.database import Database
from vectorstore.paragraphs import paragraph_fingerprint, paragraph_spans
from vectorstore.types import Article

STORIES_THAT_MAKE_IT_REPEATED = 3


class Staging:
    def __init__(self, database: Database) -> None:
        self._db = database

    def clear(self) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM staged")
            db.execute("DELETE FROM staged_paragraphs")

    def add(self, articles: Iterable[Article]) -> None:
        """Stage the articles; a later one takes the place of an earlier one with the same id."""
        with self._db.transaction() as db:
            for article in articles:
                paragraphs = paragraphs_to_recognise(article.text)
                story = story_of(paragraphs)
                db.execute(
                    "INSERT OR REPLACE INTO staged (id, title, published, source, author, url,"
                    " text, skipped) VALUES (?,?,?,?,?,?,?,?)",
                    (*info_values(article.info), article.text, json.dumps(article.skipped)),
                )
                db.execute("DELETE FROM staged_paragraphs WHERE article = ?", (article.id,))
                db.executemany(
                    "INSERT OR IGNORE INTO staged_paragraphs VALUES (?, ?, ?)",
                    [(paragraph.fingerprint, article.id, story) for paragraph in paragraphs],
                )

    def count(self) -> int:
        return int(self._db.value("SELECT count(*) FROM staged"))

    def articles(self) -> Iterator[Article]:
        """The staged articles, in the order they came. They may be published meanwhile."""
        row = 0
        while found := self._db.rows(
            "SELECT a.id, a.title, a.published, a.source, a.author, a.url, a.text, a.skipped,"
            " a.row FROM staged a WHERE a.row > ? ORDER BY a.row LIMIT 1",
            (row,),
        ):
            (values,) = found
            row = values[8]
            yield Article(info_from(values), values[6], spans_from_json(values[7]))

    def articles_to_split_again(self) -> list[str]:
        """Visible articles, not staged themselves, with a paragraph that the staged ones make a
        repeated one."""
        rows = self._db.rows(
            "SELECT DISTINCT article FROM paragraphs WHERE skipped = 0"
            " AND article NOT IN (SELECT id FROM staged) AND fingerprint IN ("
            "  SELECT fingerprint FROM coming_paragraphs"
            "  WHERE fingerprint IN (SELECT fingerprint FROM staged_paragraphs)"
            "  GROUP BY fingerprint HAVING count(DISTINCT story) >= ?)",
            (STORIES_THAT_MAKE_IT_REPEATED,),
        )
        return [row[0] for row in rows]

    def repeated_in(self, article: Article) -> tuple[RepeatedParagraph, ...]:
        """The article's paragraphs that are repeated ones, once everything staged is visible."""
        paragraphs = paragraphs_to_recognise(article.text)
        rows = self._db.rows_for(
            "SELECT fingerprint, count(DISTINCT story) FROM coming_paragraphs"
            " WHERE fingerprint IN ({keys}) GROUP BY fingerprint",
            [paragraph.fingerprint for paragraph in paragraphs],
        )
        repeated = {row[0] for row in rows if row[1] >= STORIES_THAT_MAKE_IT_REPEATED}
        return tuple(each for each in paragraphs if each.fingerprint in repeated)


def paragraphs_to_recognise(text: str) -> list[RepeatedParagraph]:
    """The paragraphs of a text that are long enough to be recognised in another."""
    found = ((span, paragraph_fingerprint(span.of(text))) for span in paragraph_spans(text))
    return [RepeatedParagraph(print_, span) for span, print_ in found if print_ is not None]


def story_of(paragraphs: Iterable[RepeatedParagraph]) -> str:
    longest = max(paragraphs, key=lambda each: each.span.end - each.span.start, default=None)
    return "" if longest is None else longest.fingerprint
