"""Articles and passages as JSON: the bodies of the HTTP interface and the output of `--json`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from pydantic import TypeAdapter, ValidationError

from qa.default_collection import DEFAULT_COLLECTION
from qa.types import AnswererName, PassageResult
from vectorstore.catalog.records import ArticlePage, Story
from vectorstore.ingest import IngestReport, Status
from vectorstore.readers import LONGEST_ID, Unreadable, parse_record
from vectorstore.readers.metadata import web_address
from vectorstore.types import Article, ArticleInfo, Cluster, Metadata, SkippedSpan, SkipReason


@dataclass(frozen=True, slots=True)
class FoundPassages:
    """The body of `GET /search`."""

    passages: tuple[PassageResult, ...]


@dataclass(frozen=True, slots=True)
class ArticleCopy(Metadata):
    """Another article of the same story."""

    id: str


@dataclass(frozen=True, slots=True)
class WholeArticle(Metadata):
    """The body of `GET /articles/{id}`.

    `copies` are the other articles in its `cluster`, earliest first, at most 99. `skipped` are the
    ranges of `text` that are not searched; `skipped_reasons` has the reason for each, or null if
    unknown. `pages` are the positions at which pages begin.
    """

    id: str
    text: str
    skipped: tuple[tuple[int, int], ...]
    skipped_reasons: tuple[SkipReason | None, ...] = ()
    pages: tuple[int, ...] = ()
    cluster: Cluster | None = None
    copies: tuple[ArticleCopy, ...] = ()

    @classmethod
    def of(cls, article: Article, story: Story | None = None) -> "WholeArticle":
        others = [each for each in story.articles if each.id != article.id] if story else []
        return cls(
            id=article.id,
            text=article.text,
            skipped=tuple((span.start, span.end) for span in article.skipped),
            skipped_reasons=tuple(span.reason for span in article.skipped),
            pages=article.info.pages,
            cluster=None if story is None else story.cluster,
            copies=tuple(ArticleCopy(id=each.id, **each.metadata()) for each in others),
            **article.info.metadata(),
        )

    def article(self) -> Article:
        """The inverse of `of`. Raises ValueError, with a clause that says what is wrong, for a body
        that `of` cannot produce."""
        reasons = self.skipped_reasons or (None,) * len(self.skipped)
        if len(reasons) != len(self.skipped):
            raise ValueError("`skipped_reasons` does not have one reason for each range")
        skipped = tuple(
            SkippedSpan(start, end, reason)
            for (start, end), reason in zip(self.skipped, reasons, strict=True)
        )
        info = ArticleInfo(self.id, self.pages, **self.metadata())
        article = Article(info, self.text, skipped)
        _check(article)
        return article


WHOLE_ARTICLE = TypeAdapter(WholeArticle)
NOT_WHOLE = "It has `skipped`, but is not an article as GET /articles/{id} returns it"


def article_from(record: object, where: str, *, keep_all: bool = False) -> Article | Unreadable:
    """The article in one JSON object of `POST /articles`; `where` names it in errors.

    An object with `skipped`, as `GET /articles/{id}` returns it, is taken as already read: then
    `keep_all` only decides whether to search paragraphs that many articles repeat.
    """
    if not (isinstance(record, dict) and "skipped" in record):
        return parse_record(record, where=where, keep_all=keep_all)
    try:
        whole = WHOLE_ARTICLE.validate_python(record, strict=False)
        return replace(whole.article(), keep_all=keep_all)
    except ValidationError as error:
        fields = ", ".join(dict.fromkeys(f"`{each['loc'][0]}`" for each in error.errors()))
        return Unreadable(where, f"{NOT_WHOLE}: see {fields}.")
    except ValueError as error:
        return Unreadable(where, f"{NOT_WHOLE}: {error}.")


def each_id_once(articles: Iterable[Article | Unreadable]) -> Iterator[Article | Unreadable]:
    """The articles of one request. Drops duplicates, and rejects a second article with the same
    id."""
    hashes: dict[str, str] = {}
    for number, each in enumerate(articles, start=1):
        if isinstance(each, Unreadable):
            yield each
        elif each.id not in hashes:
            hashes[each.id] = each.content_hash
            yield each
        elif hashes[each.id] != each.content_hash:
            where = f"{each.id} (article {number} of those sent)"
            yield Unreadable(
                where, "Another article in this request has the same id. Give each its own id."
            )


def _check(article: Article) -> None:
    info = article.info
    if not info.id:
        raise ValueError("its `id` is empty")
    if len(info.id) > LONGEST_ID:
        raise ValueError(f"its `id` has more than {LONGEST_ID:,} characters")
    if info.url is not None and web_address(info.url) != info.url:
        raise ValueError("its `url` is not an http or https URL")
    texts = {
        "id": info.id,
        "title": info.title,
        "source": info.source,
        "author": info.author,
        "text": article.text,
    }
    for name, text in texts.items():
        try:
            (text or "").encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"its `{name}` holds half of a surrogate pair") from None
    position = 0
    for start, end, _ in article.skipped:
        if not position <= start <= end <= len(article.text):
            raise ValueError(
                f"the range [{start}, {end}] of `skipped` is out of order or outside the text"
            )
        position = end
    inside = all(0 <= page <= len(article.text) for page in info.pages)
    if not inside or list(info.pages) != sorted(info.pages):
        raise ValueError("its `pages` are out of order or outside the text")


@dataclass(frozen=True, slots=True)
class ArticleEntry(Metadata):
    """One entry in the list of articles; `passages` is its number of passages, `cluster` null if it
    has no copies."""

    id: str
    passages: int
    cluster: Cluster | None = None


@dataclass(frozen=True, slots=True)
class ArticleList:
    """The body of `GET /articles`, newest first; `total` counts all that match."""

    articles: tuple[ArticleEntry, ...]
    total: int
    next_cursor: str | None

    @classmethod
    def of(cls, page: ArticlePage, stories: Mapping[str, Story] | None = None) -> "ArticleList":
        clusters = {name: story.cluster for name, story in (stories or {}).items()}
        return cls(
            articles=tuple(
                ArticleEntry(
                    id=each.info.id,
                    passages=each.passages,
                    cluster=clusters.get(each.info.id),
                    **each.info.metadata(),
                )
                for each in page.articles
            ),
            total=page.total,
            next_cursor=page.next_cursor,
        )


@dataclass(frozen=True, slots=True)
class AddedArticle:
    """The outcome for one article; `reason` says why it was skipped."""

    id: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AddReport:
    """The body of `POST /articles`. `undo` is the token that undoes it, if one was asked for and
    there is something to undo."""

    articles: tuple[AddedArticle, ...]
    passages: int
    undo: str | None = None

    @classmethod
    def of(cls, report: IngestReport) -> "AddReport":
        return cls(
            articles=tuple(
                AddedArticle(each.id, each.status, each.reason) for each in report.outcomes
            ),
            passages=report.passages,
        )


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection and its own settings.

    `embedding_model` is a folder or a name on the hub; None means QA_EMBEDDING_MODEL. Without
    `chat_model` its articles and questions are never sent to the chat model.
    """

    name: str = DEFAULT_COLLECTION
    description: str = ""
    embedding_model: str | None = None
    chat_model: bool = True


@dataclass(frozen=True, slots=True)
class CollectionList:
    """The body of `GET /collections`: those that the key may use, default first."""

    collections: tuple[CollectionInfo, ...]


@dataclass(frozen=True, slots=True)
class SourceEntry:
    source: str
    articles: int


@dataclass(frozen=True, slots=True)
class Collection:
    """The body of `GET /collection`: what is in it, and which answerers are available.

    `trouble` is a sentence that says what is wrong with the index, or null."""

    articles: int
    passages: int
    published_from: date | None
    published_to: date | None
    sources: tuple[SourceEntry, ...]
    example_questions: tuple[str, ...]
    answerers: tuple[AnswererName, ...]
    model: str | None
    formats: tuple[str, ...]
    """The article formats that can be read, as file name suffixes."""
    trouble: str | None = None
    name: str = DEFAULT_COLLECTION
    description: str = ""
