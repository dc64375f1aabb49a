"""A kept answer as a page for any browser, with what has become of its quotes."""

from collections.abc import Sequence

from fastapi import Response

from qa.http.article_page import html_page
from qa.quote_links import path_segment
from qa.receipts.exports import html_body
from qa.receipts.quote_status import VerifiedQuote
from qa.receipts.receipt import Receipt
from qa.safe_html import link, shown

SAVED = {"json": "Receipt (JSON)", "markdown": "Markdown", "html": "HTML", "jsonld": "JSON-LD"}


def answer_page(
    root: str, base_url: str, receipt: Receipt, verified: Sequence[VerifiedQuote]
) -> Response:
    """`root` is the path at which its collection is served, `base_url` the full URL."""
    here = f"{root}/answers/{path_segment(receipt.id)}"
    saved = " · ".join(link(f"{here}?format={form}", words) for form, words in SAVED.items())
    until = ""
    if receipt.kept_until is not None:
        until = f"Kept until {receipt.kept_until:%d %B %Y}. Save it as: ".lstrip("0")
    body = [
        f'<h1 dir="auto">{shown(receipt.question)}</h1>',
        f'<p class="page-links">{link(f"{root}/", "Ask another question")}</p>',
        f'<p class="dateline">{until}{saved}</p>',
        f'<div class="kept-answer">{html_body(receipt, base_url, verified)}</div>',
    ]
    return html_page(root, receipt.question, "\n".join(body))
