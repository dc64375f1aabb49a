"""What is compared exactly, whatever a judge thinks of a claim and its evidence.

A claim's numbers, dates and names should be in its evidence; it should not deny what the evidence
affirms, and nobody should change roles. Each conflict lowers the probability of support by as much
as it did on development pairs: scripts/train-checker fits `PENALTIES` and prints them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from qa.verification.claims.entities import EntityForms
from qa.verification.claims.negation import affirms_what_is_denied, denies, says_the_opposite
from qa.verification.claims.quantities import Quantity, same_quantity
from qa.verification.claims.semantic_roles import opposed_parts, roles_differ
from qa.verification.facts import Facts, joint_polarity
from qa.verification.source_sentences import SourceSentence
from vectorstore.text.dates import DateMention, implied_dates, on_day, same_date

Guard = Literal["quantity", "date", "name", "denial", "role"]
GUARDS: tuple[Guard, ...] = get_args(Guard)

PENALTIES: dict[Guard, float] = {
    "quantity": 1.97,
    "date": 0.70,
    "name": 1.10,
    "denial": 1.21,
    "role": 1.42,
}
"""How much each kind of conflict takes from the log-odds that the evidence supports the claim."""
SEVERAL = 0.93
"""The same for evidence that was put together from several places."""

_SUREST = 0.999


@dataclass(frozen=True, slots=True)
class Conflict:
    """A point on which claim and evidence disagree; `reason` states it in a sentence."""

    guard: Guard
    reason: str


def conflicts(
    claim: Facts, evidence: Sequence[SourceSentence], question: str = ""
) -> Iterator[Conflict]:
    """The conflicts between a claim and its evidence. `question` shows whom both are about."""
    yield from _absent_facts(claim, evidence, question)
    facts = [sentence.facts for sentence in evidence]
    polarity = joint_polarity(facts)
    if denies(claim.polarity, polarity):
        yield Conflict("denial", "It denies what the articles say.")
    elif affirms_what_is_denied(claim.polarity, polarity):
        yield Conflict("denial", "It says what the articles deny.")
    elif says_the_opposite(claim.polarity, polarity):
        yield Conflict("denial", "It says the opposite of the articles.")
    if claim.roles:
        roles = [role for each in facts for role in each.roles]
        swapped = roles_differ(claim.roles, roles) or opposed_parts(claim.roles, roles)
        if swapped:
            yield Conflict("role", f"The articles give {swapped.text} a different role in this.")


def _absent_facts(
    claim: Facts, evidence: Sequence[SourceSentence], question: str
) -> Iterator[Conflict]:
    for quantity in claim.quantities:
        if not _has_quantity(evidence, quantity):
            yield Conflict("quantity", _absent(quantity.text))
    for mention in claim.dates:
        if not _has_date(evidence, mention):
            yield Conflict("date", _absent(mention.text))
    if names := [name for name in claim.names if name.sure]:
        forms = [*(s.facts.forms for s in evidence), EntityForms(_context(evidence, question))]
        for name in names:
            if not any(each.has(name) for each in forms):
                yield Conflict("name", _absent(name.text))


def guarded(probability: float, found: Sequence[Conflict], *, several: bool) -> float:
    """The probability of support, given the conflicts; each kind counts once.

    `several`: whether the evidence was put together from several places.

    >>> conflict = Conflict("name", "")
    >>> guarded(0.9, [], several=False), guarded(0.9, [conflict, conflict], several=False) < 0.8
    (0.9, True)
    """
    penalty = sum(PENALTIES[guard] for guard in {conflict.guard for conflict in found})
    penalty += SEVERAL if several else 0.0
    if not penalty:
        return probability
    sure = min(max(probability, 1 - _SUREST), _SUREST)
    return 1 / (1 + math.exp(penalty - math.log(sure / (1 - sure))))


def _absent(fact: str) -> str:
    return f"“{fact}” does not occur in the closest sentences of the articles."


def _has_quantity(evidence: Sequence[SourceSentence], claimed: Quantity) -> bool:
    known = (quantity for sentence in evidence for quantity in sentence.facts.quantities)
    # "One" may be an article: "a case".
    return claimed.readings[0] == (Decimal(1), "") or any(
        same_quantity(claimed, quantity) for quantity in known
    )


def _has_date(evidence: Sequence[SourceSentence], claimed: DateMention) -> bool:
    known: list[DateMention] = []
    for sentence in evidence:
        stated = sentence.facts.dates
        published = sentence.found.article.published
        implied = implied_dates(sentence.text, published) if published else []
        known += [*stated, *implied]
        if published and not stated and not implied:
            known.append(on_day(published))
    if same_date(claimed, known):
        return True
    # A bare "2000" may be a count, written "2,000".
    return claimed.text.isdigit() and any(
        reading[0] == int(claimed.text)
        for sentence in evidence
        for quantity in sentence.facts.quantities
        for reading in quantity.readings
    )


def _context(evidence: Sequence[SourceSentence], question: str) -> str:
    """Text that shows whom the evidence is about: its articles' titles, sources and authors, and
    the question."""
    articles = {sentence.article_id: sentence.found.article for sentence in evidence}.values()
    about = [text for info in articles for text in (info.title, info.source, info.author) if text]
    return "\n".join([*about, question])
