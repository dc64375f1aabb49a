"""What became of a quote: still exact, moved, changed or removed. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from qa.receipts.receipt import Receipt, ReceiptQuote, hash_of

QuoteStatus = Literal["exact", "moved", "changed", "removed"]
SAME_WORDS = 0.5
"""A quote was changed rather than removed if its article has a place with more than this share of
its words, in order."""
AROUND = 600
LONGEST_COMPARED = 5_000
"""The longest quote, in characters, that a changed version is looked for."""
TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of the quote (`kept` or `deleted`), or of what stands in its place (`inserted`)."""

    kind: Literal["kept", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True)
class VerifiedQuote:
    """A quote of a receipt, and what its article says there now.

    `start` and `end` are where the words are now, or what is left of them; None if they are gone.
    `diff` leads from the quote to `text[start:end]`, if it has changed. `article_changed` says
    whether the article's text has changed at all since; None if that is not known.
    """

    number: int
    article_id: str
    status: QuoteStatus
    start: int | None
    end: int | None
    article_changed: bool | None
    diff: tuple[Edit, ...] = ()
    told: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """The body of `POST /verify`. `holds` if every quote still has its words in its article."""

    id: str
    question: str
    holds: bool
    quotes: tuple[VerifiedQuote, ...]


def verify_receipt(
    receipt: Receipt,
    text_of: Callable[[str], str | None],
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Verification:
    """Compare each quote with the current text of its article, None if it is gone. Stops once
    `is_cancelled`."""
    quotes = []
    for each in receipt.quotes:
        if is_cancelled():
            break
        quotes.append(verify_quote(each, text_of(each.article_id)))
    holds = all(each.status in ("exact", "moved") for each in quotes)
    return Verification(receipt.id, receipt.question, holds, tuple(quotes))


def verify_quote(quote: ReceiptQuote, text: str | None) -> VerifiedQuote:
    """What became of a quote in an article with this text; None if the article is gone."""

    def verified(
        status: QuoteStatus,
        told: str,
        start: int | None,
        end: int | None,
        diff: Sequence[Edit] = (),
    ) -> VerifiedQuote:
        known = text is not None and quote.article_hash is not None
        changed = hash_of(text or "") != quote.article_hash if known else None
        return VerifiedQuote(
            quote.number, quote.article_id, status, start, end, changed, tuple(diff), told
        )

    if text is None:
        return verified("removed", "The article is no longer there.", None, None)
    if quote.quote and text[quote.start : quote.end] == quote.quote:
        told = f"Word for word at characters {quote.start} to {quote.end}."
        return verified("exact", told, quote.start, quote.end)
    found = nearest_place(quote.quote, text, quote.start)
    if found is not None:
        end = found + len(quote.quote)
        told = f"Word for word, now at characters {found} to {end}."
        return verified("moved", told, found, end)
    changed = changed_place(quote.quote, text)
    if changed is None:
        return verified("removed", "The article no longer has these words.", None, None)
    start, end, diff = changed
    told = f"Other words, at characters {start} to {end}."
    return verified("changed", told, start, end, diff)


def nearest_place(quote: str, text: str, start: int) -> int | None:
    """Where a text has these words, closest to `start`; None if nowhere.

    >>> nearest_place("cat", "a cat, a dog, a cat", 12)
    16
    """
    if not quote:
        return None
    after = text.find(quote, max(start, 0))
    before = text.rfind(quote, 0, max(start, 0) + len(quote))
    places = [each for each in (before, after) if each >= 0]
    return min(places, key=lambda place: abs(place - start), default=None)


def changed_place(quote: str, text: str) -> tuple[int, int, list[Edit]] | None:
    """The range of `text` most similar to the quote, and the edits that lead to it; None if no
    place has most of its words.

    >>> changed_place("It has 42 members.", "It has grown. It has 44 members now. It will grow.")
    (14, 36, [Edit(kind='kept', text='It has '), Edit(kind='deleted', text='42'), \
Edit(kind='inserted', text='44'), Edit(kind='kept', text=' members'), \
Edit(kind='inserted', text=' now'), Edit(kind='kept', text='.')])
    """
    # Slow to import, and a client of a service does not need them.
    from rapidfuzz import fuzz

    from vectorstore.text.sentences import split_sentences

    if not quote or not text or len(quote) > LONGEST_COMPARED:
        return None
    nearest = fuzz.partial_ratio_alignment(quote, text)
    if nearest is None:
        return None
    # If the text is the shorter of the two, all of it is compared.
    whole = len(text) <= len(quote)
    first, last = (0, len(text)) if whole else (nearest.dest_start, nearest.dest_end)
    base = max(0, first - AROUND)
    excerpt = text[base : last + AROUND]
    sentences = [
        each
        for each in split_sentences(excerpt)
        if each.end > first - base and each.start < last - base
    ]
    if not sentences:
        return None
    start, end = base + sentences[0].start, base + sentences[-1].end
    return _trimmed(quote, text, start, end)


def _trimmed(quote: str, text: str, start: int, end: int) -> tuple[int, int, list[Edit]] | None:
    """The range without text that only surrounds the quote, and the edits that lead to it."""
    old, new = TOKENS.findall(quote), TOKENS.findall(text[start:end])
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    blocks = [each for each in matcher.get_matching_blocks() if each.size]
    words = sum(_is_word(each) for each in old)
    kept = sum(_is_word(each) for block in blocks for each in old[block.a : block.a + block.size])
    if not words or kept / words <= SAME_WORDS:
        return None
    edits: list[Edit] = []
    operations = matcher.get_opcodes()
    if operations[0][0] == "insert":
        start += len("".join(new[: operations[0][4]]))
        operations = operations[1:]
    if operations[-1][0] == "insert":
        end -= len("".join(new[operations[-1][3] :]))
        operations = operations[:-1]
    for kind, old_start, old_end, new_start, new_end in operations:
        was, now = "".join(old[old_start:old_end]), "".join(new[new_start:new_end])
        if kind == "equal":
            edits.append(Edit("kept", was))
        else:
            changes = (Edit("deleted", was), Edit("inserted", now))
            edits += [each for each in changes if each.text]
    return start, end, edits


def _is_word(token: str) -> bool:
    return token[0].isalnum()
