"""Words in the form of the full-text index: lower case, without accents, stemmed."""

import re
import unicodedata
from functools import lru_cache
from threading import local

import Stemmer  # type: ignore[import-not-found]  # in C, without stubs

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
"""As the full-text index splits them: "Binance" and "US" in "Binance.US"."""

PROSE_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[.&'’]\w+)*")
"""As people read them: "Binance.US", "U.S.", "AT&T"."""

FUNCTION_WORDS = frozenset(
    """
    a about above according across after again against all almost along already also although
    always am amid among an and another any anyone anything are around as at away back be
    became because become been before being below between both but by came can come could d
    despite did do does doing done down during each either else even ever every few finally
    following for from further get given go got had has have having he her here hers herself
    him himself his how however i if in including initially instead into is it its itself just
    last later least less like ll m made make many may me meanwhile might mine more most much
    must my myself near nearly neither next no nobody none nor not nothing now of off often on
    once one only onto or other others otherwise our ours ourselves out over overall own per
    perhaps please previously put quite rather re recently s same several shall she should
    since so some someone something soon still such t take tell than that the their theirs
    them themselves then there these they this those though through thus to today together
    tomorrow too toward towards under unlike until up upon us ve very via was we well went
    were what when where whether which while who whom whose why will with within without would
    yes yesterday yet you your yours yourself
    """.split()
)
"""English words that say little about the topic of a text, in lower case."""

# Positions where any word is capitalised.
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;]\s|[\n\"“‘(\[])\s*[\"“‘(\[]*\Z")
_LOOK_BACK = 8

_stemmers = local()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word in the form stored in the full-text index.

    A word of one or two letters is its own stem, as in Porter's definition ("US" is not "u").

    >>> [stem(word) for word in ("lobbying", "Lobbied", "company’s", "Café", "US")]
    ['lobbi', 'lobbi', 'compani', 'cafe', 'us']
    """
    plain = unicodedata.normalize("NFKD", word.lower().replace("’", "'").removesuffix("'s"))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    if len(letters) <= 2:
        return letters
    # A stemmer keeps state, so each thread needs its own.
    if not hasattr(_stemmers, "porter"):
        _stemmers.porter = Stemmer.Stemmer("porter")
    return str(_stemmers.porter.stemWord(letters))


def content_words(text: str) -> list[str]:
    """The words of a text without function words, as written, in order.

    A function word is kept if it is capitalised like a name: not at the start of a sentence, and
    not in a text without lower-case words.

    >>> content_words("What did the WHO say in May about Will Smith?")
    ['WHO', 'say', 'May', 'Will', 'Smith']
    """
    found = list(WORD.finditer(text))
    case_tells = any(match[0].islower() for match in found)
    return [
        match[0]
        for match in found
        if not _is_function_word(match[0].lower()) or (case_tells and _is_name(match, text))
    ]


def _is_function_word(word: str) -> bool:
    """Whether a lower-case word says little, including the likes of "won't" and "didn't"."""
    return word in FUNCTION_WORDS or word.endswith(("n't", "n’t"))


def _is_name(match: re.Match[str], text: str) -> bool:
    word = match[0]
    if len(word) == 1 or not word[0].isupper():
        return False
    start = match.start()
    return word.isupper() or not _SENTENCE_START.search(text[max(0, start - _LOOK_BACK) : start])


def stems_of(text: str) -> tuple[str, ...]:
    """The words of a text in order, stemmed."""
    return tuple(stem(word) for word in WORD.findall(text))
