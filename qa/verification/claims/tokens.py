"""Words of English text and their stems: enough to see that two sentences speak of one thing."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vectorstore.text.words import FUNCTION_WORDS
from vectorstore.types import Span

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[.&'’]\w+)*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s?$")


def words_of(text: str) -> frozenset[str]:
    """The words of a list written out as text."""
    return frozenset(text.split())


# Verbs whose past is not the stem with an ending, as reporters use them.
_IRREGULAR = {
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
_ENDINGS = tuple(
    """
    izations ization ations ation ements ement ments ment ingly ings ing edly ied ies ers ors
    ed er or ions ion ive es ly al s e y
    """.split()
)


class Word(NamedTuple):
    """A word as written, and its range in the text."""

    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        return fold(self.text)


CONTEXT = 40


def preceding(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str] | None:
    """The match of a pattern that ends with `$` right before a position, within CONTEXT characters.

    >>> preceding(re.compile(r"about $"), "about 5", 6) is not None
    True
    """
    return pattern.search(text, max(0, position - CONTEXT), position)


# Characters that `re.IGNORECASE` takes for the ASCII letters s, i and k, and str.lower does not.
_ODD_CASE = dict.fromkeys(map(ord, "\u017f\u0130\u0131\u212a"), "\ufffd")


def only_plain_case(text: str) -> str:
    """`text`, as long as before, without letters that only case-insensitive patterns know."""
    return text.translate(_ODD_CASE)


def covered(length: int, spans: Iterable[Span]) -> bytearray:
    """One byte per character of a text: 1 where one of `spans` covers it, else 0."""
    mask = bytearray(length)
    for start, end in spans:
        mask[start:end] = b"\x01" * (end - start)
    return mask


def find_words(text: str) -> list[Word]:
    return [Word(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]


def fold(word: str) -> str:
    """A word without case, possessive, or the dots of an abbreviation.

    >>> fold("Gensler's"), fold("U.S."), fold("Binance.US")
    ('gensler', 'us', 'binance.us')
    """
    bare = _POSSESSIVE.sub("", word)
    if re.fullmatch(r"(?:\w\.)+\w?\.?", bare):
        bare = bare.replace(".", "")
    return bare.casefold()


def stem(word: str) -> str:
    """What is left of a word without its ending; equal for most forms of one verb or noun.

    >>> stem("joined") == stem("joins"), stem("sued") == stem("lawsuit")
    (True, True)
    """
    word = word.casefold()
    word = _IRREGULAR.get(word, word)
    for ending in _ENDINGS:
        if (
            word.endswith(ending)
            and len(word) - len(ending) >= 3
            and not word.endswith(("eed", "ss"))
        ):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def is_participle(word: str) -> bool:
    """Whether a word may stand after "was" in the passive: "charged", "sold"."""
    return word.endswith(("ed", "en")) or (word in _IRREGULAR and not word.endswith("ing"))


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, repeats kept."""
    return [stem(folded) for folded in _content(text)]


def _content(text: str) -> Iterator[str]:
    for word in find_words(text):
        folded = word.folded
        if folded not in FUNCTION_WORDS and len(folded) > 1 and not folded[0].isdigit():
            yield folded
