"""What a question or an answer mentions: its names, and its nouns as far as recognisable."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from qa.answering.rewriting.grammar import (
    AUXILIARIES,
    DETERMINERS,
    DO,
    LIGHT_WORDS,
    PREPOSITIONS,
    Kind,
)
from qa.verification.claims.entities import TITLES, Entity, find_entities, is_person
from qa.verification.claims.tokens import Word, find_words, fold, is_participle, words_of

_PERSONAL_TITLES = TITLES - words_of("inc corp corporation ltd llc co company plc")
_LOCATIVES = words_of("in at near across inside outside into throughout within from")
_QUANTIFIERS = words_of("the many few these those all most other some")
_OF = re.compile(r" of (?:the )?")
_AND = re.compile(r",? (?:and|&) ")
_AND_CAPITAL = re.compile(r" (?:and|&) ([A-Z]\w+)")
_NUMBER = re.compile(r"-(\d+)\b")
_ARTICLE = re.compile(r"\b[Tt]he $")
_INITIAL = re.compile(r"\b[A-Z]\.\s*")
_POSSESSIVE = re.compile(r"['’]s?$")
_PLURAL_NOUN = re.compile(r" ([a-z]+s)\b")


class MentionRole(IntEnum):
    """How salient a mention is, the most salient first.

    The subject comes before the object, and both before what a preposition adds (Grosz, Joshi and
    Weinstein 1995); what a question asked for takes the place of its "who" or "what".
    """

    ASKED_SUBJECT = 0
    SUBJECT = 1
    ASKED_OBJECT = 2
    OBJECT = 3
    OBLIQUE = 4
    ANSWER = 5
    """A name that only the answer has, and that was not asked for."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it appears in a text, with its article, or a noun.

    `person` is None if unknown. `several` is true of "Su Zhu and Kyle Davies" and of "the
    Democrats". `sure` is false of a lone word that is capitalised because it opens its sentence.
    """

    start: int
    end: int
    text: str
    words: tuple[str, ...]
    person: bool | None = None
    several: bool = False
    sure: bool = True
    is_name: bool = True
    role: MentionRole = MentionRole.ANSWER

    @property
    def looks_personal(self) -> bool:
        """Whether it looks like a given name and a surname, or is known to be a person's."""
        return self.person is True or (self.person is None and len(self.words) in (2, 3))

    def may_be(self, kind: Kind) -> bool:
        """Whether a pronoun of this kind agrees with it in number and person."""
        if kind == "person":
            return self.person is not False and not self.several
        if kind == "thing":
            return self.person is not True and not self.several
        return self.several or (self.person is not True and self.is_name)


def find_names(text: str) -> list[Mention]:
    """The names in `text`, in order.

    >>> [each.text for each in find_names("Did the SEC sue Su Zhu and Kyle Davies?")]
    ['the SEC', 'Su Zhu and Kyle Davies']
    """
    groups: list[list[Entity]] = []
    for name in _whole_names(text, find_entities(text)):
        if groups and _OF.fullmatch(text[groups[-1][-1].end : name.start]):
            groups[-1].append(name)
        else:
            groups.append([name])
    return _joined([_mention(text, group) for group in groups], text)


def find_nouns(text: str, names: Sequence[Mention]) -> list[Mention]:
    """The words besides the names that are surely nouns: after "the" or "did", or plural."""
    nouns: list[Mention] = []
    before = ""
    for word in find_words(text):
        named = any(each.start <= word.start < each.end for each in names)
        if not named and word.folded not in LIGHT_WORDS and word.text.islower():
            follows = before in DETERMINERS | AUXILIARIES and not is_participle(word.folded)
            if follows or is_plural(word):
                nouns.append(
                    Mention(
                        word.start,
                        word.end,
                        word.text,
                        (word.folded,),
                        several=is_plural(word),
                        is_name=False,
                    )
                )
        before = word.folded
    return nouns


def with_roles(text: str, mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions in order, each with its role in `text`, a question or a statement.

    >>> text = "When did the SEC sue Ripple Labs in Manhattan?"
    >>> [each.role.name for each in with_roles(text, find_names(text))]
    ['SUBJECT', 'OBJECT', 'OBLIQUE']
    """
    fronted = next((word.start for word in find_words(text) if word.folded in DO), 0)
    placed: list[Mention] = []
    has_subject = False
    for mention in sorted(mentions, key=lambda each: each.start):
        if word_before(text, mention.start) in PREPOSITIONS:
            role = MentionRole.OBLIQUE
        elif has_subject or mention.start < fronted:
            role = MentionRole.OBJECT
        else:
            role, has_subject = MentionRole.SUBJECT, True
        placed.append(replace(mention, role=role))
    return placed


def is_plural(word: Word) -> bool:
    text = word.folded
    return len(text) > 3 and text.endswith("s") and not text.endswith(("ss", "us", "is"))


def word_before(text: str, position: int) -> str:
    """The word that ends before `position`, folded; empty at the beginning."""
    words = find_words(text[max(0, position - 40) : position])
    return words[-1].folded if words else ""


def _whole_names(text: str, names: Sequence[Entity]) -> Iterator[Entity]:
    """The names with what belongs to them: "Law and Justice" is a party, "Covid-19" a disease."""
    starts = {name.start for name in names}
    for name in names:
        further = _AND_CAPITAL.match(text, name.end) or _NUMBER.match(text, name.end)
        if further and further.start(1) not in starts:
            yield replace(name, end=further.end(), text=text[name.start : further.end()])
        else:
            yield name


def _mention(text: str, group: Sequence[Entity]) -> Mention:
    """The names of a group, with "of" between them, as one mention."""
    first, last = group[0], group[-1]
    end = last.end - len((_POSSESSIVE.search(last.text) or [""])[0])
    article = _ARTICLE.search(text, 0, first.start)
    before = word_before(text, first.start)
    # "Did the Maui fires spread?": a verb after "did" has no ending, so this is a noun.
    noun = _PLURAL_NOUN.match(text, end) if article else None
    if noun and set(_folded(text[: first.start])) & DO and not noun[1].endswith("ss"):
        end = noun.end()
    else:
        noun = None
    written = f"the {text[first.start : end]}" if article else text[first.start : end]
    words = _folded(text[first.start : end])
    if before in _PERSONAL_TITLES:
        person: bool | None = True
    elif len(group) > 1 or before == "the" or before in _LOCATIVES or not _may_be_person(first):
        person = False
    else:
        person = None
    several = noun is not None or (before in _QUANTIFIERS and bool(re.search("[^s]s$", words[-1])))
    start = article.start() if article else first.start
    return Mention(start, end, written, words, person, several, sure=first.sure or len(group) > 1)


def _may_be_person(name: Entity) -> bool:
    """`is_person`, which by itself takes the dot of a middle initial for a company's."""
    return is_person(replace(name, text=_INITIAL.sub("", name.text)))


def _joined(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """The mentions, with those joined by "and" as one."""
    joined: list[Mention] = []
    for mention in mentions:
        if joined and _AND.fullmatch(text[joined[-1].end : mention.start]):
            one = joined.pop()
            person = False if False in (one.person, mention.person) else None
            words = (*one.words, "and", *mention.words)
            both = f"{one.text}{text[one.end : mention.start]}{mention.text}"
            joined.append(Mention(one.start, mention.end, both, words, person, several=True))
        else:
            joined.append(mention)
    return joined


def _folded(text: str) -> tuple[str, ...]:
    return tuple(fold(word.text) for word in find_words(text))
