"""Who did it to whom: names before and after a verb, whichever way the sentence is turned."""

import re
from dataclasses import dataclass

from qa.verification.claims.entities import Entity, EntityForms
from qa.verification.claims.negation import are_opposites
from qa.verification.claims.tokens import Word, base_stem, find_words, is_participle, words_of
from vectorstore.text.patterns import covered, preceding
from vectorstore.text.words import FUNCTION_WORDS

# Verbs that say the same of two parties whichever is named first.
_PHRASES = (
    (re.compile(r"\b(?:takes?|took|taken|taking) (?:the place of|over from)\b"), "replaced"),
    (re.compile(r"\b(?:steps?|stepped) in for\b"), "replaced"),
)
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
# Verbs that say one thing; "-" in front: with the parties the other way round.
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
SPEECH = base_stem("say")
_BE = words_of(
    """
    is are was were be been being get got gets
    """
)
_NEAR = 4
"""A verb and a name further apart than this many words are not taken to belong together."""

_OBLIQUE = words_of(
    """
    to for from in at of than as since during after before like via
    """
)
_TIED = re.compile(r"\s(?:\w+\s){0,2}(from|to|against|with|for|in|at|into)\s(?:the\s|a\s)?")
_HEADED = re.compile(r"\b[a-z]+\sof\s(?:the\s)?$")
"""In "the founder of FTX left", FTX did not leave."""

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
    """One verb of a sentence with the nearest names that act and are acted on.

    `beside` is the name that a preposition ties to the verb: ("from", Tether) in "borrowed from
    Tether".
    """

    verb: str
    agent: Entity | None
    patient: Entity | None
    beside: tuple[str, Entity] | None = None


def find_roles(text: str, names: list[Entity]) -> list[Role]:
    """The parts that `names` play around each verb-like word of `text`."""
    for phrase, verb in _PHRASES:
        text = _replaced(text, phrase, verb)
    words = find_words(text)
    named = covered(len(text), (name.span for name in names))
    inside = {i for i, word in enumerate(words) if named[word.start]}
    parts = [
        _part(index, words, names, text)
        for index, word in enumerate(words)
        if index not in inside and _may_be_verb(word)
    ]
    found = [part for part in parts if part.agent or part.patient or part.beside]
    if match := re.search(r"\b[Aa]ccording to ", text):
        speaker = next((n for n in names if n.start >= match.end()), None)
        found.append(Role(SPEECH, speaker, None))
    return found


def _replaced(text: str, phrase: re.Pattern[str], verb: str) -> str:
    """`text` with the phrase's meaning in its place, and everything else where it was."""
    return phrase.sub(lambda match: verb.ljust(len(match[0])), text)


def _may_be_verb(word: Word) -> bool:
    return (
        word.text.islower() and word.folded not in FUNCTION_WORDS and word.folded not in _NO_VERBS
    )


def _part(index: int, words: list[Word], names: list[Entity], text: str) -> Role:
    word = words[index]
    before = _before(names, index, words, text)
    after = _after(names, word, text)
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
        agent, patient = (after, None) if _canonical(word.text)[0] == SPEECH else (None, after)
    verb, turned = _canonical(word.text)
    beside = _beside(names, word, text)
    return Role(verb, *((patient, agent) if turned else (agent, patient)), beside)


def _canonical(word: str) -> tuple[str, bool]:
    stemmed = base_stem(word)
    return _SAME.get(stemmed, (stemmed, False))


def _before(names: list[Entity], index: int, words: list[Word], text: str) -> Entity | None:
    """The name that stands before a verb with nothing between but helping words and asides."""
    for name in [n for n in reversed(names) if n.end <= words[index].start][:3]:
        gap = _APPOSITION.sub(" ", text[name.end : words[index].start])
        parting = [w.folded for w in find_words(gap)]
        helping = all(w in _HELPING or w.endswith("ly") for w in parting)
        if "," not in gap and helping and len(parting) <= _NEAR:
            if preceding(_HEADED, text, name.start):
                return None
            # "FTX's value": the word is a noun, and whose is not who.
            return None if not parting and name.text.endswith(("'s", "’s")) else name
    return None


def _after(names: list[Entity], word: Word, text: str) -> Entity | None:
    """The name that follows a verb as its object, or after "by"."""
    name = next((n for n in names if n.start >= word.end), None)
    gap = text[word.end : name.start] if name else ""
    parting = [w.folded for w in find_words(gap)]
    if name is None or "," in gap or _CLAUSE_END.search(gap) or len(parting) > _NEAR:
        return None
    content = [w for w in parting if w not in FUNCTION_WORDS and not w.endswith("ly")]
    return None if len(content) > 1 or _OBLIQUE & set(parting) else name


def _beside(names: list[Entity], word: Word, text: str) -> tuple[str, Entity] | None:
    match = _TIED.match(text, word.end)
    name = next((n for n in names if match and n.start == match.end()), None)
    return (match[1].casefold(), name) if match and name else None


def roles_differ(stated: list[Role], source: list[Role]) -> Entity | None:
    """A name that acts in one text and is acted on by the same verb in the other."""
    for part in stated:
        same = [other for other in source if other.verb == part.verb]
        if not same or part.verb in _MUTUAL:
            continue
        for name, acts in ((part.agent, True), (part.patient, False)):
            if name is None:
                continue
            mine = [_is(o.agent if acts else o.patient, name) for o in same]
            other_way = [_is(o.patient if acts else o.agent, name) for o in same]
            if any(other_way) and not any(mine):
                return name
    return None


def beside_differs(stated: list[Role], source: list[Role]) -> Entity | None:
    """A name tied to a verb by a preposition, where the source ties another one: "from Tether"."""
    for part in stated:
        if part.beside is None:
            continue
        preposition, name = part.beside
        others = [
            p.beside[1]
            for p in source
            if p.verb == part.verb and p.beside and p.beside[0] == preposition
        ]
        if others and not any(_is(other, name) for other in others):
            return name
    return None


def opposed_parts(stated: list[Role], source: list[Role]) -> Entity | None:
    """A name that does one thing in a statement and only the opposite in the source."""
    for part in stated:
        name = part.agent or part.patient
        if name is None:
            continue
        others = {p.verb for p in source if _is(p.agent, name) or _is(p.patient, name)}
        if others and part.verb not in others and are_opposites(part.verb, others):
            return name
    return None


def speaker_differs(stated: list[Role], source: list[Role]) -> Entity | None:
    """The speaker that a statement is attributed to, if the source names only other speakers."""
    said = [p.agent for p in stated if p.verb == SPEECH and p.agent]
    speakers = [p.agent for p in source if p.verb == SPEECH and p.agent]
    for speaker in said:
        if speakers and not any(_is(other, speaker) for other in speakers):
            return speaker
    return None


def _is(one: Entity | None, other: Entity) -> bool:
    if one is None:
        return False
    same_run = len(one.run) > 1 and one.run == other.run
    return same_run or EntityForms(one.text).has(other) or EntityForms(other.text).has(one)
