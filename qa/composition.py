"""The composition root: builds the service and all its parts from the settings."""

from collections.abc import Sequence
from functools import partial

from qa.answering.answer_cache import CachedAnswerer
from qa.answering.chain import build_chain
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.answering.llm.llm_answerer import LLMAnswerer
from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.prompts import prompt_version
from qa.answering.llm.provider import make_chat_model
from qa.answering.pipeline import Pipeline
from qa.answering.rewriting.query_rewriter import QueryRewriter
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
    """Open the index and build the service. The embedding model is loaded on first use.

    Raises UserError: whatever `Store` raises, and ModelError if the chat model cannot be created.
    """
    embedder = embedder or SentenceTransformerEmbedder(settings.embedding_model)
    model = make_chat_model(settings) if settings.model else None
    store = Store(settings.data, embedder, rebuild=rebuild)
    extractive = ExtractiveAnswerer(embedder, partial(word_rarities, store))

    def retrieve(question: str, k: int, filters: Filters) -> Sequence[ScoredPassage]:
        return search(store, question, k, filters)

    pipelines: dict[AnswererName, Pipeline] = {
        "extractive": Pipeline(QueryRewriter(), retrieve, extractive)
    }
    if model is not None:
        client = ModelClient(
            model,
            CallLimits(
                between_chunks=settings.model_timeout, concurrent=settings.model_concurrency
            ),
        )
        answerer = _llm_answerer(client, settings, store, extractive)
        pipelines["llm"] = Pipeline(QueryRewriter(client), retrieve, answerer)
    chains = {name: build_chain(pipeline) for name, pipeline in pipelines.items()}
    return Service(store, chains, settings.model, keep_all=settings.keep_all)


def _llm_answerer(
    client: ModelClient, settings: Settings, store: Store, fallback: Answerer
) -> Answerer:
    answerer = LLMAnswerer(
        client,
        settings.model or "",
        store.embedder,
        fallback,
        unsupported=settings.unsupported,
    )
    if not settings.cache:
        return answerer
    asked_with = (settings.model, settings.model_base_url, prompt_version())
    return CachedAnswerer(answerer, settings.cache, lambda: (*asked_with, store.changes))
