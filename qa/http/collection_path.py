"""/collections/NAME/...: every route that works on articles, for another collection.

The name is stripped from the path before anything else looks at it, so that limits, scopes and
metrics only see the routes themselves.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.default_collection import DEFAULT_COLLECTION

PREFIX = "/collections/"
OF_ARTICLES = frozenset(
    {
        "ask",
        "answers",
        "verify",
        "check",
        "inspection",
        "search",
        "timeline",
        "articles",
        "undo",
        "collection",
        "addresses",
        "followed",
        "mcp",
        "v1",
        "reindex",
        "restored",
    }
)
"""The first path segments of routes that work on the articles of one collection."""
OF_THE_PAGE = frozenset({"", "web", "session"})


class CollectionPath:
    """Makes `/collections/NAME` the root of a request's path, like the prefix of a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (name := name_in(scope["path"])) is not None:
            state = {**scope.get("state", {}), "collection": name}
            scope = {**scope, "root_path": f"{PREFIX}{name}", "state": state}
        await self.app(scope, receive, send)


def name_in(path: str) -> str | None:
    """The name of the collection that a path leads into, whether or not it exists.

    >>> name_in("/collections/news/articles/1"), name_in("/collections/news"), name_in("/articles")
    ('news', None, None)
    """
    if not path.startswith(PREFIX):
        return None
    name, slash, rest = path.removeprefix(PREFIX).partition("/")
    head = rest.partition("/")[0]
    return name if slash and name and head in OF_ARTICLES | OF_THE_PAGE else None


def is_of_articles(path: str) -> bool:
    """Whether a route works on the articles of one collection.

    >>> is_of_articles("/articles/{article_id}"), is_of_articles("/health")
    (True, False)
    """
    return path.removeprefix("/").partition("/")[0] in OF_ARTICLES


def given_collection(scope: Scope) -> str | None:
    """The collection named in the request's path, or None."""
    name: str | None = scope.get("state", {}).get("collection")
    return name


def collection_of(scope: Scope) -> str:
    return given_collection(scope) or DEFAULT_COLLECTION


def route_path(scope: Scope) -> str:
    """The request's path, without its collection prefix."""
    path: str = scope["path"]
    return path.removeprefix(f"{PREFIX}{name}") if (name := given_collection(scope)) else path
