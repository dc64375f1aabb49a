"""A collection as tools and resources of the Model Context Protocol.

Every quote comes with its article and its range: `article.text[start:end] == quote`, in Unicode
code points. Needs the extra `mcp`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from urllib.parse import unquote

from anyio import to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources import ResourceSecurity
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from qa.library import Library
from qa.quote_links import cited_address, path_segment
from qa.types import Answer, Citation, Outcome, PassageResult, Question, Sentence
from vectorstore.errors import UserError
from vectorstore.types import Filters

if TYPE_CHECKING:
    from qa.verification.checker import CheckedText

INSTRUCTIONS = """Answers questions from a collection of articles, and checks sentences against
them. Each quote is the exact words of an article, with its id and its range in characters. When you
use an answer, keep its quotes. If `answered` is false, the articles do not say: say so."""

LONGEST_EXCERPT = 20_000
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)

QuestionText = Annotated[str, Field(min_length=1, max_length=2_000)]
Ids = Annotated[list[str], Field(max_length=1_000, description="Only these articles.")]
From = Annotated[date | None, Field(description="Only articles of this day and later.")]
To = Annotated[date | None, Field(description="Only articles of this day and earlier.")]


class ExactQuote(BaseModel):
    """The exact words of an article that support a sentence."""

    number: int
    article_id: str
    title: str
    published: date | None
    start: int
    end: int
    quote: str
    resource: str = Field(description="The article, as a resource.")
    address: str | None = Field(description="Where a reader can see the words in their article.")


class CheckedSentence(BaseModel):
    """A sentence, and the numbers of the quotes that it rests on."""

    text: str
    outcome: Outcome
    citations: list[int]
    reason: str | None = Field(description="Why it is not supported.")


class QuotedAnswer(BaseModel):
    answered: bool
    text: str
    sentences: list[CheckedSentence]
    quotes: list[ExactQuote]
    notice: str | None


class QuotedCheck(BaseModel):
    supported: bool = Field(description="Whether all of the sentences are.")
    sentences: list[CheckedSentence]
    quotes: list[ExactQuote]


class FoundExcerpt(BaseModel):
    """A passage: `text` is the range [start, end) of the article."""

    article_id: str
    title: str
    published: date | None
    start: int
    end: int
    text: str
    score: float


class FoundExcerpts(BaseModel):
    passages: list[FoundExcerpt]


class ArticleExcerpt(BaseModel):
    """The range [start, end) of an article of `length` characters."""

    article_id: str
    title: str
    published: date | None
    source: str | None
    url: str | None
    start: int
    end: int
    length: int
    text: str


class ArticleItem(BaseModel):
    article_id: str
    title: str
    published: date | None
    source: str | None


class ListedArticles(BaseModel):
    articles: list[ArticleItem]
    total: int
    next_cursor: str | None = Field(description="For the next page; null at the end.")


class Desk(Protocol):
    """Does the work of the tools, for the HTTP request of a call; None if there are no requests."""

    def library(self, request: Any) -> Library: ...

    async def search(
        self, request: Any, query: str, limit: int, filters: Filters
    ) -> tuple[PassageResult, ...]: ...

    async def check(self, request: Any, text: str, article_ids: Sequence[str]) -> "CheckedText": ...


class DeskOfOne:
    """A desk with one library for all calls."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def library(self, request: Any) -> Library:
        return self._library

    async def search(
        self, request: Any, query: str, limit: int, filters: Filters
    ) -> tuple[PassageResult, ...]:
        return await to_thread.run_sync(self._library.search, query, limit, filters)

    async def check(self, request: Any, text: str, article_ids: Sequence[str]) -> "CheckedText":
        return await to_thread.run_sync(self._library.check_text, text, article_ids)


def make_mcp_server(desk: Desk) -> MCPServer[Any]:
    """The server, to be run over stdio or HTTP."""
    server: MCPServer[Any] = MCPServer(
        "article-qa", title="Article QA", instructions=INSTRUCTIONS, log_level="WARNING"
    )
    tools = ArticleTools(desk)
    for tool in (tools.ask, tools.search, tools.check, tools.read_article, tools.list_articles):
        server.add_tool(tool, annotations=READS)
    server.resource(
        "article://{+article_id}",
        name="article",
        title="An article",
        description="The whole text of an article, exactly as it is stored.",
        # An id may look like a path; it is looked up in the index and opens no file.
        security=ResourceSecurity(exempt_params={"article_id"}),
    )(tools.article)
    return server


class ArticleTools:
    """The tools, whose docstrings describe them to the model."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(
        self,
        question: QuestionText,
        context: Context[Any, Any],
        published_from: From = None,
        published_to: To = None,
        article_ids: Ids = [],  # noqa: B006  # never changed
    ) -> QuotedAnswer:
        """Answer a question from the articles, with the exact words that each sentence rests on."""
        filters = Filters(published_from, published_to, article_ids=tuple(article_ids))
        asked = Question(question.strip(), filters=filters)
        with told_to_the_model():
            async for event in self._desk.library(request_of(context)).stream(asked):
                if isinstance(event, Answer):
                    return QuotedAnswer(
                        answered=event.answered,
                        text=event.text,
                        sentences=_sentences(event.sentences),
                        quotes=_quotes(event.citations, context),
                        notice=event.notice,
                    )
        raise ToolError("The answer was not completed. Ask again.")

    async def search(
        self,
        query: QuestionText,
        context: Context[Any, Any],
        limit: Annotated[int, Field(ge=1, le=100)] = 8,
        published_from: From = None,
        published_to: To = None,
        article_ids: Ids = [],  # noqa: B006  # never changed
    ) -> FoundExcerpts:
        """The passages that best match a query, best first, without an answer."""
        filters = Filters(published_from, published_to, article_ids=tuple(article_ids))
        with told_to_the_model():
            found = await self._desk.search(request_of(context), query, limit, filters)
        return FoundExcerpts(
            passages=[
                FoundExcerpt(
                    article_id=each.article_id,
                    title=each.title,
                    published=each.published,
                    start=each.start,
                    end=each.end,
                    text=each.text,
                    score=each.score,
                )
                for each in found
            ]
        )

    async def check(
        self,
        text: Annotated[str, Field(min_length=1, max_length=20_000)],
        context: Context[Any, Any],
        article_ids: Ids = [],  # noqa: B006  # never changed
    ) -> QuotedCheck:
        """Check each sentence of a text against the articles: supported, with the words that bear
        it out, contradicted, or not found."""
        with told_to_the_model():
            checked = await self._desk.check(request_of(context), text, article_ids)
        return QuotedCheck(
            supported=checked.supported,
            sentences=_sentences(checked.sentences),
            quotes=_quotes(checked.citations, context),
        )

    def read_article(
        self,
        article_id: Annotated[str, Field(min_length=1, max_length=2_000)],
        context: Context[Any, Any],
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[
            int | None,
            Field(ge=0, description=f"At most {LONGEST_EXCERPT:,} characters are read at once."),
        ] = None,
    ) -> ArticleExcerpt:
        """The exact text of an article, or of a range of its characters."""
        with told_to_the_model():
            article = self._desk.library(request_of(context)).article(article_id)
        if article is None:
            raise ToolError(f"There is no article with the id {article_id!r}.")
        length = len(article.text)
        last = min(length if end is None else end, length, start + LONGEST_EXCERPT)
        if not start <= last:
            raise ToolError(f"The article has {length:,} characters: {start} to {end} is no range.")
        return ArticleExcerpt(
            article_id=article.id,
            title=article.title,
            published=article.published,
            source=article.source,
            url=article.url,
            start=start,
            end=last,
            length=length,
            text=article.text[start:last],
        )

    def list_articles(
        self,
        context: Context[Any, Any],
        containing: Annotated[str, Field(max_length=500)] = "",
        limit: Annotated[int, Field(ge=1, le=500)] = 50,
        cursor: str | None = None,
    ) -> ListedArticles:
        """The articles, newest first, or those with some words in their title, source or id."""
        with told_to_the_model():
            try:
                page = self._desk.library(request_of(context)).articles(limit, cursor, containing)
            except (ValueError, OverflowError):
                raise ToolError("That is no cursor: take it from an earlier page.") from None
        return ListedArticles(
            articles=[
                ArticleItem(
                    article_id=each.id,
                    title=each.title,
                    published=each.published,
                    source=each.source,
                )
                for each in page.articles
            ],
            total=page.total,
            next_cursor=page.next_cursor,
        )

    def article(self, article_id: str, context: Context[Any, Any]) -> str:
        library = self._desk.library(request_of(context))
        found = library.article(article_id) or library.article(unquote(article_id))
        if found is None:
            raise ResourceNotFoundError(f"There is no article with the id {article_id!r}.")
        return found.text


def request_of(context: Context[Any, Any]) -> Any:
    """The HTTP request that a call came with; None over stdio."""
    return getattr(context.request_context, "request", None)


def article_resource(article_id: str) -> str:
    """
    >>> article_resource("news/a b.txt")
    'article://news%2Fa%20b.txt'
    """
    return f"article://{path_segment(article_id)}"


@contextmanager
def told_to_the_model() -> Iterator[None]:
    """Turn errors whose message is for people into results that the model can read."""
    try:
        yield
    except UserError as error:
        raise ToolError(str(error)) from error


def _sentences(sentences: Sequence[Sentence]) -> list[CheckedSentence]:
    return [
        CheckedSentence(
            text=each.text,
            outcome=each.outcome,
            citations=list(each.citations),
            reason=each.reason,
        )
        for each in sentences
    ]


def _quotes(citations: Sequence[Citation], context: Context[Any, Any]) -> list[ExactQuote]:
    request = request_of(context)
    base_url = None if request is None else str(request.base_url)
    return [
        ExactQuote(
            number=each.number,
            article_id=each.article_id,
            title=each.title,
            published=each.published,
            start=each.start,
            end=each.end,
            quote=each.quote,
            resource=article_resource(each.article_id),
            address=each.url if base_url is None else cited_address(each, base_url),
        )
        for each in citations
    ]
