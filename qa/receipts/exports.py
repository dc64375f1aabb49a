"""A receipt as Markdown, as HTML with footnotes, and as JSON-LD. Pure."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Literal

from qa.quote_links import cited_address, live_address
from qa.receipts.quote_status import VerifiedQuote
from qa.receipts.receipt import RECEIPT, Receipt, ReceiptQuote, ReceiptSentence
from qa.safe_html import link, shown
from qa.verification.sentence_stream import without_markers

Format = Literal["json", "markdown", "html", "jsonld"]
SUFFIXES: Mapping[str, Format] = {
    ".json": "json",
    ".md": "markdown",
    ".html": "html",
    ".jsonld": "jsonld",
}
MEDIA_TYPES: Mapping[Format, str] = {
    "json": "application/json",
    "markdown": "text/markdown",
    "html": "text/html",
    "jsonld": "application/ld+json",
}
RATINGS = {"supported": 5, "not_found": 3, "contradicted": 1}
SAID = {"supported": "supported", "not_found": "not found", "contradicted": "contradicted"}
BACK = "\u21a9\ufe0e"
_MARKUP = re.compile(r"([\\`*_\[\]<>#&!|~$])")
_MARKER = re.compile(r"[ \t]?\[(\d{1,3})\]")
STYLE = """body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5;
  font-family: Georgia, serif; }
small, .made { color: #555; }
li { margin-bottom: 1rem; }
blockquote { margin: 0; white-space: pre-line; }
.answer { white-space: pre-line; }
.unsupported { text-decoration: underline wavy; }
.control::before { content: "[" attr(data-name) "]"; }"""


def exported(receipt: Receipt, form: Format, base_url: str | None = None) -> bytes:
    """The receipt in one of the formats, in UTF-8. `base_url` is where its collection is served,
    with a trailing slash, for links to articles without a URL of their own; None if it is not."""
    if form == "json":
        return RECEIPT.dump_json(receipt, indent=2) + b"\n"
    if form == "markdown":
        text = as_markdown(receipt, base_url)
    elif form == "html":
        text = as_html(receipt, base_url)
    else:
        text = json.dumps(as_json_ld(receipt, base_url), indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "replace")


def as_markdown(receipt: Receipt, base_url: str | None = None) -> str:
    """With a footnote for each quote. Anything that would be markup is escaped."""
    written = [f"# {_plain(receipt.question)}", ""]
    if receipt.notice:
        written += [f"*{_plain(receipt.notice)}*", ""]
    numbers = {each.number for each in receipt.quotes}
    body = ""
    for text, sentence in pieces(receipt):
        for words, number in _references(text, numbers):
            body += _escaped(words) if number is None else f"[^{number}]"
        if sentence is not None and sentence.outcome != "supported":
            body += f" *({_plain(doubt_about(sentence))})*"
    written += [body.strip(), ""]
    for each in receipt.quotes:
        address = address_of(each, base_url)
        title = _plain(each.title or each.article_id)
        named = f"[{title}](<{address}>)" if address else title
        about = ", ".join(_plain(part) for part in about_of(each))
        written.append(f"[^{each.number}]: “{_plain(each.quote)}” — {named}, {about}")
    return "\n".join([*written, "", f"*{_plain(made_with(receipt))}*", ""])


def as_html(receipt: Receipt, base_url: str | None = None) -> str:
    """A standalone document, without scripts."""
    title = shown(receipt.question)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(receipt.question)}</title>
<style>
{STYLE}
</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
{html_body(receipt, base_url)}
</body>
</html>
"""


def html_body(
    receipt: Receipt, base_url: str | None, verified: Sequence[VerifiedQuote] = ()
) -> str:
    """The answer, with its quotes as footnotes, each with what became of it if `verified`."""
    numbers = {each.number for each in receipt.quotes}
    body, count = "", 0
    for text, sentence in pieces(receipt):
        inner = "".join(
            shown(words) if number is None else _reference(number)
            for words, number in _references(text, numbers)
        )
        if sentence is None:
            body += inner
            continue
        count += 1
        doubt = doubt_about(sentence)
        kind = ' class="unsupported"' if doubt else ""
        body += f'<span id="sentence-{count}"{kind}>{inner}</span>'
        body += f" <small>({shown(doubt)})</small>" if doubt else ""
    said = {each.number: each for each in verified}
    notes = "\n".join(_footnote(each, base_url, said.get(each.number)) for each in receipt.quotes)
    notice = f"<p><em>{shown(receipt.notice)}</em></p>\n" if receipt.notice else ""
    quotes = f"<h2>Quotes</h2>\n<ol>\n{notes}\n</ol>\n" if notes else ""
    return (
        f'{notice}<p class="answer" dir="auto">{body.strip()}</p>\n{quotes}'
        f'<p class="made">{shown(made_with(receipt))}</p>'
    )


def as_json_ld(receipt: Receipt, base_url: str | None = None) -> dict[str, Any]:
    """A schema.org ClaimReview for each sentence, with its supporting quotes as Quotations.

    A quotation's `identifier` is the range in the article's text as an RFC 5147 fragment.
    """
    quotes = {each.number: each for each in receipt.quotes}
    here = None if base_url is None else f"{base_url}answers/{receipt.id}"
    maker = {
        "@type": "SoftwareApplication",
        "name": "Article QA",
        "softwareVersion": receipt.answered_by.version,
    }
    reviews = [
        _known(
            {
                "@type": "ClaimReview",
                "url": here and f"{here}#sentence-{number}",
                "datePublished": receipt.made.date().isoformat(),
                "author": maker,
                "claimReviewed": without_markers(each.text),
                "reviewRating": {
                    "@type": "Rating",
                    "ratingValue": RATINGS[each.outcome],
                    "bestRating": 5,
                    "worstRating": 1,
                    "alternateName": SAID[each.outcome],
                },
                "reviewBody": each.reason,
                "citation": [_quotation(quotes[n], base_url) for n in each.quotes if n in quotes],
            }
        )
        for number, each in enumerate(receipt.sentences, start=1)
    ]
    answer = {"@type": "Answer", "text": receipt.text, "dateCreated": receipt.made.isoformat()}
    question = {
        "@type": "Question",
        "name": receipt.question,
        "acceptedAnswer": _known({**answer, "url": here, "author": maker}),
    }
    return {"@context": "https://schema.org", "@graph": [question, *reviews]}


def pieces(receipt: Receipt) -> Iterator[tuple[str, ReceiptSentence | None]]:
    """The text of the answer, split into its sentences and what is between them."""
    position = 0
    for each in sorted(receipt.sentences, key=lambda each: each.start):
        if position <= each.start <= each.end <= len(receipt.text):
            if each.start > position:
                yield receipt.text[position : each.start], None
            yield receipt.text[each.start : each.end], each
            position = each.end
    if position < len(receipt.text):
        yield receipt.text[position:], None


def _references(text: str, numbers: Collection[int]) -> Iterator[tuple[str, int | None]]:
    """The text, split at its markers, each with the number of the quote it refers to.

    >>> list(_references("The cat sat [1].", {1}))
    [('The cat sat', None), (' [1]', 1), ('.', None)]
    """
    position = 0
    for found in _MARKER.finditer(text):
        if int(found[1]) in numbers:
            yield text[position : found.start()], None
            yield found[0], int(found[1])
            position = found.end()
    yield text[position:], None


def doubt_about(sentence: ReceiptSentence) -> str:
    """Why a sentence is not supported; empty if it is."""
    if sentence.outcome == "supported":
        return ""
    return (
        f"{SAID[sentence.outcome]}: {sentence.reason}"
        if sentence.reason
        else SAID[sentence.outcome]
    )


def address_of(quote: ReceiptQuote, base_url: str | None) -> str | None:
    """Where a reader can see the words in their article; None if nowhere."""
    live = live_address(quote)
    return live if live or base_url is None else cited_address(quote, base_url)


def about_of(quote: ReceiptQuote) -> list[str]:
    """A quote's source, date, page and range."""
    day = quote.published and quote.published.isoformat()
    page = f"page {quote.page}" if quote.page else None
    where = f"{quote.article_id}, characters {quote.start} to {quote.end}"
    return [each for each in (quote.source, day, page, where) if each]


def made_with(receipt: Receipt) -> str:
    """One line on how the answer was made."""
    by = receipt.answered_by
    writer = f"written by {by.model}" if by.model else "in the articles' own words"
    prompts = f", prompts {by.prompts}" if by.prompts else ""
    until = f", of what was published by {receipt.as_of.isoformat()}" if receipt.as_of else ""
    return (
        f"Answer {receipt.id} of {receipt.made:%Y-%m-%d %H:%M} UTC, {writer}{until}{prompts}; "
        f"Article QA {by.version}, index {by.index} of the collection {receipt.collection}."
    )


def _footnote(quote: ReceiptQuote, base_url: str | None, verified: VerifiedQuote | None) -> str:
    address = address_of(quote, base_url)
    title = quote.title or quote.article_id
    named = link(address, title) if address else shown(title)
    about = ", ".join(shown(each) for each in about_of(quote))
    status = ""
    if verified is not None:
        status = (
            f'<br><span class="status {verified.status}">{verified.status}</span> '
            f"<small>{shown(verified.told)}</small>{_diff_html(verified)}"
        )
    return (
        f'<li id="quote-{quote.number}" value="{quote.number}">'
        f'<blockquote dir="auto">{shown(quote.quote)}</blockquote>\n'
        f"<cite>{named}</cite>, <small>{about}</small> "
        f'<a href="#reference-{quote.number}" aria-label="Back to the answer">{BACK}</a>'
        f"{status}</li>"
    )


def _diff_html(verified: VerifiedQuote) -> str:
    if not verified.diff:
        return ""
    tags = {"deleted": "del", "inserted": "ins"}
    parts = (
        f"<{tags[each.kind]}>{shown(each.text)}</{tags[each.kind]}>"
        if each.kind in tags
        else shown(each.text)
        for each in verified.diff
    )
    return f'<p class="diff" dir="auto">{"".join(parts)}</p>'


def _reference(number: int) -> str:
    return f'<sup id="reference-{number}"><a href="#quote-{number}">{number}</a></sup>'


def _quotation(quote: ReceiptQuote, base_url: str | None) -> dict[str, Any]:
    article = {
        "@type": "Article",
        "headline": quote.title,
        "url": quote.url,
        "datePublished": quote.published and quote.published.isoformat(),
        "publisher": quote.source and {"@type": "Organization", "name": quote.source},
        "author": quote.author and {"@type": "Person", "name": quote.author},
        "identifier": quote.article_id,
    }
    return _known(
        {
            "@type": "Quotation",
            "text": quote.quote,
            "url": address_of(quote, base_url),
            "identifier": f"#char={quote.start},{quote.end}",
            "isPartOf": _known(article),
        }
    )


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _plain(text: str) -> str:
    return _escaped(" ".join(text.split()))
