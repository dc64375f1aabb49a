"""Publishes and removes articles, within the caller's transaction."""

import json
import sqlite3

from vectorstore.catalog.records import IndexedArticle
from vectorstore.catalog.rows import article_values
from vectorstore.types import Article


def publish_article(db: sqlite3.Connection, indexed: IndexedArticle) -> None:
    """Make the article visible, replacing the one with the same id, and unstage it."""
    article = indexed.article
    # It keeps its row, so that pages of a list in progress neither repeat nor skip it.
    row = db.execute("SELECT row FROM articles WHERE id = ?", (article.id,)).fetchone()
    content = _publish_text(db, article)
    db.execute("DELETE FROM articles WHERE id = ?", (article.id,))
    cursor = db.execute(
        "INSERT INTO articles (row, id, title, published, source, author, url, content,"
        " skipped, keep_all, repeated, content_hash)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            row and row[0],
            *article_values(article, content),
            json.dumps([each.span for each in indexed.repeated]),
            article.content_hash,
        ),
    )
    db.executemany(
        "INSERT INTO passages (id, article, start, end, text, sentences) VALUES (?,?,?,?,?,?)",
        [
            (p.id, cursor.lastrowid, p.start, p.end, p.text, json.dumps(p.sentences))
            for p in indexed.passages
        ],
    )
    _publish_paragraphs(db, indexed)
    db.execute("DELETE FROM staged WHERE id = ?", (article.id,))


def remove_article(db: sqlite3.Connection, article_id: str) -> None:
    db.execute(
        "DELETE FROM texts WHERE row = (SELECT content FROM articles WHERE id = ?)",
        (article_id,),
    )
    db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    _unsettle_paragraphs(db, article_id)
    db.execute("DELETE FROM paragraphs WHERE article = ?", (article_id,))


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


def _publish_paragraphs(db: sqlite3.Connection, indexed: IndexedArticle) -> None:
    article_id = indexed.article.id
    _unsettle_paragraphs(db, article_id)
    if db.execute("SELECT 1 FROM staged WHERE id = ?", (article_id,)).fetchone():
        db.execute("DELETE FROM paragraphs WHERE article = ?", (article_id,))
        db.execute(
            "INSERT INTO paragraphs (fingerprint, skipped, article, spans)"
            " SELECT fingerprint, 0, article, spans FROM staged_paragraphs WHERE article = ?",
            (article_id,),
        )
        db.execute("DELETE FROM staged_paragraphs WHERE article = ?", (article_id,))
    db.execute("UPDATE paragraphs SET skipped = 0 WHERE article = ? AND skipped = 1", (article_id,))
    db.executemany(
        "UPDATE paragraphs SET skipped = 1 WHERE article = ? AND fingerprint = ? AND skipped = 0",
        [(article_id, each.fingerprint) for each in indexed.repeated],
    )
    _unsettle_paragraphs(db, article_id)


def _unsettle_paragraphs(db: sqlite3.Connection, article_id: str) -> None:
    """Note the paragraphs that other articles contain too, or that the article's passages leave
    out: when it changes, they may become repeated, or be so no longer."""
    db.execute(
        "INSERT OR IGNORE INTO unsettled_paragraphs"
        " SELECT fingerprint FROM paragraphs p WHERE article = ? AND (skipped = 1 OR"
        " (SELECT 1 FROM paragraphs WHERE fingerprint = p.fingerprint LIMIT 1 OFFSET 1)"
        " IS NOT NULL)",
        (article_id,),
    )
