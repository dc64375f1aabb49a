"""Other forms of names and titles: their acronyms, and what common acronyms stand for. Pure."""

import re

from vectorstore.text.words import FUNCTION_WORDS, WORD, stem, stems_of

MOST_WORDS = 6
_BREAKS = re.compile(r"[^\s&'’-]")
"""A mark between two words that separates names."""

_SPELLED_OUT = {
    "AI": "artificial intelligence",
    "CEO": "chief executive",
    "CFO": "chief financial officer",
    "COO": "chief operating officer",
    "CTO": "chief technology officer",
    "GDP": "gross domestic product",
    "IPO": "initial public offering",
    "MP": "member of parliament",
    "NGO": "non-governmental organization",
    "PM": "prime minister",
    "VP": "vice president",
}
"""Abbreviations of phrases that are not names, so that no capitals reveal the initials."""
_EASILY_MISTAKEN = 2
"""Abbreviations this short are words or units when not capitalised."""
_SHORTENED = {phrase: stem(short.lower()) for short, phrase in _SPELLED_OUT.items()}
_STEMS = {short: stems_of(phrase) for short, phrase in _SPELLED_OUT.items()}
_EITHER = re.compile(rf"\b(?:(?i:({'|'.join(_SHORTENED)})s?)|({'|'.join(_STEMS)}))\b")


def known_as(text: str) -> frozenset[str]:
    """The stems of acronyms for what `text` spells out, and of what its own acronyms stand for.

    >>> sorted(known_as("Kraken's chief executive left it"))
    ['ceo']
    >>> sorted(known_as("its CEO left"))
    ['chief', 'execut']
    """
    found = set(_initials(text))
    for phrase, short in _EITHER.findall(text):
        found.update(_STEMS[short] if short else [_SHORTENED[phrase.lower()]])
    return frozenset(found)


def stems_and_acronyms(text: str) -> frozenset[str]:
    """The stems of a text's words, and of what its names are also known as."""
    return known_as(text).union(stems_of(text))


def spelled_out(word: str) -> str | None:
    """What `word` stands for, if it is a common abbreviation; two letters must be capitals.

    >>> spelled_out("CEO"), spelled_out("ceo"), spelled_out("PM"), spelled_out("pm")
    ('chief executive', 'chief executive', 'prime minister', None)
    """
    return _SPELLED_OUT.get(word.upper() if len(word) > _EASILY_MISTAKEN else word)


def _initials(text: str) -> frozenset[str]:
    """The stems of the initials of every two to six capitalised words in a row.

    Function words between them do not count: "Securities and Exchange Commission" is "sec".

    >>> sorted(_initials("It sued the Securities and Exchange Commission, Kraken said."))
    ['ec', 'se', 'sec']
    """
    found: set[str] = set()
    initials = ""
    end = 0
    for word in WORD.finditer(text):
        if _BREAKS.search(text, end, word.start()):
            initials = ""
        end = word.end()
        if word[0][0].isupper():
            initials = (initials + word[0][0].lower())[-MOST_WORDS:]
            found.update(initials[start:] for start in range(len(initials) - 1))
        elif word[0] not in FUNCTION_WORDS:
            initials = ""
    return frozenset(map(stem, found))
