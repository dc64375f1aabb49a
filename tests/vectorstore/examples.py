"""Short articles, and what an index should contain for them."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.records import IndexedArticle
from vectorstore.chunking import split_article
from vectorstore.store import Store
from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.types import Article, ArticleInfo, Passage, SkippedSpan, Span

NOTICE = "This newspaper is printed on paper that was made from renewable sources."


def article(
    article_id: str,
    *paragraphs: str,
    title: str = "",
    published: date | None = None,
    source: str | None = None,
    skipped: Iterable[Span] = (),
) -> Article:
    info = ArticleInfo(article_id, title=title, published=published, source=source)
    spans = tuple(SkippedSpan(*span, "promotional") for span in skipped)
    return Article(info, "\n\n".join(paragraphs), spans)


def by_paragraphs(article: Article) -> IndexedArticle:
    """The article with each paragraph a passage of one sentence."""
    return IndexedArticle(
        article,
        tuple(
            Passage(
                f"{article.id}:{span.start}:{span.of(article.text)}",
                article.id,
                span.start,
                span.end,
                span.of(article.text),
                (span,),
            )
            for span in paragraph_spans(article.text)
        ),
    )


def unused_rows(catalog: Catalog, articles: Iterable[IndexedArticle]) -> dict[str, int]:
    """Rows for the passages of these articles, by id, that no passage in the catalog has."""
    first = max(catalog.rows_by_passage().values(), default=0) + 1
    ids = [passage.id for each in articles for passage in each.passages]
    return {passage_id: row for row, passage_id in enumerate(ids, start=first)}


def as_split(store: Store, article: Article) -> IndexedArticle:
    """The article with its passages as this index makes them."""
    return IndexedArticle(article, tuple(split_article(article, store.tokens, store.size)))


def held(store: Store) -> dict[str, tuple[str, tuple[Passage, ...]]]:
    """The text and the passages of every article that is visible."""
    found = {}
    for article_id in store.catalog.article_ids():
        read = store.catalog.article_as_read(article_id)
        assert read is not None
        found[article_id] = (read.text, tuple(store.catalog.passages_of(article_id)))
    return found


def lose_vectors(store: Store, passage_ids: Sequence[str]) -> None:
    """As if the disk had lost the vectors that searches compare for these passages."""
    if store.engine.is_shared:
        store.vectors.delete(passage_ids)
        return
    rows = list(store.catalog.rows_of(passage_ids).values())
    store.exact.put(rows, np.zeros((len(rows), store.exact.dimension), np.float32))
