"""Articles that are read and not yet visible, and the paragraphs they share with others.

A paragraph that stands in several different stories is no news in any of them: a house notice, an
invitation, a note about the author. Copies of one story under several sources are one story here:
they share their other paragraphs too, but for what each paper adds.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence, Set

from vectorstore.catalog.catalog import (
    RepeatedParagraph,
    article_from,
    article_values,
    insert_text,
    spans_from_json,
)
from vectorstore.catalog.database import Database
from vectorstore.text.paragraphs import paragraph_fingerprint, paragraph_spans
from vectorstore.types import Article, Span

STORIES_THAT_MAKE_IT_REPEATED = 3
# A story that more articles than this copy is still one; and it need not be compared with them all.
MOST_COMPARED = 100


class IncomingArticles:
    def __init__(self, database: Database) -> None:
        self._db = database
        # Publishing what is staged changes no verdict: the coming paragraphs stay the same.
        self._repeated: dict[str, bool] = {}

    def clear(self) -> None:
        self._repeated.clear()
        with self._db.transaction() as db:
            db.execute("DELETE FROM texts WHERE row IN (SELECT content FROM staged)")
            db.execute("DELETE FROM staged")
            db.execute("DELETE FROM staged_paragraphs")

    def add(self, articles: Iterable[Article]) -> None:
        """Stage the articles; a later one takes the place of an earlier one with the same id."""
        self._repeated.clear()
        with self._db.transaction() as db:
            for article in articles:
                _discard(db, article.id)
                db.execute(
                    "INSERT INTO staged (id, title, published, source, author, url, content,"
                    " skipped, keep_all) VALUES (?,?,?,?,?,?,?,?,?)",
                    article_values(article, insert_text(db, article.text)),
                )
                db.executemany(
                    "INSERT INTO staged_paragraphs VALUES (?, ?, ?)",
                    [
                        (fingerprint, article.id, json.dumps(spans))
                        for fingerprint, spans in paragraphs_to_recognise(article).items()
                    ],
                )

    def discard(self, article_id: str) -> None:
        self._repeated.clear()
        with self._db.transaction() as db:
            _discard(db, article_id)

    def count(self) -> int:
        return int(self._db.value("SELECT count(*) FROM staged"))

    def articles(self) -> Iterator[Article]:
        """The staged articles, in the order they came. They may be published meanwhile."""
        row = 0
        while found := self._db.rows(
            "SELECT a.id, a.title, a.published, a.source, a.author, a.url, t.text, a.skipped,"
            " a.keep_all, a.row FROM staged a JOIN texts t ON t.row = a.content"
            " WHERE a.row > ? ORDER BY a.row LIMIT 1",
            (row,),
        ):
            (values,) = found
            row = values[9]
            yield article_from(values)

    def articles_to_split_again(self) -> list[str]:
        """Visible articles, not staged themselves, with a paragraph that the staged ones make a
        repeated one."""
        staged = self._db.rows("SELECT DISTINCT fingerprint FROM staged_paragraphs")
        rows = self._db.rows_for(
            "SELECT DISTINCT article FROM paragraphs WHERE skipped = 0"
            " AND article NOT IN (SELECT id FROM staged) AND fingerprint IN ({keys})",
            sorted(self._repeated_of([row[0] for row in staged])),
        )
        return sorted({row[0] for row in rows})

    def articles_to_restore(self, fingerprints: Sequence[str]) -> list[str]:
        """Visible articles whose passages lack one of these paragraphs, though it is repeated no
        longer."""
        self._repeated.clear()
        restored = set(fingerprints) - self._repeated_of(fingerprints)
        rows = self._db.rows_for(
            "SELECT DISTINCT article FROM paragraphs WHERE skipped = 1 AND fingerprint IN ({keys})",
            sorted(restored),
        )
        return sorted({row[0] for row in rows})

    def repeated_in(self, article: Article) -> tuple[RepeatedParagraph, ...]:
        """The article's paragraphs that are repeated ones, once everything staged is visible."""
        held = {
            fingerprint: spans_from_json(spans)
            for fingerprint, spans in self._db.rows(
                "SELECT fingerprint, spans FROM coming_paragraphs WHERE article = ?", (article.id,)
            )
        }
        if not all(held.values()):  # indexed before the places of paragraphs were kept
            held = {key: tuple(spans) for key, spans in paragraphs_to_recognise(article).items()}
        repeated = self._repeated_of(list(held))
        found = (RepeatedParagraph(key, span) for key in repeated for span in held[key])
        return tuple(sorted(found, key=lambda each: each.span))

    def _repeated_of(self, fingerprints: Sequence[str]) -> set[str]:
        held = self._db.rows_for(
            "SELECT fingerprint, count(*) FROM coming_paragraphs WHERE fingerprint IN ({keys})"
            " GROUP BY fingerprint",
            fingerprints,
        )
        return {
            fingerprint
            for fingerprint, articles in held
            if articles >= STORIES_THAT_MAKE_IT_REPEATED and self._in_many_stories(fingerprint)
        }

    def _in_many_stories(self, fingerprint: str) -> bool:
        if fingerprint not in self._repeated:
            holders = self._db.rows(
                "SELECT article FROM coming_paragraphs WHERE fingerprint = ?"
                " ORDER BY article LIMIT ?",
                (fingerprint, MOST_COMPARED),
            )
            beside = (self._paragraphs_of(article) - {fingerprint} for (article,) in holders)
            self._repeated[fingerprint] = count_stories(beside) >= STORIES_THAT_MAKE_IT_REPEATED
        return self._repeated[fingerprint]

    def _paragraphs_of(self, article_id: str) -> set[str]:
        rows = self._db.rows(
            "SELECT fingerprint FROM coming_paragraphs WHERE article = ?", (article_id,)
        )
        return {row[0] for row in rows}


def count_stories(articles: Iterable[Set[str]]) -> int:
    """How many different stories articles tell, each given as its paragraphs, up to the number
    that makes what they all hold a repetition.

    Two are copies of one if half of the shorter one's paragraphs are in the other too. What has
    no paragraph tells nothing.

    >>> count_stories([{"a", "b", "notice"}, {"a", "b", "another notice"}, {"c"}, set()])
    2
    """
    stories: list[Set[str]] = []
    for each in articles:
        if each and not any(2 * len(each & told) >= min(len(each), len(told)) for told in stories):
            stories.append(each)
        if len(stories) == STORIES_THAT_MAKE_IT_REPEATED:
            break
    return len(stories)


def paragraphs_to_recognise(article: Article) -> dict[str, list[Span]]:
    """Where the paragraphs are that are long enough to be recognised in another article, by
    fingerprint.

    None of an article that keeps everything: it takes no part in what is repeated.
    """
    found: dict[str, list[Span]] = {}
    for span in () if article.keep_all else paragraph_spans(article.text):
        fingerprint = paragraph_fingerprint(span.of(article.text))
        if fingerprint is not None:
            found.setdefault(fingerprint, []).append(span)
    return found


def _discard(db: sqlite3.Connection, article_id: str) -> None:
    db.execute(
        "DELETE FROM texts WHERE row = (SELECT content FROM staged WHERE id = ?)", (article_id,)
    )
    db.execute("DELETE FROM staged WHERE id = ?", (article_id,))
    db.execute("DELETE FROM staged_paragraphs WHERE article = ?", (article_id,))
