"""The passages of a collection as a LangChain retriever, for chains of your own."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from qa.integrations.passage_facts import facts_of
from qa.library import Library
from qa.types import PassageResult
from vectorstore.types import Filters


class PassageRetriever(BaseRetriever):
    """Retrieves passages as documents, best first, with what a citation needs in their metadata.

    `qa.open(...).as_retriever()` makes one, over a folder or a running service. With `rerank`, the
    passages are read and ranked by what they say.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    # Any other annotation would make pydantic resolve the protocol's names.
    library: Any = Field(description="A `qa.library.Library`.")
    k: int = Field(8, ge=1, le=100)
    rerank: bool = False
    filters: Filters = Filters()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        library: Library = self.library
        found = library.search(query, self.k, self.filters, rerank=self.rerank)
        return [as_document(each) for each in found]


def as_document(passage: PassageResult) -> Document:
    """`article.text[metadata["start"]:metadata["end"]] == page_content`; dates are ISO strings."""
    return Document(id=passage.id, page_content=passage.text, metadata=facts_of(passage))
