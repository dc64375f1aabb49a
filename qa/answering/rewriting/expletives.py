"""Finds the "it" and the "there" that refer to nothing: "Is it true that", "Are there"."""

from collections.abc import Sequence

from qa.answering.rewriting.grammar import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    INTERROGATIVES,
    LIGHT_WORDS,
)
from qa.verification.claims.tokens import Word, is_participle, words_of

_CLAUSE_OPENERS = words_of("that whether if who whom which")
_WEATHER = ("rain", "snow", "hail", "drizzl", "thunder")
# Their subject is the subject of what follows: "Is it likely to appeal?" asks about a company.
_RAISING = words_of(
    "likely unlikely sure certain bound set about due able unable ready willing eager keen free"
)
_IMPERSONAL = words_of(
    """
    seem seems seemed appear appears appeared matter matters mattered turn turns turned happen
    happens happened
    """
)
_TAKES_TIME = words_of("take takes took taken cost costs")
_CLOCK = words_of("time day date late early far")
# Said about what somebody did or claimed, not about a company or a place.
_SAID_OF_EVENTS = words_of(
    "true false possible impossible likely unlikely certain clear legal illegal fair okay"
)


def is_expletive_it(words: Sequence[Word], index: int) -> bool:
    """Whether the "it" at `index` refers to nothing, or may well refer to nothing.

    >>> from qa.verification.claims.tokens import find_words
    >>> [is_expletive_it(find_words(text), text.split().index("it")) for text in
    ...     ("Is it hard to climb Everest?", "Is it likely to appeal?", "Was it Musk who paid?")]
    [True, False, True]
    """
    folded = [word.folded for word in words]
    after = folded[index + 1 :]
    if any(word.startswith(_WEATHER) for word in after[:2]):
        return True
    if folded[0] in INTERROGATIVES and set(folded[1:index]) & _CLOCK and _is_with_be(folded, index):
        return True
    if set(after[:2]) & _IMPERSONAL:
        return any(word in _CLAUSE_OPENERS | {"like", "as", "out"} for word in after[1:4])
    if set(after[:2]) & _TAKES_TIME:
        return any(_is_infinitive(words, place) for place in range(index + 1, len(words)))
    return _is_with_be(folded, index) and _has_clause_for_subject(words, index)


def is_of_an_event(words: Sequence[Word], index: int) -> bool:
    """Whether the "it" at `index` is what happened or was said, so no name can take its place."""
    folded = [word.folded for word in words]
    after = [word for word in folded[index + 1 :] if word not in LIGHT_WORDS - _SAID_OF_EVENTS]
    if folded[-1] in {"take", "takes", "took"}:
        return True
    return _is_with_be(folded, index) and bool(after) and after[0] in _SAID_OF_EVENTS


def is_existential_there(folded: Sequence[str], index: int) -> bool:
    """Whether the "there" at `index` only says that something exists: "Were there tigers?" """
    near = [*folded[max(0, index - 1) : index], *folded[index + 1 : index + 3]]
    return bool(set(near) & (BE | words_of("exist exists existed remain remains")))


def _is_with_be(folded: Sequence[str], index: int) -> bool:
    before = folded[index - 1] if index else ""
    after = folded[index + 1 : index + 4]
    if before in BE:
        return True
    # "it is", "could it be", "it has been": nothing but auxiliaries on the way to "be".
    for word in after:
        if word in BE:
            return True
        if word not in AUXILIARIES and word not in {"not", "still", "ever", "really"}:
            return False
    return False


def _has_clause_for_subject(words: Sequence[Word], index: int) -> bool:
    """Whether what follows contains the clause that "it" stands in for."""
    for place in range(index + 1, len(words)):
        word = words[place].folded
        between = [each.folded for each in words[index + 1 : place] if each.folded not in BE]
        if word in _CLAUSE_OPENERS:
            return True
        if word == "to" and _is_infinitive(words, place):
            return bool(between) and not _is_raising(between[-1])
    return False


def _is_raising(word: str) -> bool:
    return word in _RAISING or word.endswith("ing") or is_participle(word)


def _is_infinitive(words: Sequence[Word], place: int) -> bool:
    if words[place].folded != "to" or place + 1 == len(words):
        return False
    following = words[place + 1]
    return following.text.islower() and following.folded not in DETERMINERS
