"""Words of English text and their stems, to see whether two sentences are about the same thing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from vectorstore.text.words import FUNCTION_WORDS, PROSE_WORD, stem

_POSSESSIVE = re.compile(r"['’]s?$")


def words_of(text: str) -> frozenset[str]:
    """A set of words from a whitespace-separated list."""
    return frozenset(text.split())


# Forms, common in news, that a stemmer does not reduce to their verb or noun.
_BASE_FORMS = {
    past: verb
    for verb, pasts in {
        "begin": "began begun",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "choose": "chose chosen",
        "cut": "cutting",
        "draw": "drew drawn",
        "drop": "dropped dropping",
        "fall": "fell fallen",
        "find": "found",
        "give": "gave given",
        "grow": "grew grown",
        "hold": "held",
        "keep": "kept",
        "know": "knew known",
        "lead": "led",
        "leave": "left leaving",
        "lend": "lent",
        "lose": "lost losing loss losses",
        "mean": "meant",
        "pay": "paid",
        "resign": "resignation",
        "rise": "rose risen rising",
        "run": "ran running",
        "say": "said says",
        "see": "saw seen",
        "seek": "sought",
        "sell": "sold sale sales",
        "send": "sent",
        "speak": "spoke spoken",
        "spend": "spent",
        "stand": "stood",
        "steal": "stole stolen",
        "sue": "sued suing suit suits lawsuit lawsuits",
        "take": "took taken taking",
        "teach": "taught",
        "tell": "told",
        "think": "thought",
        "bind": "bound",
        "break": "broke broken",
        "catch": "caught",
        "fight": "fought",
        "forbid": "forbade forbidden",
        "freeze": "froze frozen",
        "meet": "met",
        "shrink": "shrank shrunk",
        "sink": "sank sunk",
        "strike": "struck",
        "swear": "swore sworn",
        "withdraw": "withdrew withdrawn withdrawal withdrawals",
        "win": "won winning",
        "write": "wrote written",
        "approve": "approval",
        "person": "people persons",
        "man": "men",
        "woman": "women",
        "agree": "agreed agreeing agreement agreements",
        "acquire": "acquired acquiring acquisition acquisitions",
    }.items()
    for past in pasts.split()
}


class Word(NamedTuple):
    """A word as written, and its range in the text."""

    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        return fold(self.text)


def find_words(text: str) -> list[Word]:
    return [Word(m[0], m.start(), m.end()) for m in PROSE_WORD.finditer(text)]


def fold(word: str) -> str:
    """A word without case, possessive or the dots of an abbreviation.

    >>> fold("Gensler's"), fold("U.S."), fold("Binance.US")
    ('gensler', 'us', 'binance.us')
    """
    bare = _POSSESSIVE.sub("", word)
    if re.fullmatch(r"(?:\w\.)+\w?\.?", bare):
        bare = bare.replace(".", "")
    return bare.casefold()


def base_stem(word: str) -> str:
    """The stem of a word's base form; equal for most forms of one verb or noun.

    >>> base_stem("joined") == base_stem("joins"), base_stem("sued") == base_stem("lawsuit")
    (True, True)
    """
    return stem(_BASE_FORMS.get(word.casefold(), word))


def is_participle(word: str) -> bool:
    """Whether a word may stand after "was" in the passive: "charged", "sold"."""
    return word.endswith(("ed", "en")) or (word in _BASE_FORMS and not word.endswith("ing"))


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, repeats kept."""
    return [base_stem(folded) for folded in _content(text)]


def _content(text: str) -> Iterator[str]:
    for word in find_words(text):
        folded = word.folded
        if folded not in FUNCTION_WORDS and len(folded) > 1 and not folded[0].isdigit():
            yield folded
