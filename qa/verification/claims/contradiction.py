"""Finds contradictions between a claim and sentences with all of its entities and numbers."""

import re
from collections.abc import Sequence

from qa.verification.claims.entities import Entity, EntityForms
from qa.verification.claims.negation import (
    Polarity,
    affirms_what_is_denied,
    denies,
    read_polarity,
    says_the_opposite,
)
from qa.verification.claims.parsed_claim import ParsedClaim
from qa.verification.claims.quantities import Quantity, same_quantity
from qa.verification.claims.semantic_roles import (
    SPEECH,
    beside_differs,
    opposed_parts,
    roles_differ,
    speaker_differs,
)
from qa.verification.claims.tokens import base_stem, content_stems, find_words
from vectorstore.text.dates import DateMention, same_date
from vectorstore.text.patterns import preceding


def denial(claim: ParsedClaim, sources: Sequence[ParsedClaim]) -> str | None:
    """How the sources deny the claim, as a sentence, or None if they do not.

    `sources[0]` is the main evidence; the others tell who or when it refers to.
    """
    for source in sources:
        least = 1 if source is sources[0] else 2
        if affirms_what_is_denied(claim.stance, source.stance, least=least):
            return "It says what the article denies."
    if says_the_opposite(claim.stance, _together(sources)):
        return "It says the opposite of the article."
    return None


def _together(sources: Sequence[ParsedClaim]) -> Polarity:
    return read_polarity(" ".join(source.text for source in sources))


def clash(claim: ParsedClaim, sources: Sequence[ParsedClaim]) -> str | None:
    """How the claim combines its facts differently from the sources, as a sentence, or None.

    `sources[0]` is the main evidence; the others tell who or when it refers to.
    """
    if denies(claim.stance, _together(sources)):
        return "It denies what the article says."
    roles = [role for source in sources for role in source.parts]
    done = [role for role in claim.parts if role.verb not in claim.stance.denied]
    entity = (
        roles_differ(claim.parts, roles)
        or beside_differs(claim.parts, roles)
        or opposed_parts(done, roles)
    )
    if entity:
        return f"The article gives {entity.text} a different role in this."
    if _unnamed_speaker(claim, sources):
        return "The article attributes this to someone else."
    if swapped := _swapped(claim, sources):
        return f"The article gives {swapped.text} a different role in this."
    if speaker := speaker_differs(claim.parts, roles):
        return f"The article does not attribute this to {speaker.text}."
    if misplaced := _misplaced(claim, sources[0]):
        return f"The article says “{misplaced.text}” of something else."
    return None


_SAYS = re.compile(
    r"^(?:(?:the|an?|its|their|his|her)\s)?([a-z][\w' -]{2,40}?)\s"
    r"(?:says?|said|argues?|argued|claims?|claimed|believes?|believed|warns?|warned|told)\b",
    re.IGNORECASE,
)


def _unnamed_speaker(claim: ParsedClaim, sources: Sequence[ParsedClaim]) -> bool:
    """Whether "the attorney general says" is claimed of what a named entity says in the source."""
    said = _SAYS.match(claim.text)
    if said is None or any(entity.start < said.end(1) for entity in claim.names):
        return False
    speaks = sources[0].parts and any(p.agent for p in sources[0].parts if p.verb == SPEECH)
    there = frozenset[str]().union(*(source.stems for source in sources))
    wanted = set(content_stems(said[1]))
    return bool(speaks and wanted and not wanted & there and not wanted & _BODIES)


_BODIES = frozenset(
    map(base_stem, "company exchange firm agency group regulator association bank fund".split())
)


def _misplaced(claim: ParsedClaim, source: ParsedClaim) -> Quantity | DateMention | None:
    """A number or date that the claim and the source connect with different things."""
    for quantity in claim.quantities:
        alike = [q for q in source.quantities if q.readings[0][1] == quantity.readings[0][1]]
        mine = [q for q in alike if same_quantity(quantity, q)]
        others = [q for q in alike if q not in mine]
        if (
            mine
            and others
            and (
                _tied_elsewhere(claim, quantity, source, mine, others)
                or _of_another(claim, source, mine, others)
            )
        ):
            return quantity
    for date in claim.dates:
        same = [d for d in source.dates if same_date(date, [d])]
        rest = [d for d in source.dates if d not in same]
        if same and rest and _clause_elsewhere(claim, date, source, same, rest):
            return date
    return None


_TIES = re.compile(r"\b(for|against|to|from|with|over)\s(?:the\s|a\s)?$")


def _swapped(claim: ParsedClaim, sources: Sequence[ParsedClaim]) -> Entity | None:
    """An entity after "against" or the like, where the source has another entity of the claim."""
    there = sources[0]
    for entity in claim.names:
        tie = preceding(_TIES, claim.text, entity.start)
        if tie is None or not any(source.all_names.has(entity) for source in sources):
            continue
        tied = [
            other
            for other in there.names
            if (found := preceding(_TIES, there.text, other.start)) and found[1] == tie[1]
        ]
        if any(
            EntityForms(other.text).has(entity) or EntityForms(entity.text).has(other)
            for other in tied
        ):
            continue
        if any(claim.all_names.has(other) for other in tied):
            return entity
    return None


def _of_another(
    claim: ParsedClaim, source: ParsedClaim, mine: list[Quantity], others: list[Quantity]
) -> bool:
    """Whether the source gives the number for an entity that the claim does not name, and another
    number for one that it names: "$1 billion to one and $2 billion to the other"."""
    here = [n for q in mine for n in _named_beside(source, q)]
    there = [n for q in others for n in _named_beside(source, q)]
    return any(not claim.all_names.has(n) for n in here) and any(
        claim.all_names.has(n) for n in there if n not in here
    )


def _named_beside(parsed: ParsedClaim, quantity: Quantity) -> list[Entity]:
    edges = [m.span() for m in _AND.finditer(parsed.text)]
    start = max((end for _, end in edges if end <= quantity.start), default=0)
    stop = min((begin for begin, _ in edges if begin >= quantity.end), default=len(parsed.text))
    return [n for n in parsed.names if start <= n.start and n.end <= stop]


_AND = re.compile(r"\s(?:and|while|but)\s|[;,]\s")


def _tied_elsewhere(
    claim: ParsedClaim,
    quantity: Quantity,
    source: ParsedClaim,
    mine: list[Quantity],
    others: list[Quantity],
) -> bool:
    for tie in (_thing, _deed):
        thing = tie(claim.text, quantity)
        if thing is None:
            continue
        if thing in {tie(source.text, q) for q in mine}:
            return False
        if thing in {tie(source.text, q) for q in others}:
            return True
    return False


def _deed(text: str, quantity: Quantity) -> str | None:
    """The stem of the last word before a number: "lose" in "lost about $8 billion"."""
    return next(reversed(content_stems(text[: quantity.start])), None)


def _thing(text: str, quantity: Quantity) -> str | None:
    """The stem of what a number counts: "penalty" in "a $9 penalty" and "penalty of $9"."""
    before = text[: quantity.start].rstrip()
    words = find_words(before)
    if len(words) > 1 and before.endswith((" of", " at", " was", " is")):
        return base_stem(words[-2].folded)
    following = text[quantity.end : quantity.end + 60]
    for stop in (",", ";", " and "):
        following = following.split(stop)[0]
    return next(iter(content_stems(following)), None)


def _clause_elsewhere(
    claim: ParsedClaim,
    date: DateMention,
    source: ParsedClaim,
    same: list[DateMention],
    rest: list[DateMention],
) -> bool:
    mine = _clause_stems(claim, date)
    here = max(len(mine & _clause_stems(source, d)) for d in same)
    there = max(len(mine & _clause_stems(source, d)) for d in rest)
    return there > here


def _clause_stems(parsed: ParsedClaim, date: DateMention) -> frozenset[str]:
    clause = next((c for c in parsed.clauses if date.text in c), parsed.text)
    return frozenset(content_stems(clause)) & parsed.plain_stems
