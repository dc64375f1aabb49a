"""Publishes and removes articles, within the caller's transaction."""

import json
from collections.abc import Mapping, Sequence

from vectorstore.catalog.database import Transaction
from vectorstore.catalog.postings import index_passages, remove_postings, terms_in
from vectorstore.catalog.records import IndexedArticle, PassageFacts
from vectorstore.catalog.rows import article_values, date_number
from vectorstore.types import Article


def publish_articles(
    db: Transaction, articles: Sequence[IndexedArticle], rows: Mapping[str, int]
) -> list[PassageFacts]:
    """Make the articles visible, replacing those with the same ids, and unstage them.

    `rows` holds an unused row for each passage, by id. Returns the facts about the passages.
    """
    for indexed in articles:
        _unindex(db, indexed.article.id)
        _publish_article(db, indexed, rows)
    passages = [(each, indexed.article.info) for indexed in articles for each in indexed.passages]
    words = index_passages(db, [(rows[each.id], each.text) for each, _ in passages])
    return [
        PassageFacts(rows[each.id], length, date_number(info.published), info.source)
        for (each, info), length in zip(passages, words, strict=True)
    ]


def _publish_article(db: Transaction, indexed: IndexedArticle, rows: Mapping[str, int]) -> None:
    article = indexed.article
    # It keeps its row, so that paging through a list neither repeats nor skips it.
    row = db.execute("SELECT row FROM articles WHERE id = ?", (article.id,)).fetchone()
    content = _publish_text(db, article)
    db.execute("DELETE FROM articles WHERE id = ?", (article.id,))
    article_row = next_row(db, "articles") if row is None else row[0]
    db.execute(
        "INSERT INTO articles (row, id, title, published, source, author, url, content,"
        " skipped, keep_all, pages, repeated, content_hash)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            article_row,
            *article_values(article, content),
            json.dumps([each.span for each in indexed.repeated]),
            article.content_hash,
        ),
    )
    db.executemany(
        'INSERT INTO passages (row, id, article, start, "end", text, sentences, words)'
        " VALUES (?,?,?,?,?,?,?,0)",
        [
            (rows[p.id], p.id, article_row, p.start, p.end, p.text, json.dumps(p.sentences))
            for p in indexed.passages
        ],
    )
    _publish_paragraphs(db, indexed)
    db.execute("DELETE FROM staged WHERE id = ?", (article.id,))


def remove_article(db: Transaction, article_id: str) -> None:
    _unindex(db, article_id)
    db.execute(
        "DELETE FROM texts WHERE row = (SELECT content FROM articles WHERE id = ?)",
        (article_id,),
    )
    db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    _unsettle_paragraphs(db, article_id)
    db.execute("DELETE FROM paragraphs WHERE article = ?", (article_id,))


def insert_text(db: Transaction, text: str) -> int:
    """Insert a text and return its row."""
    row = next_row(db, "texts")
    db.execute("INSERT INTO texts (row, text) VALUES (?, ?)", (row, text))
    return row


def next_row(db: Transaction, table: str) -> int:
    """An unused row of the table. Only one transaction is open at a time."""
    ((last,),) = db.execute(f"SELECT coalesce(max(row), 0) FROM {table}").fetchall()
    return int(last) + 1


def _unindex(db: Transaction, article_id: str) -> None:
    """Take the article's passages out of the full-text index."""
    passages = db.execute(
        "SELECT p.row, p.text FROM passages p JOIN articles a ON a.row = p.article WHERE a.id = ?",
        (article_id,),
    ).fetchall()
    remove_postings(db, [(row, terms_in(text)) for row, text in passages])


def _publish_text(db: Transaction, article: Article) -> int:
    """Keep one text for the article, the staged one if any, and return its row."""
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


def _publish_paragraphs(db: Transaction, indexed: IndexedArticle) -> None:
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


def _unsettle_paragraphs(db: Transaction, article_id: str) -> None:
    """Note the paragraphs that other articles contain too, or that the article's passages leave
    out: when it changes, they may become repeated, or stop being so."""
    db.execute(
        "INSERT INTO unsettled_paragraphs"
        " SELECT fingerprint FROM paragraphs p WHERE article = ? AND (skipped = 1 OR"
        " (SELECT 1 FROM paragraphs WHERE fingerprint = p.fingerprint LIMIT 1 OFFSET 1)"
        " IS NOT NULL) ON CONFLICT DO NOTHING",
        (article_id,),
    )
