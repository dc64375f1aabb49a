"""Where everything is put together: settings in, a service out. Nothing else constructs parts."""

from collections.abc import Sequence
from functools import partial

from qa.chain import build_chain
from qa.extractive import ExtractiveAnswerer
from qa.service import Service
from qa.settings import Settings
from qa.types import Answerer, AnswererName, Turn
from vectorstore.embedding import SentenceTransformerEmbedder
from vectorstore.retrieval import search, word_rarities
from vectorstore.store import Store
from vectorstore.types import Embedder, Filters, ScoredPassage


def build_service(
    settings: Settings, embedder: Embedder | None = None, *, rebuild: bool = False
) -> Service:
    """Open the index of these settings. Raises what `Store` raises; the model is read later."""
    embedder = embedder or SentenceTransformerEmbedder(settings.embedding_model)
    store = Store(settings.data, embedder, rebuild=rebuild)

    def retrieve(question: str, k: int, filters: Filters) -> Sequence[ScoredPassage]:
        return search(store, question, k, filters)

    async def condense(question: str, history: Sequence[Turn]) -> str:
        return question

    answerers: dict[AnswererName, Answerer] = {
        "extractive": ExtractiveAnswerer(embedder, partial(word_rarities, store))
    }
    chain = build_chain(condense, retrieve, answerers)
    return Service(store, chain, answerers, settings.model)
