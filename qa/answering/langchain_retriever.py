"""The retrieval of passages as a LangChain retriever, for chains of your own."""

from collections.abc import Callable, Sequence

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from vectorstore.types import Filters, ScoredPassage


class PassageRetriever(BaseRetriever):
    """Retrieves passages as documents, best first, with what a citation needs in their metadata.

    `search` takes a question, a number of passages and filters:

        from functools import partial
        from pathlib import Path

        from qa.answering.langchain_retriever import PassageRetriever
        from vectorstore.embedding import BundledEmbedder
        from vectorstore.retrieval import search
        from vectorstore.store import Store

        store = Store(Path("data"), BundledEmbedder())
        retriever = PassageRetriever(search=partial(search, store), k=8)
        documents = retriever.invoke("When did Binance.US join the Blockchain Association?")
        store.close()
    """

    search: Callable[[str, int, Filters], Sequence[ScoredPassage]]
    k: int = Field(8, ge=1)
    filters: Filters = Filters()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [as_document(found) for found in self.search(query, self.k, self.filters)]


def as_document(found: ScoredPassage) -> Document:
    """`article.text[metadata["start"]:metadata["end"]] == page_content`; dates are ISO strings."""
    passage, article = found.passage, found.article
    known = {
        "article_id": article.id,
        **article.metadata(),
        "published": article.published.isoformat() if article.published else None,
        "start": passage.start,
        "end": passage.end,
        "score": found.score,
    }
    metadata = {name: value for name, value in known.items() if value is not None}
    return Document(id=passage.id, page_content=passage.text, metadata=metadata)
