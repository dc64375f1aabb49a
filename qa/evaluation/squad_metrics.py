"""Exact match and token F1, as SQuAD defines them.

Source: the evaluation of Rajpurkar et al. (2016), "SQuAD: 100,000+ Questions for Machine
Comprehension of Text", section 6.1: lower case, no punctuation, no articles, single spaces; the
best score over the gold answers counts.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def words(text: str) -> list[str]:
    """The normalised words of a text.

    >>> words("The U.S. Treasury's $1.2 million")
    ['us', 'treasurys', '12', 'million']
    """
    return _ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def exact_match(answer: str, golds: Iterable[str]) -> float:
    """1.0 if the words of `answer` are those of some gold answer, else 0.0."""
    answered = words(answer)
    return float(any(answered == words(gold) for gold in golds))


def token_f1(answer: str, golds: Iterable[str]) -> float:
    """The best harmonic mean of precision and recall of words, over the gold answers."""
    answered = words(answer)
    return max((_f1(answered, words(gold)) for gold in golds), default=0.0)


def holds_answer(quote: str, golds: Iterable[str]) -> bool:
    """Whether `quote` contains the words of some gold answer, consecutively."""
    quoted = f" {' '.join(words(quote))} "
    # A gold answer without words (a lone "the") would be in every quote.
    return any(f" {' '.join(gold)} " in quoted for text in golds if (gold := words(text)))


def _f1(answered: list[str], gold: list[str]) -> float:
    if not answered or not gold:
        return float(answered == gold)
    common = (Counter(answered) & Counter(gold)).total()
    return 2 * common / (len(answered) + len(gold))
