"""What to show of a sentence that answers: the sentence, and the context it needs. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markdown_it import MarkdownIt

from qa.types import Citation, Sentence
from qa.verification.markers import with_markers
from vectorstore.text.dates import day_name, find_dates
from vectorstore.types import ScoredPassage, Span

LONGEST_QUOTE = 500
"""In characters: a sentence is shown with the one before it if the two are no longer than this."""

_OPENS_WITH_PRONOUN = re.compile(
    r"^[\"“‘'(\[]*"
    r"(?:(?:But|And|So|Yet|Still|Then|Instead|However|Meanwhile|Later|In \w+|On \w+),? )?"
    r"(?:he|she|it|they|his|her|its|their|him|them|this|that|these|those|both|neither|the (?:two"
    r"|three|latter|former|same|other|company|firm|agency|bill|law|court|judge|group|exchange|suit"
    r"|deal|case|move|decision|agreement|report|man|woman|couple|pair))\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(
    r"^\W*(?:\w+\W+){0,2}(?:he|she|it|they|his|her|its|their|him|them|this|these|those)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tomorrow|tonight|(?:last|this|next) (?:week|weekend|month|year|night"
    r"|spring|summer|autumn|fall|winter|quarter)|(?:days?|weeks?|months?|years?) ago)\b",
    re.IGNORECASE,
)
_NO_SENTENCE = re.compile(r"^\s*(?:#{1,6}\s|[-*•]\s*$|\|)")
_PRODUCT = re.compile(r"\d\*+\d")
_MARKUP = MarkdownIt("zero").enable(["emphasis", "link", "backticks"])
_ENDS = re.compile(r"[.!…:;][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A range of a passage to quote for its sentence `number`.

    Our additions stand in brackets outside the quote: `note`; `earlier`, the day of publication, if
    something later on the same story is quoted first; and `later`, the day until which articles
    that are not quoted continue the story.
    """

    passage: int
    number: int
    span: Span
    note: str = ""
    earlier: date | None = None
    later: date | None = None


def is_prose(sentence: str) -> bool:
    """Whether a sentence states something: it is neither a heading nor a question.

    >>> [is_prose(each) for each in ("# What is a Wells notice?", "It is a letter.", "Read more")]
    [False, True, False]
    """
    text = sentence.strip()
    if _NO_SENTENCE.match(text) or text.endswith(("?", "?”", '?"')):
        return False
    return bool(_ENDS.search(text)) or len(text.split()) >= 8


def quote_of(index: int, found: ScoredPassage, number: int, *, go_on: bool = False) -> Quotation:
    """Sentence `number` of the passage, with the one before it if its own subject is a pronoun.

    With `go_on`, also with the one after it.
    """
    passage = found.passage
    span = passage.sentences[number]
    if needs_context(passage.sentence_text(span)) and number:
        before = passage.sentences[number - 1]
        if is_prose(passage.sentence_text(before)) and span.end - before.start <= LONGEST_QUOTE:
            span = Span(before.start, span.end)
    if go_on and number + 1 < len(passage.sentences):
        after = passage.sentences[number + 1]
        if after.end - span.start <= LONGEST_QUOTE:
            span = Span(span.start, after.end)
    text = passage.sentence_text(span)
    return Quotation(index, number, span, _note(text, found.article.published))


def needs_context(sentence: str) -> bool:
    """Whether a sentence begins with something that it does not name.

    >>> [needs_context(each) for each in ("He resigned.", "But it lost.", "Brooks resigned.")]
    [True, True, False]
    """
    return bool(_OPENS_WITH_PRONOUN.match(sentence.strip()))


def refers_back(sentence: str) -> bool:
    """Whether a sentence begins by referring to something named before.

    >>> [refers_back(each) for each in ("In it the staff says why.", "The staff says why.")]
    [True, False]
    """
    return needs_context(sentence) or bool(_REFERS_BACK.match(sentence))


def written(
    quotes: Sequence[Quotation], passages: Sequence[ScoredPassage]
) -> tuple[str, tuple[Sentence, ...], tuple[Citation, ...]]:
    """The text of an answer made of quotes, each with its marker; its sentences and citations.

    The text has single spaces and no Markdown; the citations are exactly as in the article.
    """
    text = ""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for number, quote in enumerate(quotes, start=1):
        gap = " " if text else ""
        start = len(text) + len(gap)
        found = passages[quote.passage]
        plain = as_read(found.passage.sentence_text(quote.span))
        when = f"Earlier ({quote.note or day_name(quote.earlier)}): " if quote.earlier else ""
        notes = [] if when else [_published(quote, found), _goes_on(quote)]
        note = f" [{'; '.join(filter(None, notes))}]" if any(notes) else ""
        text = f"{text}{gap}{when}{with_markers(plain, [number])}{note}"
        is_earlier = bool(quote.earlier or quote.later)
        sentences.append(
            Sentence(start, len(text), text[start:], (number,), supported=True, earlier=is_earlier)
        )
        citations.append(Citation.of(number, found, quote.span))
    return text, tuple(sentences), tuple(citations)


def as_read(text: str) -> str:
    """The text on one line, without Markdown's marks for emphasis, links and code.

    >>> as_read("**Some $60 billion**\\nhas [gone](https://example.org), 4 * 5 snake_case times.")
    'Some $60 billion has gone, 4 * 5 snake_case times.'
    >>> as_read("That is 2*3*4 times.")
    'That is 2*3*4 times.'
    """
    line = " ".join(text.split())
    if _PRODUCT.search(line):
        return line
    (inline,) = _MARKUP.parseInline(line)
    return "".join(each.content for each in inline.children or ()) or line


def goes_on(until: date) -> str:
    """What to say of a story that later articles continue."""
    return f"the story continues until {day_name(until)}"


def _goes_on(quote: Quotation) -> str:
    return goes_on(quote.later) if quote.later else ""


def _published(quote: Quotation, found: ScoredPassage) -> str:
    day = found.article.published
    return quote.note or (f"published on {day_name(day)}" if quote.later and day else "")


def _note(text: str, published: date | None) -> str:
    """When the article was published, if the text gives dates relative to that day."""
    relative = _RELATIVE.search(text) or any(e.weekday is not None for e in find_dates(text))
    if published is None or not relative:
        return ""
    return f"published on {published:%A}, {day_name(published)}"
