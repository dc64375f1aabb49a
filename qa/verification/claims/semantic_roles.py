"""Semantic roles: which entity acts in a sentence, and which is acted on."""

import re
from dataclasses import dataclass

from qa.verification.claims.entities import Entity, EntityForms
from qa.verification.claims.negation import are_opposites
from qa.verification.claims.tokens import Word, base_stem, find_words, is_participle, words_of
from vectorstore.text.patterns import covered, preceding
from vectorstore.text.words import FUNCTION_WORDS

_PHRASES = (
    (re.compile(r"\b(?:takes?|took|taken|taking) (?:the place of|over from)\b"), "replaced"),
    (re.compile(r"\b(?:steps?|stepped) in for\b"), "replaced"),
)
# Verbs that mean the same whichever party is named first.
_MUTUAL = frozenset(
    base_stem(verb)
    for verb in [
        "meet",
        "merge",
        "agree",
        "partner",
        "settle",
        "compete",
        "talk",
        "differ",
        "join",
        "split",
        "share",
        "work",
        "deal",
        "discuss",
        "negotiate",
        "cooperate",
        "include",
        "compare",
        "list",
        "trade",
        "be",
        "have",
        "make",
        "do",
    ]
)
# Synonyms; a "-" marks verbs with the roles reversed.
_SAME = {
    base_stem(verb.lstrip("-")): (base_stem(verbs.split()[0]), verb.startswith("-"))
    for verbs in (
        "buy acquire purchase -sell",
        "replace succeed -precede",
        "sue prosecute",
        "beat defeat -lose",
        "back support endorse",
        "lend loan -borrow",
        "hire employ",
        "appoint name nominate",
        "accuse charge blame",
        "fine penalize penalise",
        "say tell argue claim contend state write announce report declare insist warn maintain",
    )
    for verb in verbs.split()
}
_SPEECH = base_stem("say")
_BE = words_of(
    """
    is are was were be been being get got gets
    """
)
_NEAR = 4
"""The most words between a verb and an entity with a role."""

_OBLIQUE = words_of(
    """
    to for from in at of than as since during after before like via
    """
)
_HEADED = re.compile(r"\b[a-z]+\sof\s(?:the\s)?$")
"""In "the founder of FTX left", FTX is not the agent."""

_HELPING = words_of(
    """
    is are was were be been being has have had will would could can may might must should did
    do does not never also then now later just already still first who which that and itself
    himself herself themselves had to up
    """
)
_NO_VERBS = frozenset(["thousand", "million", "billion", "trillion", "percent", "dozen"])
_APPOSITION = re.compile(r"^,[^,;:]*,(?=\s)")
_CLAUSE_END = re.compile(r"[;:.!?]\s|\b(?:but|while|whereas|although)\b")


@dataclass(frozen=True, slots=True)
class Role:
    """A verb with the entities that act and are acted on, as far as the sentence names them."""

    verb: str
    agent: Entity | None
    patient: Entity | None


def find_roles(text: str, entities: list[Entity]) -> list[Role]:
    """The roles that `entities` play around each verb-like word of `text`."""
    for phrase, verb in _PHRASES:
        text = _replaced(text, phrase, verb)
    words = find_words(text)
    named = covered(len(text), (entity.span for entity in entities))
    inside = {i for i, word in enumerate(words) if named[word.start]}
    roles = [
        _role(index, words, entities, text)
        for index, word in enumerate(words)
        if index not in inside and _may_be_verb(word)
    ]
    return [role for role in roles if role.agent or role.patient]


def _replaced(text: str, phrase: re.Pattern[str], verb: str) -> str:
    """`text` with the phrase replaced by `verb`, padded to keep all offsets."""
    return phrase.sub(lambda match: verb.ljust(len(match[0])), text)


def _may_be_verb(word: Word) -> bool:
    return (
        word.text.islower() and word.folded not in FUNCTION_WORDS and word.folded not in _NO_VERBS
    )


def _role(index: int, words: list[Word], entities: list[Entity], text: str) -> Role:
    word = words[index]
    before = _before(entities, index, words, text)
    after = _after(entities, word, text)
    between = text[word.end : after.start] if after else ""
    agent, patient = before, after
    if re.search(r"^\s(?:\w+\s){0,3}by\s(?!\w+ing\b)(?:the\s)?(?:\w+\s){0,2}$", between):
        agent, patient = after, before
    elif any(w.folded in _BE for w in words[max(0, index - 2) : index]) and is_participle(
        word.text
    ):
        agent, patient = None, before
    elif after and re.fullmatch(r"\s", between) and before is None:
        # "said Smith"
        agent, patient = (after, None) if _canonical(word.text)[0] == _SPEECH else (None, after)
    verb, turned = _canonical(word.text)
    return Role(verb, *((patient, agent) if turned else (agent, patient)))


def _canonical(word: str) -> tuple[str, bool]:
    stemmed = base_stem(word)
    return _SAME.get(stemmed, (stemmed, False))


def _before(entities: list[Entity], index: int, words: list[Word], text: str) -> Entity | None:
    """The entity before a verb, with only auxiliaries and asides between them."""
    for entity in [n for n in reversed(entities) if n.end <= words[index].start][:3]:
        gap = _APPOSITION.sub(" ", text[entity.end : words[index].start])
        gap_words = [w.folded for w in find_words(gap)]
        helping = all(w in _HELPING or w.endswith("ly") for w in gap_words)
        if "," not in gap and helping and len(gap_words) <= _NEAR:
            if preceding(_HEADED, text, entity.start):
                return None
            # In "FTX's value" the word is a noun.
            return None if not gap_words and entity.text.endswith(("'s", "’s")) else entity
    return None


def _after(entities: list[Entity], word: Word, text: str) -> Entity | None:
    """The entity after a verb, as its object or after "by"."""
    entity = next((n for n in entities if n.start >= word.end), None)
    gap = text[word.end : entity.start] if entity else ""
    gap_words = [w.folded for w in find_words(gap)]
    if entity is None or "," in gap or _CLAUSE_END.search(gap) or len(gap_words) > _NEAR:
        return None
    content = [w for w in gap_words if w not in FUNCTION_WORDS and not w.endswith("ly")]
    return None if len(content) > 1 or _OBLIQUE & set(gap_words) else entity


def roles_differ(claim: list[Role], source: list[Role]) -> Entity | None:
    """An entity that acts in one text and is acted on by the same verb in the other."""
    for role in claim:
        same = [other for other in source if other.verb == role.verb]
        if not same or role.verb in _MUTUAL:
            continue
        for entity, acts in ((role.agent, True), (role.patient, False)):
            if entity is None:
                continue
            mine = [_is(o.agent if acts else o.patient, entity) for o in same]
            other_way = [_is(o.patient if acts else o.agent, entity) for o in same]
            if any(other_way) and not any(mine):
                return entity
    return None


def opposed_parts(claim: list[Role], source: list[Role]) -> Entity | None:
    """An entity that does one thing in the claim and only the opposite in the source."""
    for role in claim:
        entity = role.agent or role.patient
        if entity is None:
            continue
        others = {p.verb for p in source if _is(p.agent, entity) or _is(p.patient, entity)}
        if others and role.verb not in others and are_opposites(role.verb, others):
            return entity
    return None


def _is(one: Entity | None, other: Entity) -> bool:
    if one is None:
        return False
    same_run = len(one.run) > 1 and one.run == other.run
    return same_run or EntityForms(one.text).has(other) or EntityForms(other.text).has(one)
