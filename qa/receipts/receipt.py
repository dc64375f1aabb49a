"""A receipt: an answer with everything needed to verify it later. Pure."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter, ValidationError

from qa.default_collection import DEFAULT_COLLECTION
from qa.types import Answer, AnswererName, Citation, Outcome
from vectorstore.errors import UserError
from vectorstore.types import Metadata

FORMAT = "article-qa receipt 1"


class NoReceipt(UserError):
    """What was given is not a receipt; the message says why."""


class NoSuchAnswer(UserError):
    """No answer is kept under this id."""

    def __init__(self, answer_id: str) -> None:
        shown = answer_id if len(answer_id) <= 100 else f"{answer_id[:100]}…"
        super().__init__(
            f"No answer is kept under {shown!r}: it was never kept, or not for so long "
            "(QA_ANSWER_DAYS)."
        )


@dataclass(frozen=True, slots=True)
class ReceiptSentence:
    """A sentence of the answer, `text[start:end]`, and the numbers of the quotes it rests on."""

    start: int
    end: int
    text: str
    quotes: tuple[int, ...]
    outcome: Outcome
    reason: str | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class ReceiptQuote(Metadata):
    """Words of an article, `article.text[start:end] == quote` in Unicode code points.

    `article_hash` is the SHA-256, in hex, of the article's text in UTF-8; None if the article had
    changed before the receipt was made.
    """

    number: int
    article_id: str
    start: int
    end: int
    quote: str
    page: int | None = None
    article_hash: str | None = None


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """What an answer was made with. `index` counts the changes of the collection; `prompts` is a
    hash of the prompts, None where no chat model wrote the answer."""

    version: str
    answerer: AnswererName
    model: str | None
    prompts: str | None
    checker: str
    embedding_model: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The body of `GET /answers/{id}`. Times are in UTC."""

    format: str = FORMAT
    id: str
    made: datetime
    kept_until: datetime | None = None
    collection: str = DEFAULT_COLLECTION
    question: str
    standalone_question: str
    as_of: date | None = None
    answered: bool
    text: str
    sentences: tuple[ReceiptSentence, ...] = ()
    quotes: tuple[ReceiptQuote, ...] = ()
    notice: str | None = None
    answered_by: AnsweredBy


RECEIPT = TypeAdapter(Receipt)


def receipt_of(
    answer: Answer,
    text_of: Callable[[str], str | None],
    *,
    made: datetime,
    kept_until: datetime | None,
    collection: str,
    answered_by: AnsweredBy,
) -> Receipt:
    """The receipt for an answer. `text_of` returns the current text of an article that it cites;
    None if the article is gone."""
    texts = {each: text_of(each) for each in {c.article_id for c in answer.citations}}
    return Receipt(
        id=answer.id,
        made=made,
        kept_until=kept_until,
        collection=collection,
        question=answer.question,
        standalone_question=answer.standalone_question,
        as_of=answer.as_of,
        answered=answer.answered,
        text=answer.text,
        sentences=tuple(
            ReceiptSentence(
                each.start,
                each.end,
                each.text,
                each.citations,
                each.outcome,
                each.reason,
                each.probability,
            )
            for each in answer.sentences
        ),
        quotes=tuple(_quote(each, texts[each.article_id]) for each in answer.citations),
        notice=answer.notice,
        answered_by=answered_by,
    )


def read_receipt(content: bytes | str) -> Receipt:
    """Raises NoReceipt."""
    try:
        receipt = RECEIPT.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(each) for each in first["loc"])
        raise NoReceipt(
            f"This is no receipt: {where + ': ' if where else ''}{first['msg']}. Give the JSON of "
            "`qa ask --save FILE.json` or GET /answers/ID."
        ) from None
    if receipt.format != FORMAT:
        raise NoReceipt(f"This receipt has the format {receipt.format!r}; this reads {FORMAT!r}.")
    return receipt


def hash_of(text: str) -> str:
    """
    >>> hash_of("The ferry.")[:12]
    'c3b0fc2f257e'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _quote(citation: Citation, text: str | None) -> ReceiptQuote:
    is_exact = text is not None and text[citation.start : citation.end] == citation.quote
    return ReceiptQuote(
        number=citation.number,
        article_id=citation.article_id,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        page=citation.page,
        article_hash=hash_of(text) if text is not None and is_exact else None,
        **citation.metadata(),
    )
