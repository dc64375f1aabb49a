"""Copies a whole catalog into an empty one in another database."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vectorstore.catalog.database import Database, Transaction

ROWS_AT_ONCE = 1_000
NOT_COPIED = ("vectors", "unfinished_vectors", "postings")
"""Settings of the database itself: which vectors belong to it, and that it is an old one."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the columns of its key, and its other columns."""

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> str:
        return ", ".join(f'"{each}"' for each in self.key + self.others)


TABLES = (
    Table("meta", ("key",), ("value",)),
    Table("texts", ("row",), ("text",)),
    Table(
        "articles",
        ("row",),
        (
            "id",
            "title",
            "published",
            "source",
            "author",
            "url",
            "content",
            "skipped",
            "keep_all",
            "repeated",
            "content_hash",
            "pages",
        ),
    ),
    Table("passages", ("row",), ("id", "article", "start", "end", "text", "sentences", "words")),
    Table("postings", ("term", "part"), ("passages", "lowest", "highest", "rows", "counts")),
    Table("paragraphs", ("fingerprint", "skipped", "article"), ("spans",)),
    Table("unsettled_paragraphs", ("fingerprint",)),
    Table("wordings", ("wording",), ("story", "signature")),
    Table("article_wordings", ("article",), ("wording",)),
    Table("bands", ("band", "wording")),
    Table("crowded_bands", ("band",)),
)
"""Everything visible; nothing that is staged or pending."""


def copy_catalog(source: Database, target: Transaction) -> None:
    """Copy every table. Articles and passages keep their rows."""
    for table in TABLES:
        marks = ", ".join("?" * len(table.key + table.others))
        statement = f"INSERT INTO {table.name} ({table.columns}) VALUES ({marks})"
        if table.name == "meta":
            statement += " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        for rows in _pages(source, table):
            target.executemany(
                statement,
                [each for each in rows if table.name != "meta" or each[0] not in NOT_COPIED],
            )


def _pages(source: Database, table: Table) -> Iterator[list[Any]]:
    """The rows of a table in the order of its key, a batch at a time."""
    key = ", ".join(table.key)
    last: tuple[Any, ...] = ()
    while True:
        after = f"WHERE ({key}) > ({', '.join('?' * len(last))})" if last else ""
        rows = source.rows(
            f"SELECT {table.columns} FROM {table.name} {after} ORDER BY {key} LIMIT {ROWS_AT_ONCE}",
            last,
        )
        if not rows:
            return
        yield rows
        last = tuple(rows[-1][: len(table.key)])
