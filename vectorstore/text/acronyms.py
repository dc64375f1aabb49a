"""The acronyms by which names that are spelled out are known. Pure."""

import re

from vectorstore.text.words import FUNCTION_WORDS, WORD, stem

MOST_WORDS = 6
_BREAKS = re.compile(r"[^\s&'’-]")
"""A mark between two words that parts names."""


def acronym_stems(text: str) -> frozenset[str]:
    """The stems of the initials of each two to six capitalised words in a row.

    Function words between them do not count: "Securities and Exchange Commission" is "sec".

    >>> sorted(acronym_stems("It sued the Securities and Exchange Commission, Kraken said."))
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
