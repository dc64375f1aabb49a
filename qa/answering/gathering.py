"""Questions about articles: which, and how many, are about something. Pure.

The answer is what was found, which may not be all there is: it says how much was searched.
"""

import re
from collections.abc import Sequence

from qa.answering.extractive.quotation import is_prose, quote_of
from qa.answering.extractive.word_families import akin_to_any
from qa.types import Citation, Reply, Sentence
from qa.verification.markers import with_markers
from vectorstore.text.dates import day_name
from vectorstore.text.words import content_words, stem, stems_of
from vectorstore.types import ScoredPassage

PASSAGES_COUNTED = 100
MOST_SHOWN = 20

_ASKS_FOR_ARTICLES = re.compile(
    r"^\W*(?:in\s)?(?:how\smany|which|what)\s(?:different\s|of\sthe\s)?"
    r"(?:(?P<articles>articles|news\sitems)|reports|stories)\s"
    r"(?:(?:are|were|is|was|do|did|does|have|has|there|that)\s)*(?P<about>.+?)\W*$",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^(?:mention|name|report|tell|write|speak|cover|describe|discuss|deal|say)(?:s|ed)?\b"
    r"|^(?:wrote|told|spoke|said|dealt)\b"
    r"|\b(?:mentioned|named|reported|told|covered|described|discussed|spoken|written|dealt)"
    r"(?:\s(?:about|of|on|with))?$|^(?=(?:about|on)\s)",
    re.IGNORECASE,
)
"""The verb that says that articles tell something, or the preposition alone."""


def counted_about(question: str) -> str | None:
    """The topic to count articles about; None if a question does not ask for articles.

    >>> counted_about("In how many articles is Carol Whitcombe named?")
    'Carol Whitcombe'
    >>> counted_about("How many articles report on the flood?")
    'on the flood'
    >>> counted_about("How many stories does the tower have?") is None
    True
    """
    match = _ASKS_FOR_ARTICLES.match(question)
    if match is None or not (match["articles"] or _TELLS.search(match["about"])):
        return None
    about = " ".join(_TELLS.sub(" ", match["about"]).split())
    return about if content_words(about) else None


def counted(about: str, found: Sequence[ScoredPassage]) -> Reply | None:
    """How many of the articles found have all words of `about` in a passage or its title, each with
    the sentence that has most of them; None if none has. `found` should not include several copies
    of one."""
    wanted = frozenset(stem(word) for word in content_words(about))
    best: dict[str, tuple[int, ScoredPassage, int]] = {}
    for each in found:
        around = frozenset(stems_of(f"{each.article.title}\n{each.passage.text}"))
        if not all(akin_to_any(word, around) for word in wanted):
            continue
        for number, span in enumerate(each.passage.sentences):
            text = each.passage.sentence_text(span)
            stems = frozenset(stems_of(text))
            has = sum(akin_to_any(word, stems) for word in wanted)
            kept = best.get(each.article.id)
            if is_prose(text) and (kept is None or has > kept[0]):
                best[each.article.id] = (has, each, number)
    if not best:
        return None
    articles = sorted(best.values(), key=lambda e: str(e[1].article.published or ""))
    citations = tuple(
        Citation.of(place, each, quote_of(0, each, number).span)
        for place, (_, each, number) in enumerate(articles[:MOST_SHOWN], start=1)
    )
    told = [
        with_markers(day_name(each.published) if each.published else each.title, [each.number])
        for each in citations
    ]
    shown = f", the first {MOST_SHOWN} of them" if len(articles) > MOST_SHOWN else ""
    mention = "article mentions" if len(articles) == 1 else "articles mention"
    text = f"{len(articles)} {mention} “{_plain(about)}”{shown}: {'; '.join(told)}."
    numbers = tuple(each.number for each in citations)
    return Reply(
        answered=True,
        text=text,
        sentences=(Sentence(0, len(text), text, numbers, supported=True),),
        citations=citations,
        notice=(
            f"Counted in the {len(found):,} best passages for “{_plain(about)}”, copies once. "
            "There may be more: articles that call it something else are not counted."
        ),
    )


def _plain(about: str) -> str:
    return re.sub(r"^(?:on|about|of|with|in)\s", "", about)
