"""The composition root: builds the service and all its parts from the settings."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial

from qa.answering.answer_cache import CachedAnswerer
from qa.answering.chain import Chains
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.answering.llm.llm_answerer import LLMAnswerer
from qa.answering.llm.model_client import CallLimits, ModelClient
from qa.answering.llm.model_judge import ModelJudge
from qa.answering.llm.prompts import HouseStyle, Prompts, read_prompts
from qa.answering.llm.provider import make_chat_model
from qa.answering.pipeline import Pipeline
from qa.answering.planning import plan_of
from qa.answering.rewriting.query_rewriter import QueryRewriter
from qa.collections.collection_folders import CollectionFolders, settings_of
from qa.collections.service_pool import MOST_OPEN, ServicePool
from qa.default_collection import DEFAULT_COLLECTION
from qa.following.followed_file import FollowedFile
from qa.following.follower import Add, Follower, Remove
from qa.following.look import LookOptions
from qa.schemas import CollectionInfo
from qa.service import Service, Vitals, attested_by, copies_of, damage_of, passages_for_claims
from qa.settings import Settings, SettingsError
from qa.types import Answerer, AnswererName
from qa.verification.claim_judge import ClaimJudge, EntailmentJudge, WordOverlap
from vectorstore.bundled_model import BUNDLED_MODEL
from vectorstore.embedding import embedder_for
from vectorstore.engine import Engine, FolderEngine, ServerEngine
from vectorstore.entailment import BundledEntailment, NamedEntailment
from vectorstore.errors import UserError
from vectorstore.fetching.address_guard import AddressGuard, parse_networks
from vectorstore.fetching.fetcher import Fetcher
from vectorstore.passage_reader import BundledReader, NamedReader, NamedReranker
from vectorstore.reading_cache import CachedReader
from vectorstore.reranking import READ, ReadingSearch
from vectorstore.retrieval import word_rarities
from vectorstore.spelling import corrections
from vectorstore.store import Store
from vectorstore.types import Embedder, Reader, Reranker

log = logging.getLogger(__name__)

REWRITING = 0.2
JUDGING = 0.2
"""Shares of QA_MODEL_TIMEOUT. The rest is for writing the answer."""


class SharedParts:
    """What the collections of one process share: models, whose weights are loaded once, and the
    limits on chat model calls and on requests to a website.

    Raises SettingsError, PromptsRefused, and ModelError if the chat model cannot be created.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        """`embedder`: the one that QA_EMBEDDING_MODEL names, if it already exists."""
        self._settings = settings
        self._embedders = {} if embedder is None else {settings.embedding_model: embedder}
        self._lock = threading.Lock()
        self.prompts = make_prompts(settings)
        self.judge = make_claim_judge(settings, self.prompts)
        self.reader = make_reader(settings)
        self.reranker = make_reranker(settings)
        self.default_model = settings.embedding_model
        """The model that the default collection is searched with; changes when it is reindexed."""
        self.client = make_model_client(settings) if settings.model else None
        self.fetcher = make_fetcher(settings)

    def embedder(self, name: str) -> Embedder:
        with self._lock:
            if name not in self._embedders:
                self._embedders[name] = embedder_for(name)
            return self._embedders[name]

    def keep_default_model(self, model: str) -> None:
        self.default_model = model

    def judge_for(self, settings: Settings) -> ClaimJudge:
        """The judge for a collection, some of which may not use the chat model."""
        return self.judge if settings.checker == self._settings.checker else self.local_judge

    @cached_property
    def local_judge(self) -> ClaimJudge:
        """The bundled judge, which calls no other service."""
        bundled = self._settings.checker == "bundled"
        return self.judge if bundled else EntailmentJudge(BundledEntailment())


def build_service(
    settings: Settings,
    embedder: Embedder | None = None,
    *,
    rebuild: bool = False,
    info: CollectionInfo | None = None,
    parts: SharedParts | None = None,
    folders: CollectionFolders | None = None,
) -> Service:
    """Open the index and build the service. The embedding model is loaded on first use.

    `parts` are shared with other collections; `folders` records the embedding model of a named one.
    Raises UserError: whatever `Store` and `SharedParts` raise.
    """
    parts = parts or SharedParts(settings, embedder)
    judge = parts.judge_for(settings)
    model, keep_model = parts.default_model, parts.keep_default_model
    if info is not None and folders is not None and info.name != DEFAULT_COLLECTION:
        model, keep_model = settings.embedding_model, partial(folders.keep_model, info.name)
    store = Store(make_engine(settings), parts.embedder(model), rebuild=rebuild)
    extractive = ExtractiveAnswerer(
        partial(word_rarities, store), parts.embedder(BUNDLED_MODEL).embed
    )
    correct = partial(corrections, store)
    damage = partial(damage_of, store)
    find_copies = partial(copies_of, store)
    retrieve = make_search(settings, store, parts)
    attest = partial(attested_by, parts.local_judge)
    pipelines: dict[AnswererName, Pipeline] = {
        "extractive": Pipeline(
            QueryRewriter(),
            retrieve,
            extractive,
            correct,
            damage,
            find_copies,
            attest,
            plan_of,
            answers_in_parts=True,
            traces_questions=settings.trace_questions,
        )
    }
    vitals: Callable[[], Vitals] = Vitals
    client = parts.client
    if settings.model and client is not None:
        rewrite = QueryRewriter(client.with_share(REWRITING), parts.prompts)
        answering = 1 - REWRITING - (JUDGING if settings.checker == "llm" else 0)
        answerer = _llm_answerer(
            client.with_share(answering), settings, store, judge, extractive, parts.prompts
        )
        pipelines["llm"] = Pipeline(
            rewrite,
            retrieve,
            answerer,
            correct,
            damage,
            find_copies,
            attest,
            plan_of,
            traces_questions=settings.trace_questions,
        )
        vitals = partial(_vitals_of, client, answerer)
    return Service(
        store,
        Chains(pipelines),
        retrieve,
        judge,
        settings.model,
        keep_all=settings.keep_all,
        fetcher=parts.fetcher,
        make_follower=partial(make_follower, settings, parts.fetcher),
        vitals=vitals,
        make_embedder=parts.embedder,
        keep_model=keep_model,
        info=info,
        answer_days=settings.answer_days,
        checker=settings.checker,
        prompts=parts.prompts.version,
    )


def build_pool(
    settings: Settings, embedder: Embedder | None = None, *, most_open: int = MOST_OPEN
) -> ServicePool:
    """Open the default collection; the others open on first use.

    Raises whatever `build_service` raises.
    """
    parts = SharedParts(settings, embedder)
    folders = CollectionFolders.of(settings)

    def open_one(info: CollectionInfo) -> Service:
        own = settings_of(settings, info)
        service = build_service(own, info=info, parts=parts, folders=folders)
        try:
            service.load(shares_models=True)
            _follow(service)
        except BaseException:
            service.close()
            raise
        return service

    default = build_service(settings, parts=parts)
    return ServicePool(default, folders, open_one, most_open=most_open)


def _follow(service: Service) -> None:
    """Start looking at what a collection follows. If that fails, it still answers."""
    try:
        service.follower.start()
    except UserError as error:
        log.warning("The collection %s follows nothing. %s", service.info.name, error)


def make_engine(settings: Settings) -> Engine:
    """The engine that stores the index: in the folder QA_DATA, or on the servers that are named."""
    if settings.database_url is None or settings.chroma_url is None:
        return FolderEngine(settings.data)
    url = settings.database_url.get_secret_value()
    return ServerEngine(settings.data, url, settings.chroma_url)


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


def make_prompts(settings: Settings) -> Prompts:
    """The prompts of QA_PROMPTS, in the house style. Raises PromptsRefused."""
    style = HouseStyle(settings.answer_length, settings.answer_language, settings.answer_tone)
    return read_prompts(settings.prompts, style)


def make_reader(settings: Settings) -> Reader | None:
    """The reader that QA_READER names; its weights are loaded on the first question."""
    if settings.reader == "none":
        return None
    reader = BundledReader() if settings.reader == "bundled" else NamedReader(settings.reader)
    return CachedReader(reader, READ * settings.cache) if settings.cache else reader


def make_reranker(settings: Settings) -> Reranker | None:
    """The reranker that QA_RERANKER names; its weights are loaded on the first question."""
    named = settings.reranker not in ("reader", "none")
    return NamedReranker(settings.reranker) if named else None


def make_search(settings: Settings, store: Store, parts: SharedParts) -> ReadingSearch:
    return ReadingSearch(
        store,
        parts.reader,
        parts.reranker,
        reranks=settings.reranker != "none",
        seconds=settings.reading_seconds,
    )


def make_claim_judge(settings: Settings, prompts: Prompts | None = None) -> ClaimJudge:
    """The judge that QA_CHECKER names; its weights are loaded on the first sentence.

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
    return ModelJudge(model, bundled, settings.model_concurrency, seconds=seconds, prompts=prompts)


def _llm_answerer(
    client: ModelClient,
    settings: Settings,
    store: Store,
    judge: ClaimJudge,
    fallback: ExtractiveAnswerer,
    prompts: Prompts,
) -> Answerer:
    answerer = LLMAnswerer(
        client,
        settings.model or "",
        judge,
        fallback,
        find_in=partial(passages_for_claims, store),
        unsupported=settings.unsupported,
        newest=fallback.newest,
        prompts=prompts,
    )
    if not settings.cache:
        return answerer
    asked_with = (settings.model, settings.model_base_url, settings.checker, prompts.version)
    return CachedAnswerer(answerer, settings.cache, lambda: (*asked_with, store.known_changes))


def _vitals_of(client: ModelClient, answerer: Answerer) -> Vitals:
    if isinstance(answerer, CachedAnswerer):
        return Vitals(answerer.hits, answerer.misses, client.is_spared)
    return Vitals(model_is_spared=client.is_spared)
