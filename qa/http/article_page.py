"""An article as a page for any browser, with the quoted words marked. It has no scripts."""

from html import escape
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Response
from starlette.types import Scope

from qa.quote_links import MARK, path_segment
from qa.safe_html import link, shown
from qa.schemas import WholeArticle
from vectorstore.types import page_at

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
    "Vary": "Accept",
}


def root_of(scope: Scope) -> str:
    """The path at which a collection is served, percent-encoded, without a trailing slash."""
    return quote(scope.get("root_path", ""))


def article_page(root: str, article: WholeArticle, start: int | None, end: int | None) -> Response:
    """An article's page; [start, end) is the range to mark, None if there is none."""
    marked = None if start is None or end is None else (start, end)
    notice = ""
    if marked is not None and not 0 <= marked[0] < marked[1] <= len(article.text):
        marked = None
        notice = (
            f"The address marks characters {start} to {end}, but the article has "
            f"{len(article.text):,}: it has changed since it was quoted."
        )
    dateline = [article.source, article.author, article.published and article.published.isoformat()]
    if marked is not None:
        page = page_at(article.pages, marked[0])
        dateline.append(
            f"characters {marked[0]} to {marked[1]}" + (f", page {page}" if page else "")
        )
    told = " · ".join(shown(str(each)) for each in dateline if each)
    links = [link(f"{root}/#/articles/{path_segment(article.id)}", "Ask about it")]
    if article.url is not None:
        links.insert(0, link(article.url, "Original page"))
    body = [
        f"<h1>{shown(article.title or article.id)}</h1>",
        f'<p class="dateline">{told}</p>' if told else "",
        f'<p class="page-links">{" ".join(links)}</p>',
        f'<p class="notice" role="status">{escape(notice)}</p>' if notice else "",
        f'<article class="page-text" dir="auto">{_text(article.text, marked)}</article>',
    ]
    return html_page(root, article.title or article.id, "\n".join(body), 200)


def problem_page(scope: Scope, status: int, detail: str) -> Response:
    """A problem, as a page for readers of articles and answers."""
    root = root_of(scope)
    title = HTTPStatus(status).phrase
    links = [link(f"{root}/", "Go to the questions")]
    if status == HTTPStatus.UNAUTHORIZED:
        # Following a link from another website does not send the key kept in this browser's cookie.
        query = scope["query_string"].decode("latin-1")
        address = quote(scope["path"]) + (f"?{query}#{MARK}" if query else "")
        links.insert(0, link(address, "Open it with the key that this browser keeps"))
    body = (
        f'<h1>{escape(title)}</h1>\n<p>{shown(detail)}</p>\n<p class="page-links">'
        f"{' '.join(links)}</p>"
    )
    return html_page(root, title, body, status)


def html_page(root: str, title: str, body: str, status: int = 200) -> Response:
    """A page with this HTML as its body, styled like the chat page."""
    base = escape(root, quote=True)
    content = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta name="robots" content="noindex" />
<title>{escape(title)}</title>
<link rel="icon" href="{base}/web/icon.svg" type="image/svg+xml" />
<link rel="stylesheet" href="{base}/web/base.css" />
<link rel="stylesheet" href="{base}/web/article-page.css" />
</head>
<body class="article-page">
<main>
{body}
</main>
</body>
</html>
"""
    # Only lone surrogates cannot be encoded, and they are not characters either.
    encoded = content.encode("utf-8", "replace")
    return Response(encoded, status, HEADERS, "text/html; charset=utf-8")


def _text(text: str, marked: tuple[int, int] | None) -> str:
    if marked is None:
        return shown(text)
    start, end = marked
    return (
        f'{shown(text[:start])}<mark id="{MARK}">{shown(text[start:end])}</mark>{shown(text[end:])}'
    )
