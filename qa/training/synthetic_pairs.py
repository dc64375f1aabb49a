"""Claims made from articles by rule: true ones that say the same or less, false ones that differ.

A claim goes through the same rewordings whether it ends up true or false, so that only its meaning
tells the two apart. The labels come from the rules, which are sometimes wrong.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.training.entailment_pairs import EntailmentPair, Outcome
from qa.training.substitutions import (
    ACTIVE,
    drop_aside,
    drop_ending,
    drop_opening,
    have_roles,
    lower_article,
    move_opening,
    names_in,
    negate,
    other_name,
    refer,
    say_opposite,
    swap_date,
    swap_name,
    swap_number,
    swap_roles,
    turn_voice,
    upper_start,
    use_last_name,
    use_synonym,
)

Reword = Callable[[str, random.Random], str | None]
Falsify = Callable[[str, str, random.Random], str | None]

REWORDINGS: tuple[Reword, ...] = (
    drop_aside,
    drop_ending,
    drop_opening,
    move_opening,
    turn_voice,
    use_synonym,
)
FALSEHOODS: tuple[tuple[Falsify, Outcome], ...] = (
    (swap_number, "contradicted"),
    (swap_date, "contradicted"),
    (swap_name, "unsupported"),
    (swap_roles, "unsupported"),
    (negate, "contradicted"),
    (say_opposite, "contradicted"),
)
FUSIONS = 3
"""Each sentence is fused with at most this many others of its article."""
PRONOUN = re.compile(r"(?:He|She|It|They)\b")
OPENING_PREPOSITION = re.compile(
    r"(?:In|On|At|By|For|From|With|After|Before|During|Since|While|When|Although|Though|If|As"
    r"|Because|Whenever|Despite|Under|To|Of|There|But|And|Or|However|Also|What|Who|How|Why|Where)\b"
)
VERB = re.compile(
    r" (?=(?:is|was|are|were|has|had|have|will|would|can|could|may|might|must|became|began|made"
    r"|took|won|lost|said|told|gave|got|led|left|met|held|found|built|wrote|ran|sold|bought|came"
    r"|went|died|says|plans|wants|includes|contains|consists|[a-z]{3,}ed)\b)"
)
PLURAL_VERB = re.compile(r"(?:are|were|have)\b")
SINGULAR_VERB = re.compile(r"(?:is|was|has|says|includes|contains|consists)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence split in two: "The fund" and "beat the index."."""

    subject: str
    predicate: str


def synthetic_pairs(
    sentences: Sequence[str], source: str, chance: random.Random
) -> Iterator[EntailmentPair]:
    """Pairs made from one article, with its sentences in order."""
    text = " ".join(sentences)
    for index, sentence in enumerate(sentences):
        evidence = _window(sentences, index, chance)
        for claim in dict.fromkeys(reword(sentence, chance) for _ in range(2)):
            if claim:
                yield EntailmentPair(evidence, claim, "supported", source)
        false = _falsehood(reword(sentence, chance) or sentence, text, chance)
        if false:
            yield EntailmentPair(evidence, false[0], false[1], source)
        if chance.random() < 0.15 and len(sentences) > 4:
            other = sentences[(index + chance.choice((3, 4, 5))) % len(sentences)]
            if other not in evidence:
                yield EntailmentPair(evidence, reword(other, chance) or other, "neutral", source)
    clauses = [clause_of(sentence) for sentence in sentences]
    yield from _continued(sentences, clauses, source, chance)
    yield from _fused(sentences, clauses, source, chance)


def reword(sentence: str, chance: random.Random) -> str | None:
    """The sentence shortened or reworded; None if no rule applies and it is not kept whole."""
    claim = sentence
    for rule in chance.sample(REWORDINGS, k=3):
        claim = rule(claim, chance) or claim
    return claim if claim != sentence or chance.random() < 0.25 else None


def _falsehood(claim: str, text: str, chance: random.Random) -> tuple[str, Outcome] | None:
    for rule, outcome in chance.sample(FALSEHOODS, k=len(FALSEHOODS)):
        false = rule(claim, text, chance)
        if false and false != claim and false not in text:
            return false, outcome
    return None


def _continued(
    sentences: Sequence[str],
    clauses: Sequence[Clause | None],
    source: str,
    chance: random.Random,
) -> Iterator[EntailmentPair]:
    """True claims from a sentence and the next, which calls the same subject "it"."""
    for index, (first, second) in enumerate(pairwise(clauses)):
        if not first or not second or PRONOUN.match(first.subject):
            continue
        evidence = _joined(sentences, (index, index + 1), chance)
        if PRONOUN.fullmatch(second.subject) and not second.subject.startswith("They"):
            # The pronoun is replaced by the subject of the sentence before.
            filled = f"{first.subject} {second.predicate}"
            yield EntailmentPair(evidence, reword(filled, chance) or filled, "supported", source)
            if chance.random() < 0.5:
                both = f"{first.subject} {first.predicate.rstrip('.')} and {second.predicate}"
                yield EntailmentPair(evidence, both, "supported", source)


def _fused(
    sentences: Sequence[str],
    clauses: Sequence[Clause | None],
    source: str,
    chance: random.Random,
) -> Iterator[EntailmentPair]:
    """False claims with one sentence's subject and another's predicate, and true ones of both."""
    for index, first in enumerate(clauses):
        others = [(i, clause) for i, clause in enumerate(clauses) if clause and i != index]
        if not first or PRONOUN.match(first.subject):
            continue
        for other, second in chance.sample(others, k=min(FUSIONS, len(others))):
            yield from _fused_pair(sentences, (index, other), (first, second), source, chance)


def _fused_pair(
    sentences: Sequence[str],
    chosen: tuple[int, int],
    clauses: tuple[Clause, Clause],
    source: str,
    chance: random.Random,
) -> Iterator[EntailmentPair]:
    evidence = _joined(sentences, chosen, chance)
    (mine, theirs), (first, second) = (sentences[i] for i in chosen), clauses
    if can_fuse(first, second):
        fused = f"{first.subject} {second.predicate}"
        if chance.random() < 0.3:
            fused = f"{first.subject} {first.predicate.rstrip('.')} and {second.predicate}"
        yield EntailmentPair(evidence, reword(fused, chance) or fused, "unsupported", source)
        if chance.random() < 0.3:
            both = f"{_bare(mine)}, and {_lower_start(theirs)}"
            yield EntailmentPair(evidence, both, "supported", source)
    ends = _swap_ends(mine, theirs)
    if ends and chance.random() < 0.5:
        yield EntailmentPair(evidence, ends, "unsupported", source)


def clause_of(sentence: str) -> Clause | None:
    """Subject and predicate, if the sentence begins with a plain subject.

    >>> clause_of("The new fund gained 3% in May.")
    Clause(subject='The new fund', predicate='gained 3% in May.')
    >>> clause_of("Since then, the fund gained 3% in May.")
    """
    if OPENING_PREPOSITION.match(sentence):
        return None
    verb = VERB.search(sentence)
    if not verb:
        return None
    subject, predicate = sentence[: verb.start()], sentence[verb.end() :]
    plain = not re.search(r"[,;:\"“(]|\b(?:who|which|that|and|not|every|ever)\b", subject)
    if not plain or len(subject.split()) > 8 or len(predicate.split()) < 3:
        return None
    return Clause(subject, predicate)


def can_fuse(first: Clause, second: Clause) -> bool:
    """Whether the first's subject and the second's predicate make a new, grammatical statement."""
    mine, theirs = _content(first.subject), _content(second.subject)
    if not mine or not theirs or mine & theirs or PRONOUN.match(second.subject):
        return False
    if re.match(
        r"(?:This|These|That|Those|Both|Some|Many|Most|His|Her|Its|Their)\b", second.subject
    ):
        return False
    plural = bool(PLURAL_VERB.match(first.predicate)), bool(PLURAL_VERB.match(second.predicate))
    single = bool(SINGULAR_VERB.match(first.predicate)), bool(SINGULAR_VERB.match(second.predicate))
    return not (plural[0] and single[1]) and not (single[0] and plural[1])


def _swap_ends(first: str, second: str) -> str | None:
    """The first sentence with the place or time that ends the second."""
    pattern = re.compile(r" (in|on|at|for|from|by) ((?:[\w$%.’'-]+ ?){1,5})\.$")
    mine, theirs = pattern.search(first), pattern.search(second)
    if not mine or not theirs or mine[1] != theirs[1] or mine[2].lower() in second.lower():
        return None
    if theirs[2].lower() in first.lower():
        return None
    return f"{first[: mine.start()]}{theirs[0]}"


def _window(sentences: Sequence[str], index: int, chance: random.Random) -> str:
    before, after = chance.choice(((0, 0), (1, 0), (0, 1), (1, 1), (2, 0)))
    return " ".join(sentences[max(0, index - before) : index + 1 + after])


def _joined(sentences: Sequence[str], chosen: tuple[int, int], chance: random.Random) -> str:
    indexes = set(chosen)
    if chance.random() < 0.4:
        indexes.add(chance.randrange(len(sentences)))
    return " ".join(sentences[index] for index in sorted(indexes))


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"\w{4,}", text.lower()) if word not in ("their", "this")}


def _bare(sentence: str) -> str:
    return sentence.rstrip(".")


def _lower_start(sentence: str) -> str:
    if re.match(r"(?:The|A|An|This|These|It|He|She|They|His|Her|Its|Their)\b", sentence):
        return sentence[0].lower() + sentence[1:]
    return sentence


def reference_pairs(
    sentences: Sequence[str], source: str, chance: random.Random
) -> Iterator[EntailmentPair]:
    """Claims that name what their evidence calls "it", or shorten a name that it gives in full.

    For the first, the evidence is two sentences with the same name, replaced in the second. Claims
    are the second as it was, and with another name, which is false.
    """
    text = " ".join(sentences)
    for first, second in pairwise(sentences):
        shared = [name for name in names_in(second) if name in first]
        for name in shared[:1]:
            referring = refer(second, name, chance)
            if referring:
                evidence = f"{first} {referring}"
                claim = reword(second, chance) or second
                yield EntailmentPair(evidence, claim, "supported", source)
                other = other_name(name, text, chance)
                if other and name in claim:
                    wrong = claim.replace(name, other)
                    yield EntailmentPair(evidence, wrong, "unsupported", source)
    for index, sentence in enumerate(sentences):
        shorter = use_last_name(sentence, chance)
        if shorter:
            evidence = _window(sentences, index, chance)
            claim = reword(shorter, chance) or shorter
            yield EntailmentPair(evidence, claim, "supported", source)
            false = _falsehood(claim, text, chance)
            if false:
                yield EntailmentPair(evidence, false[0], false[1], source)


def role_pairs(
    sentences: Sequence[str], count: int, source: str, chance: random.Random
) -> Iterator[EntailmentPair]:
    """Who did what to whom: actors, verbs and patients of many sentences, recombined.

    What they say is often absurd, so that only the roles tell true from false.
    """
    found = [match.groups() for s in sentences if (match := ACTIVE.match(s))]
    events = [(a, v, p) for a, v, p, _ in found if have_roles(a, p) and len(a) + len(p) < 50]
    for _ in range(count):
        (agent, _, _), (_, verb, _), (_, _, patient) = chance.choices(events, k=3)
        active = _event(agent, verb, patient)
        passive = _event(patient, f"was {verb} by", agent)
        said, same = chance.sample((active, passive), k=2)
        evidence = [said, chance.choice(sentences)]
        if chance.random() < 0.5:
            evidence.reverse()
        if chance.random() < 0.5:
            yield EntailmentPair(" ".join(evidence), same, "supported", source)
        else:
            swapped = chance.choice(
                (_event(patient, verb, agent), _event(agent, f"was {verb} by", patient))
            )
            yield EntailmentPair(" ".join(evidence), swapped, "unsupported", source)


def _event(subject: str, verb: str, thing: str) -> str:
    return f"{upper_start(subject)} {verb} {lower_article(thing)}."
