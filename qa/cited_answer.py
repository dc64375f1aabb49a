"""An answer that shows its quotes: as text when printed, as HTML in a notebook."""

from dataclasses import fields
from html import escape
from urllib.parse import urlsplit

from qa.quote_links import original_address
from qa.types import Answer, Citation, Sentence


class CitedAnswer(Answer):
    """An answer, as `POST /ask` returns it, that prints its text and the quotes it rests on.

    `text[s.start:s.end] == s.text` for each of `sentences`, in Unicode code points; each of
    `citations` has its `quote` and that quote's range [start, end) in the article.
    """

    __slots__ = ()

    @classmethod
    def showing(cls, answer: Answer) -> "CitedAnswer":
        return cls(**{each.name: getattr(answer, each.name) for each in fields(answer)})

    def __str__(self) -> str:
        shown = [self.text, *(_as_text(each) for each in self.citations)]
        return "\n\n".join(shown if self.notice is None else [self.notice, *shown])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        sentences = " ".join(_sentence_html(each) for each in self.sentences) or escape(self.text)
        quotes = "".join(
            f'<li value="{each.number}">{_as_html(each)}</li>' for each in self.citations
        )
        notice = "" if self.notice is None else f"<p><em>{escape(self.notice)}</em></p>"
        return f"<div>{notice}<p>{sentences}</p>{f'<ol>{quotes}</ol>' if quotes else ''}</div>"


def _as_text(citation: Citation) -> str:
    date = f" ({citation.published.isoformat()})" if citation.published else ""
    page = f", page {citation.page}" if citation.page else ""
    return (
        f"[{citation.number}] {citation.title or citation.article_id}{date}\n"
        f"    “{' '.join(citation.quote.split())}”\n"
        f"    {citation.article_id}{page}, characters {citation.start} to {citation.end}"
    )


def _as_html(citation: Citation) -> str:
    title = escape(citation.title or citation.article_id)
    if citation.url is not None and urlsplit(citation.url).scheme in ("http", "https"):
        address = escape(original_address(citation.url, citation.quote), quote=True)
        title = f'<a href="{address}" rel="noreferrer">{title}</a>'
    told = [citation.source, citation.published and citation.published.isoformat()]
    about = "".join(f", {escape(str(each))}" for each in told if each)
    where = f"{escape(citation.article_id)}, characters {citation.start} to {citation.end}"
    return (
        f"<blockquote>{escape(citation.quote)}</blockquote>"
        f"<cite>{title}</cite>{about}<br><small>{where}</small>"
    )


def _sentence_html(sentence: Sentence) -> str:
    if sentence.supported:
        return escape(sentence.text)
    reason = escape(sentence.reason or "The articles do not bear it out.", quote=True)
    return f'<s title="{reason}">{escape(sentence.text)}</s>'
