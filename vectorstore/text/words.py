"""Words as the full-text index knows them: lower case, without accents, stemmed."""

import re
import unicodedata
from functools import lru_cache
from threading import local

import snowballstemmer  # type: ignore[import-untyped]  # it ships none

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

STOPWORDS = frozenset(
    """
    a about after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further
    had has have having he her here hers herself him himself his how i if in into is it its itself
    just may me might more most must my myself no nor not now of off on once only or other our ours
    ourselves out over own please s same shall she should so some such t tell than that the their
    theirs them themselves then there these they this those through to too under until up us very
    was we were what when where which while who whom whose why will with would you your yours
    yourself
    """.split()  # a list this long is read as text
)

# Where a word is capitalised whatever it is.
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;]\s|[\n\"“‘(\[])\s*[\"“‘(\[]*\Z")
_LOOK_BACK = 8

_stemmers = local()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word in the form under which the full-text index keeps it.

    >>> [stem(word) for word in ("lobbying", "Lobbied", "company’s", "Café")]
    ['lobbi', 'lobbi', 'compani', 'cafe']
    """
    plain = unicodedata.normalize("NFKD", word.lower().replace("’", "'").removesuffix("'s"))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    # A stemmer holds the word it works on, so that each thread needs its own.
    if not hasattr(_stemmers, "porter"):
        _stemmers.porter = snowballstemmer.stemmer("porter")
    return str(_stemmers.porter.stemWord(letters))


def content_words(text: str) -> list[str]:
    """The words of a text that say what it is about, as written, in order: no function words.

    A word that looks like a function word is kept where its case says that it is a name. Case says
    nothing in a text without small letters, nor at the beginning of a sentence.

    >>> content_words("What did the WHO say in May about Will Smith?")
    ['WHO', 'say', 'May', 'Will', 'Smith']
    """
    found = list(WORD.finditer(text))
    case_tells = any(match[0].islower() for match in found)
    return [
        match[0]
        for match in found
        if match[0].lower() not in STOPWORDS or (case_tells and _is_name(match, text))
    ]


def _is_name(match: re.Match[str], text: str) -> bool:
    word = match[0]
    if len(word) == 1 or not word[0].isupper():
        return False
    start = match.start()
    return word.isupper() or not _SENTENCE_START.search(text[max(0, start - _LOOK_BACK) : start])


def stems_of(text: str) -> tuple[str, ...]:
    """The words of a text in order, stemmed."""
    return tuple(stem(word) for word in WORD.findall(text))
