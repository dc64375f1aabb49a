"""Finds what in a question points outside it: pronouns, "that", "there" and "the company".

A pronoun points outside unless something in the question may bind it. What may bind it follows
principle B of Chomsky's binding theory: a pronoun that is not possessive cannot mean a name in its
own clause, so that "them" in "Did the SEC sue them?" is not the SEC, while "it" in "Did Coinbase
say why it left?" may be Coinbase. If it may be bound, it is taken to be.
"""

import re
from collections.abc import Sequence

from qa.answering.rewriting.expletives import (
    is_existential_there,
    is_expletive_it,
    is_of_an_event,
)
from qa.answering.rewriting.grammar import (
    AUXILIARIES,
    COORDINATORS,
    INTERROGATIVES,
    LIGHT_WORDS,
    PERSONS,
    PREPOSITIONS,
    SUBORDINATORS,
    THINGS,
    Kind,
    Reference,
)
from qa.answering.rewriting.mentions import Mention, find_names, find_nouns
from qa.verification.claims.tokens import Word, find_words, is_participle, words_of

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("he", "she", "him", "his", "her", "hers"), "person"),
    **dict.fromkeys(("it", "its"), "thing"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "several"),
}
_SUBJECTS = words_of("he she they it")
_POSSESSIVES = words_of("his hers its their theirs")
_TAKES_A_CLAUSE = words_of(
    """
    say says said think thinks thought believe believes believed claim claims claimed know knows
    knew hope hopes hoped expect expects expected fear fears feared feel feels felt promise
    promises promised announce announced admit admits admitted deny denies denied suggest suggests
    suggested
    """
)
_TIMES = words_of(
    """
    second minute hour day night morning afternoon evening week weekend month quarter season year
    decade century time times days weeks months years
    """
)


def find_references(question: str) -> list[Reference]:
    """What in `question` surely refers to something said before, in order.

    >>> [each.kind for each in find_references("Did the SEC sue them?")]
    ['several']
    >>> find_references("Did Coinbase say why it left?")
    []
    """
    words = find_words(question)
    names = find_names(question)
    mentions = [*names, *find_nouns(question, names)]
    found = [
        reference
        for index in range(len(words))
        if (reference := _reference(words, index, mentions, question)) is not None
    ]
    return found or _definite(words, names)


def _reference(
    words: Sequence[Word], index: int, mentions: Sequence[Mention], question: str
) -> Reference | None:
    word = words[index]
    kind = _KINDS.get(word.folded)
    # "US" in capitals is a country; likewise "IT" is not a pronoun.
    if kind is None or (word.text.isupper() and not question.isupper()):
        return _event(words, index, [each for each in mentions if each.is_name])
    if word.folded == "it":
        if is_expletive_it(words, index):
            return None
        if is_of_an_event(words, index):
            kind = "event"
    possessive = word.folded in _POSSESSIVES or (word.folded == "her" and _owns(words, index))
    if kind != "event" and _may_be_bound(words, index, kind, possessive, mentions):
        return None
    is_object = not possessive and not _is_subject(words, index)
    return Reference(word.start, word.end, kind, possessive, is_object)


def _owns(words: Sequence[Word], index: int) -> bool:
    """Whether the "her" at `index` has a noun after it."""
    following = words[index + 1].folded if index + 1 < len(words) else "to"
    return following not in LIGHT_WORDS | PREPOSITIONS


def _may_be_bound(
    words: Sequence[Word],
    index: int,
    kind: Kind,
    possessive: bool,
    mentions: Sequence[Mention],
) -> bool:
    """Whether the pronoun may mean a name, a noun or the "who" of the question itself."""
    clause = _clause_start(words, index)
    # A possessive may be bound in its own clause, another pronoun only from outside it.
    limit = words[index].start if possessive else words[clause].start
    if any(each.end <= limit and _may_bind(each, kind) for each in mentions):
        return True
    if _opens_with_subordinate_clause(words, index) and any(
        each.start > words[index].end and each.is_name and each.may_be(kind) for each in mentions
    ):
        return True
    asks = words[0].folded
    if possessive and not clause:
        return asks in {"who", "whose"} and kind != "thing" and words[1].folded not in AUXILIARIES
    return bool(clause) and (
        asks in {"who", "which", "whose"} or (asks == "what" and kind == "thing")
    )


def _may_bind(mention: Mention, kind: Kind) -> bool:
    return mention.may_be(kind) or (kind == "several" and not mention.is_name)


def _clause_start(words: Sequence[Word], index: int) -> int:
    """The index of the word that opens the clause of the pronoun at `index`; 0 for the first."""
    for place in range(index, 0, -1):
        word, before = words[place].folded, words[place - 1].folded
        if place == index and word in _SUBJECTS and _is_embedded_subject(words, index):
            return place
        # "in which it", but "the prison he was in before he left".
        stranded = word in PREPOSITIONS or before not in PREPOSITIONS
        if place < index and _opens_clause(words, place, index) and stranded:
            return place
        if before in COORDINATORS and word in AUXILIARIES | INTERROGATIVES | _SUBJECTS:
            return place
    return 0


def _opens_clause(words: Sequence[Word], place: int, index: int) -> bool:
    """Whether the word at `place` is a subordinator; in "before him" it is a preposition."""
    word = words[place].folded
    alone = place == index - 1 and (words[index].folded not in _SUBJECTS or index + 1 == len(words))
    return word in SUBORDINATORS and not (alone and word in PREPOSITIONS)


def _is_subject(words: Sequence[Word], index: int) -> bool:
    """Whether the pronoun at `index` is the subject of its clause."""
    if index == 0 or words[index].folded not in _SUBJECTS:
        return index == 0
    before = words[index - 1].folded
    opens = before in AUXILIARIES | SUBORDINATORS | COORDINATORS
    return words[index].folded != "it" or opens or _is_embedded_subject(words, index)


def _is_embedded_subject(words: Sequence[Word], index: int) -> bool:
    """Whether the pronoun is the subject of a clause with no "that" before it: "say it left"."""
    before = words[index - 1].folded
    after = words[index + 1].folded if index + 1 < len(words) else ""
    if before in AUXILIARIES | PREPOSITIONS or not after:
        return False
    if before in _TAKES_A_CLAUSE:
        return after not in PREPOSITIONS
    return after in AUXILIARIES or is_participle(after)


def _opens_with_subordinate_clause(words: Sequence[Word], index: int) -> bool:
    """Whether the question opens as in "After it lost the election, what did Labour change?" """
    first, second = words[0].folded, words[1].folded if len(words) > 1 else ""
    return first in SUBORDINATORS and second not in AUXILIARIES and index <= 2


def _event(words: Sequence[Word], index: int, mentions: Sequence[Mention]) -> Reference | None:
    """The reference made by "that", "this", "there", "then" or "the other one"."""
    word = words[index]
    folded = [each.folded for each in words]
    before = folded[index - 1] if index else ""
    after = folded[index + 1] if index + 1 < len(words) else ""
    if word.folded == "there":
        points = not is_existential_there(folded, index) and before != "there"
        points = points and not any(each.end <= word.start for each in mentions)
    elif word.folded in {"then", "instead"}:
        points = not after and not mentions
    elif word.folded in {"that", "this", "these", "those"}:
        points = _points(words, index)
    elif word.folded in {"one", "ones", "latter", "former"}:
        points = before in {"other", "first", "second", "last", "which", "the"} and not mentions
    else:
        points = False
    return Reference(word.start, word.end, "event") if points else None


def _points(words: Sequence[Word], index: int) -> bool:
    """Whether "that" or the like points at something said before, rather than opens a clause."""
    word = words[index].folded
    before = words[index - 1].folded if index else ""
    after = words[index + 1].folded if index + 1 < len(words) else ""
    if after in _TIMES or (word == "those" and after == "who"):
        return False
    if not after or (word != "that" and after in AUXILIARIES):
        return True
    # "Why did that happen?", "Is this true?", "in that case"; but "Is it true that prices fell?"
    is_first = not any(each.folded not in AUXILIARIES | INTERROGATIVES for each in words[:index])
    if word == "that":
        return (before in AUXILIARIES and is_first) or before in PREPOSITIONS
    return is_first or before in PREPOSITIONS or after not in LIGHT_WORDS


def _definite(words: Sequence[Word], mentions: Sequence[Mention]) -> list[Reference]:
    """References such as "the company", in a question that has no names of its own."""
    if mentions:
        return []
    for index in range(1, len(words)):
        article, noun = words[index - 1], words[index]
        after = words[index + 1].folded if index + 1 < len(words) else ""
        if article.folded != "the" or after == "of" or noun.folded not in PERSONS | THINGS:
            continue
        # Many names in a question may be companies: which one is meant is not decided here.
        kind: Kind = "person" if noun.folded in PERSONS else "event"
        possessive = bool(re.search(r"['’]s?$", noun.text))
        return [Reference(article.start, noun.end, kind, possessive, definite=True)]
    return []
