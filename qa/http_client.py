"""A `Library` over HTTP: a client of a running service."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from qa.answering.dated_quotes import Timeline
from qa.default_collection import DEFAULT_COLLECTION
from qa.following.followed import FollowedList, FollowedSource
from qa.following.follower import FollowReport
from qa.quote_links import path_segment
from qa.receipts.quote_status import Verification
from qa.receipts.receipt import Receipt
from qa.schemas import (
    AddedArticle,
    AddReport,
    ArticleList,
    Collection,
    CollectionInfo,
    CollectionList,
    FoundPassages,
    WholeArticle,
)
from qa.types import (
    Answer,
    Event,
    PassageResult,
    PassagesFound,
    Question,
    SentenceChecked,
    Token,
)
from vectorstore.errors import UserError
from vectorstore.ingest import Progress, ignore_progress
from vectorstore.readers import Unreadable
from vectorstore.reindexing import ReindexReport
from vectorstore.types import Article, Filters

if TYPE_CHECKING:
    from qa.verification.checker import CheckedText
    from vectorstore.integrity import IndexReport

ARTICLES_SENT_AT_ONCE = 50
CHARACTERS_SENT_AT_ONCE = 5_000_000
SECONDS_TO_COLLECT = 5.0
SECONDS_TO_CONNECT = 5.0
SECONDS_TO_LOOK = 4 * 3600.0
"""A source may list a thousand pages, fetched at most one per second."""

EVENT_TYPES: dict[str, TypeAdapter[Any]] = {
    "passages": TypeAdapter(PassagesFound),
    "token": TypeAdapter(Token),
    "sentence": TypeAdapter(SentenceChecked),
    "answer": TypeAdapter(Answer),
}


@dataclass(frozen=True, slots=True)
class ProblemDetail:
    """The part of an RFC 9457 problem document that is meant for people."""

    detail: str


PROBLEM = TypeAdapter(ProblemDetail)


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """How many passages have been embedded."""

    done: int
    total: int | None


REINDEXING = TypeAdapter(ReindexProgress)
REINDEXED = TypeAdapter(ReindexReport)

Body = TypeVar("Body")


class ServiceError(UserError):
    """The service cannot be reached or refused; the message says why and what to do."""


class Client:
    """The service at `url`. Every method raises ServiceError."""

    def __init__(self, url: str, key: str | None = None, timeout: float = 600.0) -> None:
        """`key`: the secret of an API key, for a service that needs one."""
        self.url = url.rstrip("/")
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._timeout = httpx.Timeout(timeout, connect=SECONDS_TO_CONNECT)
        # Proxies from the environment are for the web, not for a service on this machine.
        self._http = httpx.Client(
            base_url=self.url, headers=self._headers, timeout=self._timeout, trust_env=False
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def is_alive(self) -> bool:
        """Whether the service answers within a few seconds. Never raises."""
        try:
            response = self._http.get("/health", timeout=SECONDS_TO_CONNECT)
            return response.is_success and response.json() == {"status": "ok"}
        except (httpx.HTTPError, ValueError):
            return False

    def ask(self, question: Question) -> Answer:
        response = self.send("POST", "/ask", content=_question_json(question))
        return _parse(Answer, response)

    async def stream(self, question: Question) -> AsyncIterator[Event]:
        headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
        try:
            async with (
                httpx.AsyncClient(
                    base_url=self.url,
                    headers=self._headers,
                    timeout=self._timeout,
                    trust_env=False,
                ) as http,
                http.stream(
                    "POST", "/ask", content=_question_json(question), headers=headers
                ) as response,
            ):
                if response.is_error:
                    await response.aread()
                    raise _refusal(response)
                async for event in _events(_lines(response.aiter_text())):
                    yield event
                    if isinstance(event, Answer):
                        return
                raise ServiceError("The service stopped before the answer was complete. Ask again.")
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def search(
        self, query: str, k: int = 8, filters: Filters | None = None, *, rerank: bool = False
    ) -> tuple[PassageResult, ...]:
        parameters = httpx.QueryParams(
            [
                ("q", query),
                ("k", str(k)),
                ("rerank", str(rerank).lower()),
                *_filter_parameters(filters or Filters()),
            ]
        )
        return _parse(FoundPassages, self.send("GET", f"/search?{parameters}")).passages

    def check_text(self, text: str, article_ids: Sequence[str] = ()) -> "CheckedText":
        from qa.verification.checker import CheckedText

        content = to_json({"text": text, "article_ids": article_ids})
        return _parse(CheckedText, self.send("POST", "/check", content=content))

    def receipt(self, answer: Answer) -> Receipt:
        if answer.kept_until is None:
            raise ServiceError(
                "The service did not keep this answer (QA_ANSWER_DAYS is 0 there, or its log says "
                "why), so that there is no receipt of it."
            )
        return self.kept_answer(answer.id)

    def kept_answer(self, answer_id: str) -> Receipt:
        return _parse(Receipt, self.send("GET", f"/answers/{path_segment(answer_id)}"))

    def verify(self, receipt: Receipt) -> Verification:
        return _parse(Verification, self.send("POST", "/verify", content=to_json(receipt)))

    def timeline(
        self, about: str, filters: Filters | None = None, as_of: date | None = None
    ) -> Timeline:
        until = [] if as_of is None else [("as_of", as_of.isoformat())]
        parameters = httpx.QueryParams(
            [("q", about), *until, *_filter_parameters(filters or Filters())]
        )
        return _parse(Timeline, self.send("GET", f"/timeline?{parameters}"))

    def articles(
        self, limit: int = 50, cursor: str | None = None, containing: str = ""
    ) -> ArticleList:
        parameters = httpx.QueryParams({"limit": limit, "q": containing})
        if cursor is not None:
            parameters = parameters.set("cursor", cursor)
        return _parse(ArticleList, self.send("GET", f"/articles?{parameters}"))

    def article(self, article_id: str) -> WholeArticle | None:
        response = self.send("GET", _article_path(article_id), missing_is_fine=True)
        return None if response.status_code == 404 else _parse(WholeArticle, response)

    def add(
        self,
        articles: Iterable[Article | Unreadable],
        on_progress: Callable[[Progress], None] = ignore_progress,
    ) -> AddReport:
        outcomes: list[AddedArticle] = []
        passages = 0

        def counted() -> Iterator[Article | Unreadable]:
            for done, each in enumerate(articles, 1):
                on_progress(Progress("reading", done))
                yield each

        for batch in _batches(counted()):
            readable = [each for each in batch if isinstance(each, Article)]
            outcomes += [
                AddedArticle(each.where, "skipped", each.reason)
                for each in batch
                if isinstance(each, Unreadable)
            ]
            for keep_all in (False, True):
                sent = [WholeArticle.of(each) for each in readable if each.keep_all == keep_all]
                if sent:
                    path = f"/articles?keep_all={str(keep_all).lower()}"
                    response = self.send("POST", path, content=to_json(sent))
                    report = _parse(AddReport, response)
                    outcomes += report.articles
                    passages += report.passages
            on_progress(Progress("embedding", len(outcomes), None, passages))
        return AddReport(tuple(outcomes), passages)

    def remove(self, article_id: str) -> bool:
        response = self.send("DELETE", _article_path(article_id), missing_is_fine=True)
        return response.status_code != 404

    def followed(self) -> tuple[FollowedSource, ...]:
        return _parse(FollowedList, self.send("GET", "/followed")).followed

    def follow(self, address: str) -> FollowReport:
        sent = to_json({"address": _as_seen_here(address)})
        response = self.send("POST", "/followed", content=sent, timeout=SECONDS_TO_LOOK)
        return _parse(FollowReport, response)

    def unfollow(self, address: str) -> bool:
        parameters = httpx.QueryParams({"address": _as_seen_here(address)})
        response = self.send("DELETE", f"/followed?{parameters}", missing_is_fine=True)
        return response.status_code != 404

    def look_now(self, address: str | None = None) -> FollowReport:
        sent = to_json({"address": None if address is None else _as_seen_here(address)})
        response = self.send("POST", "/followed/look", content=sent, timeout=SECONDS_TO_LOOK)
        return _parse(FollowReport, response)

    def reindex(
        self, model: str, on_progress: Callable[[Progress], None] = ignore_progress
    ) -> ReindexReport:
        named = str(Path(model).resolve()) if Path(model).is_dir() else model
        headers = {"Content-Type": "application/json"}
        content = to_json({"model": named})
        try:
            with self._http.stream(
                "POST", "/reindex", content=content, headers=headers
            ) as response:
                if response.is_error:
                    response.read()
                    raise _refusal(response)
                for name, data in _named_events(_whole_lines(response.iter_text())):
                    if name == "error":
                        raise ServiceError(_read(PROBLEM, data).detail)
                    if name == "reindexed":
                        return _read(REINDEXED, data)
                    progress = _read(REINDEXING, data)
                    done = progress.done
                    on_progress(Progress("embedding", done, progress.total, done))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        raise ServiceError(
            "The service stopped before the index was embedded anew. Its model is unchanged: do it "
            "again."
        )

    def take_in_restored(self) -> None:
        """Have the service replace its index with the one restored beside it."""
        self.send("POST", "/restored")

    def collection(self) -> Collection:
        return _parse(Collection, self.send("GET", "/collection"))

    def inspect(self) -> "IndexReport":
        from vectorstore.integrity import IndexReport

        return _parse(IndexReport, self.send("GET", "/inspection"))

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        missing_is_fine: bool = False,
        timeout: float | None = None,
    ) -> httpx.Response:
        """`timeout` is in seconds; None means the client's."""
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            response = self._http.request(
                method,
                path,
                content=content,
                headers=headers,
                timeout=self._timeout if timeout is None else timeout,
            )
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.is_error and not (missing_is_fine and response.status_code == 404):
            raise _refusal(response)
        return response

    def _unreachable(self, error: httpx.HTTPError) -> ServiceError:
        return ServiceError(
            f"The service at {self.url} does not answer ({str(error) or type(error).__name__}). "
            "If it is not running, start it with `qa serve`."
        )


class CollectionsClient:
    """The collections of the service that a client talks to. Every method raises ServiceError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> tuple[CollectionInfo, ...]:
        return _parse(CollectionList, self._client.send("GET", "/collections")).collections

    def add(self, info: CollectionInfo) -> None:
        self._client.send("POST", "/collections", content=to_json(info))

    def change(self, name: str, new: CollectionInfo) -> None:
        changed = {
            "name": new.name,
            "description": new.description,
            "chat_model": new.chat_model,
        }
        self._client.send("PATCH", _entry(name), content=to_json(changed))

    def remove(self, name: str) -> None:
        self._client.send("DELETE", _entry(name))


def collection_path(name: str) -> str:
    """The path at which a service works on a collection, without a trailing slash: its root is that
    of the default one."""
    return "" if name == DEFAULT_COLLECTION else _entry(name)


def _entry(name: str) -> str:
    """The path of a collection itself, to be changed or removed."""
    return f"/collections/{path_segment(name)}"


def _filter_parameters(filters: Filters) -> list[tuple[str, str]]:
    dates = (("published_from", filters.published_from), ("published_to", filters.published_to))
    return [
        *((name, day.isoformat()) for name, day in dates if day is not None),
        *(("source", source) for source in filters.sources),
        *(("article_id", each) for each in filters.article_ids),
    ]


def _question_json(question: Question) -> bytes:
    filters = question.filters
    return to_json(
        {
            "question": question.text,
            "history": question.history,
            "filters": {
                "published_from": filters.published_from,
                "published_to": filters.published_to,
                "sources": filters.sources,
                "article_ids": filters.article_ids,
            },
            "passages": question.passages,
            "answerer": question.answerer,
            "as_of": question.as_of,
            "reads_dates": question.reads_dates,
        }
    )


def _as_seen_here(address: str) -> str:
    """An address, or a folder's absolute path: the service runs in another directory."""
    return address if "://" in address else str(Path(address).expanduser().resolve())


def _article_path(article_id: str) -> str:
    return f"/articles/{path_segment(article_id)}"


def _parse(body: type[Body], response: httpx.Response) -> Body:
    found: Body = _read(_adapter_of(body), response.content)  # type: ignore[arg-type]  # hashable
    return found


@lru_cache
def _adapter_of(body: type[Any]) -> TypeAdapter[Any]:
    """Made once for each type, which takes milliseconds."""
    return TypeAdapter(body)


def _read(body: TypeAdapter[Body], content: bytes | str) -> Body:
    try:
        return body.validate_json(content)
    except ValidationError as error:
        raise ServiceError(
            "The service's response cannot be read. Check that it is the same version as this "
            "program."
        ) from error


def _refusal(response: httpx.Response) -> ServiceError:
    try:
        return ServiceError(PROBLEM.validate_json(response.content).detail)
    except ValidationError:
        return ServiceError(f"The service returned status {response.status_code} without a reason.")


async def _lines(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of a stream of server-sent events. Only LF or CRLF ends a line: JSON may contain
    U+2028 and other line separators unescaped."""
    unfinished = ""
    async for text in texts:
        *whole, unfinished = (unfinished + text).split("\n")
        for line in whole:
            yield line.removesuffix("\r")


def _whole_lines(texts: Iterator[str]) -> Iterator[str]:
    """Like `_lines`, for a blocking iterator."""
    unfinished = ""
    for text in texts:
        *whole, unfinished = (unfinished + text).split("\n")
        for line in whole:
            yield line.removesuffix("\r")


def _named_events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """The name and the data of each event."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, value


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    name = ""
    async for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data" and name == "error":
            raise ServiceError(_read(PROBLEM, value).detail)
        elif field == "data" and name in EVENT_TYPES:
            yield _read(EVENT_TYPES[name], value)


def _batches(
    articles: Iterable[Article | Unreadable],
) -> Iterator[list[Article | Unreadable]]:
    """Batches of limited size, each of what arrived within a few seconds."""
    batch: list[Article | Unreadable] = []
    characters, begun = 0, time.monotonic()
    for each in articles:
        batch.append(each)
        characters += len(each.text) if isinstance(each, Article) else 0
        is_full = len(batch) == ARTICLES_SENT_AT_ONCE or characters >= CHARACTERS_SENT_AT_ONCE
        if is_full or time.monotonic() - begun > SECONDS_TO_COLLECT:
            yield batch
            batch, characters, begun = [], 0, time.monotonic()
    if batch:
        yield batch
