"""The composition root: builds the service and all its parts from the settings."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from qa.answering.answer_cache import CachedAnswerer
from qa.answering.chain import build_chain
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.answering.llm.llm_answerer import LLMAnswerer
from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.model_judge import ModelJudge
from qa.answering.llm.prompts import prompt_version
from qa.answering.llm.provider import make_chat_model
from qa.answering.pipeline import Pipeline
from qa.answering.rewriting.query_rewriter import QueryRewriter
from qa.following.followed_file import FollowedFile
from qa.following.follower import Add, Follower, Remove
from qa.following.look import LookOptions
from qa.service import Service, Vitals, copies_of, damage_of, passages_for_claims
from qa.settings import Settings, SettingsError
from qa.types import Answerer, AnswererName
from qa.verification.claim_judge import ClaimJudge, EntailmentJudge, WordOverlap
from vectorstore.embedding import embedder_for
from vectorstore.entailment import BundledEntailment, NamedEntailment
from vectorstore.fetching.address_guard import AddressGuard, parse_networks
from vectorstore.fetching.fetcher import Fetcher
from vectorstore.passage_reader import BundledReader, NamedReader, NamedReranker
from vectorstore.reranking import ReadingSearch
from vectorstore.retrieval import word_rarities
from vectorstore.spelling import corrections
from vectorstore.store import Store
from vectorstore.types import Embedder, Reader

REWRITING = 0.2
JUDGING = 0.2
"""Shares of QA_MODEL_TIMEOUT. The model writes the answer in the rest."""


def build_service(
    settings: Settings, embedder: Embedder | None = None, *, rebuild: bool = False
) -> Service:
    """Open the index and build the service. The embedding model is loaded on first use.

    Raises UserError: whatever `Store` raises, and ModelError if the chat model cannot be created.
    """
    embedder = embedder or embedder_for(settings.embedding_model)
    judge = make_claim_judge(settings)
    store = Store(settings.data, embedder, rebuild=rebuild)
    extractive = ExtractiveAnswerer(partial(word_rarities, store))
    correct = partial(corrections, store)
    damage = partial(damage_of, store)
    find_copies = partial(copies_of, store)
    retrieve = make_search(settings, store)
    pipelines: dict[AnswererName, Pipeline] = {
        "extractive": Pipeline(
            QueryRewriter(),
            retrieve,
            extractive,
            correct,
            damage,
            find_copies,
            settings.trace_questions,
        )
    }
    vitals: Callable[[], Vitals] = Vitals
    if settings.model:
        client = make_model_client(settings)
        rewrite = QueryRewriter(client.with_share(REWRITING))
        answering = 1 - REWRITING - (JUDGING if settings.checker == "llm" else 0)
        answerer = _llm_answerer(client.with_share(answering), settings, store, judge, extractive)
        pipelines["llm"] = Pipeline(
            rewrite, retrieve, answerer, correct, damage, find_copies, settings.trace_questions
        )
        vitals = partial(_vitals_of, client, answerer)
    chains = {name: build_chain(pipeline) for name, pipeline in pipelines.items()}
    fetcher = make_fetcher(settings)
    return Service(
        store,
        chains,
        retrieve,
        judge,
        settings.model,
        keep_all=settings.keep_all,
        fetcher=fetcher,
        make_follower=partial(make_follower, settings, fetcher),
        vitals=vitals,
    )


def make_fetcher(settings: Settings) -> Fetcher:
    """Raises SettingsError."""
    try:
        allowed = parse_networks(settings.fetch_allow)
    except ValueError as error:
        raise SettingsError(
            f"QA_FETCH_ALLOW is {settings.fetch_allow!r}: {error}. Give networks such as "
            "192.168.1.0/24, separated by commas."
        ) from error
    return Fetcher(AddressGuard(allowed))


def make_follower(settings: Settings, fetcher: Fetcher, add: Add, remove: Remove) -> Follower:
    """Raises FollowedFileError."""
    options = LookOptions(timedelta(minutes=settings.follow_minutes), settings.keep_all)
    return Follower(FollowedFile(settings.data), fetcher, add, remove, options)


def make_model_client(settings: Settings) -> ModelClient:
    """The client of the chat model that QA_MODEL names. Raises ModelError."""
    return ModelClient(
        make_chat_model(settings),
        CallLimits(
            between_chunks=settings.model_timeout,
            total=settings.model_timeout,
            concurrent=settings.model_concurrency,
        ),
        name=settings.model or "",
        prices=settings.model_prices.get(settings.model or ""),
    )


def make_search(settings: Settings, store: Store) -> ReadingSearch:
    """The search, with the reader and the reranker that QA_READER and QA_RERANKER name; their
    weights are read with the first question."""
    reader: Reader | None = NamedReader(settings.reader)
    if settings.reader == "bundled":
        reader = BundledReader()
    elif settings.reader == "none":
        reader = None
    named = settings.reranker not in ("reader", "none")
    reranker = NamedReranker(settings.reranker) if named else None
    return ReadingSearch(
        store,
        reader,
        reranker,
        reranks=settings.reranker != "none",
        seconds=settings.reading_seconds,
    )


def make_claim_judge(settings: Settings) -> ClaimJudge:
    """The judge that QA_CHECKER names; its weights are read with the first sentence.

    Raises SettingsError for "llm" without a chat model.
    """
    if settings.checker == "rules":
        return EntailmentJudge(WordOverlap())
    if settings.checker not in ("bundled", "llm"):
        return EntailmentJudge(NamedEntailment(settings.checker))
    bundled = EntailmentJudge(BundledEntailment())
    if settings.checker == "bundled":
        return bundled
    if not settings.model:
        raise SettingsError(
            "QA_CHECKER is llm, but there is no chat model: set QA_MODEL, or set QA_CHECKER to "
            "bundled."
        )
    seconds = JUDGING * settings.model_timeout
    model = make_chat_model(settings, timeout=seconds)
    return ModelJudge(model, bundled, settings.model_concurrency, seconds=seconds)


def _llm_answerer(
    client: ModelClient,
    settings: Settings,
    store: Store,
    judge: ClaimJudge,
    fallback: Answerer,
) -> Answerer:
    answerer = LLMAnswerer(
        client,
        settings.model or "",
        judge,
        fallback,
        find_in=partial(passages_for_claims, store),
        unsupported=settings.unsupported,
    )
    if not settings.cache:
        return answerer
    asked_with = (settings.model, settings.model_base_url, settings.checker, prompt_version())
    return CachedAnswerer(answerer, settings.cache, lambda: (*asked_with, store.changes))


def _vitals_of(client: ModelClient, answerer: Answerer) -> Vitals:
    if isinstance(answerer, CachedAnswerer):
        return Vitals(answerer.hits, answerer.misses, client.is_spared)
    return Vitals(model_is_spared=client.is_spared)
