"""Where everything is put together: settings in, a service out. Nothing else constructs parts."""

from collections.abc import Sequence
from functools import partial

from qa.answering.answer_cache import CachedAnswerer
from qa.answering.chain import Reader, build_chain
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.answering.llm.llm_answerer import LLMAnswerer
from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.prompts import prompt_version
from qa.answering.llm.provider import ChatModel, make_chat_model
from qa.answering.query_rewriting import QueryRewriter
from qa.service import Service
from qa.settings import Settings
from qa.types import Answerer, AnswererName
from vectorstore.embedding import SentenceTransformerEmbedder
from vectorstore.retrieval import search, word_rarities
from vectorstore.store import Store
from vectorstore.types import Embedder, Filters, ScoredPassage


def build_service(
    settings: Settings, embedder: Embedder | None = None, *, rebuild: bool = False
) -> Service:
    """Open the index of these settings. The embedding model is read later, when first needed.

    Raises UserError: what `Store` raises, and ModelError for a chat model that cannot be made.
    """
    embedder = embedder or SentenceTransformerEmbedder(settings.embedding_model)
    model = make_chat_model(settings) if settings.model else None
    store = Store(settings.data, embedder, rebuild=rebuild)
    extractive = ExtractiveAnswerer(embedder, partial(word_rarities, store))
    readers: dict[AnswererName, Reader] = {"extractive": Reader(QueryRewriter(), extractive)}
    if model is not None:
        readers["llm"] = _reader_with(model, settings, store, extractive)

    def retrieve(question: str, k: int, filters: Filters) -> Sequence[ScoredPassage]:
        return search(store, question, k, filters)

    return Service(
        store, build_chain(retrieve, readers), readers, settings.model, keep_all=settings.keep_all
    )


def _reader_with(model: ChatModel, settings: Settings, store: Store, fallback: Answerer) -> Reader:
    limits = CallLimits(silence=settings.model_timeout, concurrent=settings.model_concurrency)
    written: Answerer = LLMAnswerer(
        model,
        settings.model or "",
        store.embedder,
        fallback,
        unsupported=settings.unsupported,
        limits=limits,
    )
    if settings.cache:
        asked_with = (settings.model, settings.model_base_url, prompt_version())
        written = CachedAnswerer(written, settings.cache, lambda: (*asked_with, store.changes))
    return Reader(QueryRewriter(ModelClient(model, limits)), written)
