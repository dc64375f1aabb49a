"""Rewrites a follow-up by rules, without a chat model. If in doubt, a question stays as is.

Three things make a question a follow-up: it leaves out what the last one said ("Why?"), it points
at something outside it ("Why did it leave?"), or it says next to nothing ("Who won?"). A pronoun is
replaced if one antecedent fits; otherwise the last question is added, which says no more than is
known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answering.rewriting.antecedents import antecedent_of, antecedents, asks_for_amount
from qa.answering.rewriting.ellipsis import (
    added_to,
    asked_anew,
    asked_of,
    is_fragment,
    without_conjunction,
)
from qa.answering.rewriting.grammar import AUXILIARIES, BE, INTERROGATIVES, LIGHT_WORDS, Reference
from qa.answering.rewriting.mentions import Mention, find_names
from qa.answering.rewriting.references import find_references
from qa.types import Turn
from qa.verification.claims.tokens import find_words
from qa.verification.sentence_stream import without_markers

RECENT_TURNS = 8
TURN_LENGTH = 1_000
"""How many of the last turns are read, and how many characters of each."""
MOST_WORDS = 80
"""A question with more words says what it is about."""
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, made to stand alone, and its answer."""

    question: str
    answer: str = ""


def rewrite_by_rule(question: str, history: Sequence[Turn]) -> str:
    """The question with what it refers to filled in; unchanged if it stands alone or is in doubt.

    >>> turns = [Turn("user", "When did Binance.US join the group?"), Turn("assistant", "In 2020.")]
    >>> rewrite_by_rule("Why did it leave?", turns)
    'Why did Binance.US leave?'
    >>> rewrite_by_rule("What about Coinbase?", turns)
    'When did Coinbase join the group?'
    >>> rewrite_by_rule("Is it true that Kraken left?", turns)
    'Is it true that Kraken left?'
    """
    exchanges: list[Exchange] = []
    for turn in recent(history):
        if turn.role == "user":
            if _asks(turn.content):
                exchanges.insert(0, Exchange(_rewritten(turn.content, exchanges)))
        elif exchanges and not exchanges[0].answer:
            exchanges[0] = Exchange(exchanges[0].question, without_markers(turn.content))
    return _rewritten(question, exchanges)


def recent(history: Sequence[Turn]) -> list[Turn]:
    """The last turns on one line each, truncated to `TURN_LENGTH`."""
    turns = [
        Turn(turn.role, " ".join(turn.content[:TURN_LENGTH].split()))
        for turn in history[-RECENT_TURNS:]
    ]
    return [turn for turn in turns if find_words(turn.content)]


def _asks(text: str) -> bool:
    """Whether a turn asks or says something, and is not just "Hello" or "Thank you"."""
    words = {word.folded for word in find_words(text)}
    asks = "?" in text or bool(words & (AUXILIARIES | INTERROGATIVES))
    return asks or any(name.sure for name in find_names(text))


def _rewritten(question: str, exchanges: Sequence[Exchange]) -> str:
    """`exchanges` are those before the question, the last one first."""
    if not exchanges or not 0 < len(find_words(question)) <= MOST_WORDS:
        return question
    line = " ".join(question.split())
    previous = exchanges[0].question
    if instead := asked_of(line, previous) or asked_anew(line, previous):
        return instead[:LONGEST]
    if references := find_references(line):
        return _filled(line, references, exchanges) or added_to(line, previous)[:LONGEST]
    if _says_little(line):
        return added_to(line, previous)[:LONGEST]
    return question


def _filled(
    question: str, references: Sequence[Reference], exchanges: Sequence[Exchange]
) -> str | None:
    """The question with names for its pronouns; None if one of them has no antecedent."""
    own = {each.words for each in find_names(question)}
    said = [antecedents(each.question, each.answer) for each in exchanges]
    meant: dict[str, Mention] = {}
    filled = question
    shift = 0
    for reference in references:
        # A second pronoun of the same kind refers to the name that replaced the first one.
        if reference.kind == "event" or reference.kind in meant:
            continue
        taken = own | {each.words for each in meant.values()}
        free = [[each for each in names if each.words not in taken] for names in said]
        mention = antecedent_of(reference, free)
        is_amount = reference.is_object and asks_for_amount(exchanges[0].question)
        if mention is None or (is_amount and reference.kind == "thing"):
            return None
        meant[reference.kind] = mention
        written = f"{mention.text}'s" if reference.possessive else mention.text
        start, end = reference.start + shift, reference.end + shift
        if start == 0:
            written = written[:1].upper() + written[1:]
        filled = f"{filled[:start]}{written}{filled[end:]}"
        shift += len(written) - (end - start)
    return without_conjunction(filled) if meant else None


def _says_little(question: str) -> bool:
    """Whether a question continues the last one, or has no names and at most one content word."""
    rest = without_conjunction(question)
    words = [word.folded for word in find_words(rest)]
    if is_fragment(question):
        return True
    if find_names(question) or _defines(words):
        return False
    return rest != question or len([word for word in words if word not in LIGHT_WORDS]) <= 1


def _defines(words: Sequence[str]) -> bool:
    """Whether a question asks what something is, as "What is staking?" does."""
    return (
        len(words) > 2
        and words[0] in INTERROGATIVES & {"what", "who"}
        and words[1] in BE
        and any(word not in LIGHT_WORDS for word in words)
    )
