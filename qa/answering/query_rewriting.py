"""A follow-up and its conversation, to a question that stands alone."""

import asyncio
import logging
import re
import uuid
from collections.abc import Sequence

from qa.answering.llm.model_client import ModelClient, ModelFailed
from qa.answering.llm.prompts import new_fence, rewrite_prompt
from qa.types import Turn
from qa.verification.claims.dates import find_dates
from qa.verification.claims.entities import Entity, find_entities, is_person

logger = logging.getLogger(__name__)

LONGEST = 2_000

_PERSON = re.compile(r"\b(he|she|him|his|her|hers)\b", re.IGNORECASE)
_THING = re.compile(r"\b(it|its|they|them|their|theirs)\b", re.IGNORECASE)
_PLURAL = re.compile(r"\b[a-z]{4,}(?<!s)s\b(?=.*\b(?:they|them|their|theirs)\b)")
_ASKS_WHO = re.compile(r"\W*(?:who|which (?:judge|man|woman|senator|lawyer))", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:that|this|these|those)\b(?!\s+(?:is|are|was|were)\s+(?:not\s+)?true)"
    r"|\b(?:there|then|the same|the other|the first one|the latter|the former)\b",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\bthe (company|firm|exchange|agency|regulator|group|association|bank|fund|lender|country|"
    r"court|judge|bill|law|deal|case|lawsuit|token|order|man|woman)\b(?!\s+of\b|\s+(?-i:[A-Z]))",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\W*(?:(?:and|but|so|or|also|then|ok(?:ay)?)\b[,\s]*)?(?:what|how) about\b"
    r"|^\W*(?:and|but|or|also)\b|^\W*who else\b|^\W*what else\b|^\W*which one\b",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^\W*(?:(?:and|but|so|or)\b[,\s]*)?(?:what|how) about\s+|^\W*(?:and|or)\s+", re.IGNORECASE
)
_BARE = re.compile(
    r"^\W*(?:(?:and|but|so)\b[,\s]*)?(why|when|where|how|who|how much|how many|how long|since when|"
    r"by whom|for how long|how so|why not|what for|what happened)\s*(?:then|exactly|next)?\W*$",
    re.IGNORECASE,
)
# "By whom?", "In which states?"
_BARE_CASE = re.compile(
    r"^\W*(?:in|on|at|by|for|with|to|from|of|since|until)\s(?:which|what|whom|how|when)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:who|what|when|where|why|how|which|whose|did|does|do|is|are|was|were|has|have|had|can|"
    r"could|will|would|should|tell|name|list)\b",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset({"his", "its", "their", "theirs", "hers"})


def stands_alone(question: str) -> bool:
    """Whether a question can be understood without what was said before it.

    >>> stands_alone("When did Binance.US say that it would leave?"), stands_alone("Why did it?")
    (True, False)
    """
    if _CONTINUES.search(question) or _BARE.match(question):
        return False
    names = find_entities(question)
    if _BARE_CASE.match(question) and not names and len(question.split()) < 6:
        return False
    # "How many Democrats voted for it?": it is none of them.
    if _IT.search(question) and all(_is_plural(name) for name in names):
        return False
    first = min((name.start for name in names), default=len(question))
    pronouns = [m for p in (_PERSON, _THING) for m in p.finditer(question)]
    # "It" after a name in the same question is that name; before it, or without one, it is not.
    # So is "their" after a plural: "How do stablecoins keep their price?"
    plural = _PLURAL.search(question)
    if any(m.start() < first and not (plural and plural.end() <= m.start()) for m in pronouns):
        return False
    if names:
        return True
    return not (_POINTING.search(question) or _KIND.search(question) or len(question.split()) < 3)


_IT = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)


def _is_plural(name: Entity) -> bool:
    return bool(re.search(r"[a-rt-z]s$", name.text)) and len(name.words) == 1


def rewrite_by_rule(question: str, history: Sequence[Turn]) -> str:
    """The question with what it refers to put in, from the names of the questions before it.

    >>> turns = [Turn("user", "When did Binance.US join the group?"), Turn("assistant", "In 2020.")]
    >>> rewrite_by_rule("Why did it leave?", turns)
    'Why did Binance.US leave?'
    >>> rewrite_by_rule("What about Coinbase?", turns)
    'When did Coinbase join the group?'
    """
    question = " ".join(question.split())
    asked = [" ".join(turn.content.split()) for turn in history if turn.role == "user"]
    if not asked or stands_alone(question):
        return question
    previous = _standing(asked, history)
    if _BARE.match(question) or (_BARE_CASE.match(question) and not find_entities(question)):
        return _fit(f"{previous.rstrip('?.! ')}, and {_uncapital(question.strip())}")
    if instead := _instead(question, previous):
        return _fit(instead)
    return _fit(_filled(question, previous, history))


def _standing(asked: list[str], history: Sequence[Turn]) -> str:
    """The last question asked, itself made to stand alone by those before it."""
    standing = asked[0]
    for index, question in enumerate(asked[1:], start=1):
        earlier = [Turn("user", standing)]
        standing = question if stands_alone(question) else rewrite_by_rule(question, earlier)
        if index == len(asked) - 1:
            break
    return standing


def _instead(question: str, previous: str) -> str | None:
    """ "What about X?": the previous question asked of X instead."""
    opening = _WHAT_ABOUT.match(question)
    if opening is None:
        return None
    rest = question[opening.end() :].rstrip("?.! ").removesuffix("'s").removesuffix("’s")
    if _QUESTION.match(rest):
        return None
    new_dates, old_dates = find_dates(rest), find_dates(previous)
    if new_dates and old_dates and len(rest.split()) <= len(new_dates[0].text.split()) + 2:
        place = old_dates[0]
        return f"{previous[: place.start]}{new_dates[0].text}{previous[place.end :]}"
    if new_dates and len(rest.split()) <= len(new_dates[0].text.split()) + 2:
        return f"{previous.rstrip('?.! ')} {rest}?"
    old = find_entities(previous)
    if find_entities(f"x {rest}") and old:
        place_of = old[0]
        ending = "'s" if place_of.text.endswith(("'s", "’s")) else ""
        return f"{previous[: place_of.start]}{rest}{ending}{previous[place_of.end :]}"
    return f"{previous.rstrip('?.! ')}, and {rest}?"


def _filled(question: str, previous: str, history: Sequence[Turn]) -> str:
    """The question with its pronouns replaced by the names they most likely mean."""
    names = _recent_names(previous, history)
    own = find_entities(question)
    told = _names_told(history) if _ASKS_WHO.match(previous) else []
    person = next((n.text for n in [*told, *names] if _may_be_person(n) or n in told), None)
    thing = next((n.text for n in names if not _may_be_person(n)), None)
    first = names[0].text if names else None
    # A pronoun after a name of the question's own means that name.
    limit = min((name.start for name in own if not _is_plural(name)), default=len(question))
    filled = question
    for pattern, meant in ((_PERSON, person or first), (_THING, thing or first)):
        match = pattern.search(filled)
        if match and meant and match.start() < limit:
            return _replaced(filled, match, meant)
    if (match := _KIND.search(filled)) and names and not own:
        meant = person if match[1].casefold() in {"judge", "man", "woman"} else thing
        return _replaced(filled, match, meant or first or "")
    if not own and names:
        about = ", ".join(dict.fromkeys(n.text.removesuffix("'s") for n in names[:2]))
        return f"{filled.rstrip('?.! ')} ({about})?"
    return f"{previous.rstrip('?.! ')}, and {_uncapital(filled)}" if not own else filled


def _replaced(question: str, match: re.Match[str], meant: str) -> str:
    meant = meant.removesuffix("'s").removesuffix("’s")
    word = match[0].casefold()
    after = question[match.end() :].lstrip()
    owns = word in _POSSESSIVE or (word == "her" and after[:1].isalpha() and " " in after)
    owner = f"{meant}'s" if owns else meant
    return f"{question[: match.start()]}{owner}{question[match.end() :]}"


def _recent_names(previous: str, history: Sequence[Turn]) -> list[Entity]:
    """The names of the previous question, then those of the last answer, each once."""
    answers = [turn.content for turn in history if turn.role == "assistant"][-1:]
    found = [*find_entities(previous), *(n for text in answers for n in find_entities(text))]
    return list({name.text.removesuffix("'s"): name for name in reversed(found)}.values())[::-1]


def _names_told(history: Sequence[Turn]) -> list[Entity]:
    """The names of the last answer."""
    answers = [turn.content for turn in history if turn.role == "assistant"][-1:]
    return [name for text in answers for name in find_entities(text)]


def _may_be_person(name: Entity) -> bool:
    return is_person(name) and (
        len(name.words) in (2, 3) or name.text.startswith(("Mr", "Ms", "Judge"))
    )


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]


def _fit(question: str) -> str:
    return question[:LONGEST]


class QueryRewriter:
    """Follow-ups by the chat model; by the rules without one, or when it fails."""

    def __init__(self, caller: ModelClient | None = None) -> None:
        self._caller = caller

    async def __call__(self, question: str, history: Sequence[Turn]) -> str:
        if not history or await asyncio.to_thread(stands_alone, question):
            return question
        by_rule = await asyncio.to_thread(rewrite_by_rule, question, history)
        if self._caller is None:
            return by_rule
        request = uuid.uuid4().hex[:12]
        try:
            written = await self._caller.text(
                rewrite_prompt(question, history, new_fence()), request
            )
        except ModelFailed as failed:
            logger.warning("Request %s: condensed by rule, the chat model %s.", request, failed)
            return by_rule
        return _one_question(written) or by_rule


def _one_question(written: str) -> str | None:
    """What the model wrote, if it looks like a question and not like an answer."""
    line = " ".join(written.strip().strip('"“”').split())
    return line if 3 <= len(line) <= 500 and line.count("?") <= 2 and "\n" not in line else None
