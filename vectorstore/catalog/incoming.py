"""Articles that are staged but not yet visible, and the paragraphs they share with others.

A paragraph repeated in several different stories is boilerplate: a house notice, an invitation, a
note about the author. Copies of a story from several sources count as one story: they share most
of their other paragraphs too.
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
# Compare at most this many articles: further copies of one story still make one story.
MOST_COMPARED = 100


class IncomingArticles:
    def __init__(self, database: Database) -> None:
        self._db = database
        # Publishing staged articles leaves this valid: `coming_paragraphs` stays the same.
        self._repeated: dict[str, bool] = {}

    def clear(self) -> None:
        self._repeated.clear()
        with self._db.transaction() as db:
            db.execute("DELETE FROM texts WHERE row IN (SELECT content FROM staged)")
            db.execute("DELETE FROM staged")
            db.execute("DELETE FROM staged_paragraphs")

    def add(self, articles: Iterable[Article]) -> None:
        """Stage the articles; the last of several with the same id wins."""
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
        """The staged articles, in order of arrival. They may be published during iteration."""
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
        """Visible, unstaged articles with a paragraph that counts as repeated once the staged
        articles are published."""
        staged = self._db.rows("SELECT DISTINCT fingerprint FROM staged_paragraphs")
        rows = self._db.rows_for(
            "SELECT DISTINCT article FROM paragraphs WHERE skipped = 0"
            " AND article NOT IN (SELECT id FROM staged) AND fingerprint IN ({keys})",
            sorted(self._repeated_of([row[0] for row in staged])),
        )
        return sorted({row[0] for row in rows})

    def articles_to_restore(self, fingerprints: Sequence[str]) -> list[str]:
        """Visible articles whose passages leave out one of these paragraphs, though it is no longer
        repeated."""
        self._repeated.clear()
        restored = set(fingerprints) - self._repeated_of(fingerprints)
        rows = self._db.rows_for(
            "SELECT DISTINCT article FROM paragraphs WHERE skipped = 1 AND fingerprint IN ({keys})",
            sorted(restored),
        )
        return sorted({row[0] for row in rows})

    def repeated_in(self, article: Article) -> tuple[RepeatedParagraph, ...]:
        """The article's paragraphs that are repeated once everything staged is visible."""
        held = {
            fingerprint: spans_from_json(spans)
            for fingerprint, spans in self._db.rows(
                "SELECT fingerprint, spans FROM coming_paragraphs WHERE article = ?", (article.id,)
            )
        }
        if not all(held.values()):  # indexed before paragraph positions were stored
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
    """The number of different stories among articles, each given as the set of its paragraphs;
    counting stops at `STORIES_THAT_MAKE_IT_REPEATED`.

    Two articles are copies of one story if they share half of the shorter one's paragraphs. An
    article without paragraphs is no story.

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
    """The ranges of the paragraphs that are long enough to be recognised, by fingerprint.

    Empty for an article with `keep_all`: its paragraphs do not count as repeated.
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
