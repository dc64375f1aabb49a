"""The models of this protocol: the answerers and the embedding model of each collection."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request
from pydantic import BaseModel

from qa.collections.service_pool import refuse_unknown
from qa.default_collection import DEFAULT_COLLECTION
from qa.http.collection_path import collection_of, given_collection
from qa.http.dependencies import lent_service, may_use, state_of
from qa.http.problems import Problem, shortened
from qa.schemas import CollectionInfo
from qa.service import Service
from qa.types import AnswererName

DEFAULT_MODEL = "article-qa"
MODELS: dict[str, AnswererName | None] = {
    DEFAULT_MODEL: None,
    "article-qa-extractive": "extractive",
    "article-qa-llm": "llm",
}
"""Those of the default collection, or of the one that the path leads into. A name after a slash
selects another: article-qa/news."""
EMBEDDING_MODEL = "article-qa-embedding"
MOST_MODELS_NAMED = 20


class NamesModel(BaseModel):
    """The body of a request that names a model."""

    model: str = DEFAULT_MODEL

    @property
    def model_alone(self) -> str:
        """The model's name without the collection."""
        return self.model.partition("/")[0]

    @property
    def collection(self) -> str | None:
        """The collection that the model names, or None."""
        _, slash, name = self.model.partition("/")
        return name if slash else None


def models(request: Request) -> list[str]:
    """Those of each collection that the key may use, or of the one that the path leads into."""
    pool = state_of(request).pool
    given = given_collection(request.scope)
    if given is not None:
        refuse_unknown(pool, given, partial(may_use, request))
    infos = pool.list() if given is None else (pool.info(given),)
    return [
        name if given or info.name == DEFAULT_COLLECTION else f"{name}/{info.name}"
        for info in infos
        if may_use(request, info.name)
        for name in [*_answerers(pool.default, info), EMBEDDING_MODEL]
    ]


def _answerers(default: Service, info: CollectionInfo) -> list[str]:
    there = [each for each in default.answerers if each != "llm" or info.chat_model]
    return [name for name, answerer in MODELS.items() if answerer is None or answerer in there]


def service_named_by(body_dependency: Any, *, embedding: bool = False) -> Any:
    """The dependency that lends the service of the collection that a body's model names, or that
    the path leads into. The model must be one for embeddings if `embedding`, else one that
    answers."""

    async def asked_service(
        request: Request, body: Annotated[NamesModel, body_dependency]
    ) -> AsyncIterator[Service]:
        name = body.collection or collection_of(request.scope)
        elsewhere = given_collection(request.scope) not in (None, name)
        if elsewhere or body.collection == "" or not _is_there(request, name):
            raise await _no_such_model(request, body.model, embedding=embedding)
        pool = state_of(request).pool
        offered = [EMBEDDING_MODEL] if embedding else _answerers(pool.default, pool.info(name))
        if body.model_alone not in offered:
            raise await _no_such_model(request, body.model, embedding=embedding)
        async with lent_service(request, name) as service:
            yield service

    return Depends(asked_service)


def base_url_for(request: Request, body: NamesModel) -> str:
    """Where the collection that a model names is served, with a trailing slash."""
    if body.collection and given_collection(request.scope) is None:
        return f"{request.base_url}collections/{body.collection}/"
    return str(request.base_url)


async def _no_such_model(request: Request, model: str, *, embedding: bool) -> Problem:
    known = await to_thread.run_sync(models, request)
    fitting = [each for each in known if _is_embedding(each) is embedding]
    told = f"There is no model {shortened(model)!r} here."
    if model in known:
        does = "answers questions" if embedding else "makes embeddings"
        told = f"The model {shortened(model)!r} only {does}."
    return Problem(404, f"{told} There are: {_some(fitting)}.")


def _some(known: Sequence[str]) -> str:
    return ", ".join(known[:MOST_MODELS_NAMED]) or "none that this key may use"


def _is_embedding(model: str) -> bool:
    return model.partition("/")[0] == EMBEDDING_MODEL


def _is_there(request: Request, name: str) -> bool:
    return state_of(request).pool.has(name) and may_use(request, name)
