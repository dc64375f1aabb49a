"""The passages of a collection as a LlamaIndex retriever. Needs the extra `llama-index`."""

import asyncio

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from qa.integrations.passage_facts import facts_of
from qa.library import Library
from qa.types import PassageResult
from vectorstore.types import Filters


class PassageNodeRetriever(BaseRetriever):
    """Retrieves passages as nodes, best first. `qa.open(...).as_llama_index_retriever()` makes one,
    over a folder or a running service."""

    def __init__(
        self, library: Library, k: int = 8, filters: Filters | None = None, *, rerank: bool = False
    ) -> None:
        super().__init__()
        self._library = library
        self._k = k
        self._filters = filters or Filters()
        self._rerank = rerank

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._library.search(
            query_bundle.query_str, self._k, self._filters, rerank=self._rerank
        )
        return [as_node(each) for each in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def as_node(passage: PassageResult) -> NodeWithScore:
    """`article.text[metadata["start"]:metadata["end"]] == text`; of the metadata, a chat model is
    shown only the title, the source and the date."""
    facts = {name: value for name, value in facts_of(passage).items() if name != "score"}
    unseen = [name for name in facts if name not in ("title", "source", "published")]
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=facts,
        excluded_llm_metadata_keys=unseen,
        excluded_embed_metadata_keys=list(facts),
    )
    return NodeWithScore(node=node, score=passage.score)
