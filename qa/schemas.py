"""Articles and passages in the shape that travels over HTTP and out of the command line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter, ValidationError

from qa.types import AnswererName, PassageResult
from vectorstore.catalog.catalog import ArticlePage
from vectorstore.ingest import IngestReport, Status
from vectorstore.readers import Unreadable, parse_record
from vectorstore.readers.metadata import web_address
from vectorstore.types import Article, ArticleInfo, Span


@dataclass(frozen=True, slots=True)
class FoundPassages:
    """The body of `GET /search`."""

    passages: tuple[PassageResult, ...]


@dataclass(frozen=True, slots=True)
class WholeArticle:
    """The body of `GET /articles/{id}`. `skipped` are the ranges of `text` that are not prose."""

    id: str
    title: str
    published: date | None
    source: str | None
    author: str | None
    url: str | None
    text: str
    skipped: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, article: Article) -> "WholeArticle":
        info = article.info
        return cls(
            id=info.id,
            title=info.title,
            published=info.published,
            source=info.source,
            author=info.author,
            url=info.url,
            text=article.text,
            skipped=tuple((span.start, span.end) for span in article.skipped),
        )


WHOLE_ARTICLE = TypeAdapter(WholeArticle)
NOT_WHOLE = "It has `skipped`, and is not as GET /articles/{id} gives articles"


def article_from(record: object, where: str) -> Article | Unreadable:
    """The article that one JSON object of `POST /articles` is; `where` names it in errors.

    With `skipped`, as `GET /articles/{id}` gives it, the text is taken as read already.
    """
    if not (isinstance(record, dict) and "skipped" in record):
        return parse_record(record, where=where)
    try:
        whole = WHOLE_ARTICLE.validate_python(record, strict=False)
        skipped = tuple(Span(start, end) for start, end in whole.skipped)
        _check_whole(whole, skipped)
    except ValidationError as error:
        fields = ", ".join(dict.fromkeys(f"`{each['loc'][0]}`" for each in error.errors()))
        return Unreadable(where, f"{NOT_WHOLE}: see {fields}.")
    except ValueError as error:
        return Unreadable(where, f"{NOT_WHOLE}: {error}.")
    info = ArticleInfo(
        whole.id, whole.title, whole.published, whole.source, whole.author, whole.url
    )
    return Article(info, whole.text, skipped)


def each_id_once(articles: Iterable[Article | Unreadable]) -> Iterator[Article | Unreadable]:
    """The articles, none in place of another of the same request; the same one twice is one."""
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
                where, "Another article sent with it has the same id. Give it its own."
            )


def _check_whole(whole: WholeArticle, spans: Sequence[Span]) -> None:
    if not whole.id:
        raise ValueError("its `id` is empty")
    if whole.url is not None and web_address(whole.url) != whole.url:
        raise ValueError("its `url` is no address on the web")
    for name in ("id", "title", "source", "author", "text"):
        try:
            (getattr(whole, name) or "").encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"its `{name}` holds half of a surrogate pair") from None
    position = 0
    length = len(whole.text)
    for span in spans:
        if not position <= span.start <= span.end <= length:
            raise ValueError(f"the range {list(span)} of `skipped` is out of order or of the text")
        position = span.end


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """One line of the list of articles; `passages` is their number."""

    id: str
    title: str
    published: date | None
    source: str | None
    author: str | None
    url: str | None
    passages: int


@dataclass(frozen=True, slots=True)
class ArticleList:
    """The body of `GET /articles`, newest first; `total` counts all that match."""

    articles: tuple[ArticleEntry, ...]
    total: int
    next_cursor: str | None

    @classmethod
    def of(cls, page: ArticlePage) -> "ArticleList":
        return cls(
            articles=tuple(
                ArticleEntry(
                    id=each.info.id,
                    title=each.info.title,
                    published=each.info.published,
                    source=each.info.source,
                    author=each.info.author,
                    url=each.info.url,
                    passages=each.passages,
                )
                for each in page.articles
            ),
            total=page.total,
            next_cursor=page.next_cursor,
        )


@dataclass(frozen=True, slots=True)
class AddedArticle:
    """What became of one article that was sent; `reason` says why it was skipped."""

    id: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AddReport:
    """The body of `POST /articles`."""

    articles: tuple[AddedArticle, ...]
    passages: int

    @classmethod
    def of(cls, report: IngestReport) -> "AddReport":
        return cls(
            articles=tuple(
                AddedArticle(each.id, each.status, each.reason) for each in report.outcomes
            ),
            passages=report.passages,
        )


@dataclass(frozen=True, slots=True)
class SourceEntry:
    source: str
    articles: int


@dataclass(frozen=True, slots=True)
class Collection:
    """The body of `GET /collection`: what there is to ask about, and who answers."""

    articles: int
    passages: int
    published_from: date | None
    published_to: date | None
    sources: tuple[SourceEntry, ...]
    example_questions: tuple[str, ...]
    answerers: tuple[AnswererName, ...]
    model: str | None
