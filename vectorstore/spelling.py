"""Puts words that the articles have for those of a question that they lack: misspelt ones, and
abbreviations of what they spell out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from vectorstore.store import Store
from vectorstore.text.acronyms import spelled_out
from vectorstore.text.words import WORD, stem, stems_of

SHORTEST = 3
LONG = 8
"""From so many letters on, a word may have two mistakes."""
READ_FOR_SPELLING = 5


@dataclass(frozen=True, slots=True)
class Correction:
    """A word as it was typed, and the articles' word that it is taken for."""

    start: int
    end: int
    written: str
    meant: str

    @property
    def is_sure(self) -> bool:
        """A capital is more often a name that the articles lack than a slip."""
        return self.written.islower() or self.meant == spelled_out(self.written)


def corrections(store: Store, question: str) -> list[Correction]:
    """For words that no article has, the nearest ones that some have, in order.

    An abbreviation, as of a title, is spelled out where the articles do so.
    A mistake is a letter more, less, other or swapped with the next; the first letter is right. A
    word that the embedding model's vocabulary has as a whole is no mistake, whatever the articles
    say.
    """
    words = [each for each in WORD.finditer(question) if _may_be_misspelt(each[0])]
    stems = {each[0]: stem(each[0]) for each in words}
    phrases = {each[0]: spelled_out(each[0]) for each in words}
    said_otherwise = {each for phrase in phrases.values() for each in stems_of(phrase or "")}
    known = store.catalog.document_frequency({*stems.values(), *said_otherwise})
    found: list[Correction] = []
    for match in words:
        word = match[0]
        if stems[word] in known:
            continue
        phrase = phrases[word]
        if phrase and all(each in known for each in stems_of(phrase)):
            found.append(Correction(*match.span(), word, phrase))
            continue
        if len(store.embedder.token_spans(word.lower())) == 1:
            continue
        nearest = _nearest(store, stems[word])
        if nearest:
            found.append(Correction(*match.span(), word, _written(store, nearest)))
    return found


def corrected(question: str, found: Sequence[Correction]) -> str:
    """The question with the corrections made.

    >>> corrected("Did rippel win?", [Correction(4, 10, "rippel", "Ripple")])
    'Did Ripple win?'
    """
    for each in reversed(found):
        question = f"{question[: each.start]}{each.meant}{question[each.end :]}"
    return question


def _may_be_misspelt(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and word.isascii()


def _nearest(store: Store, word: str) -> str | None:
    """The term with the fewest mistakes; of several, the one that most passages have."""
    most = 2 if len(word) >= LONG else 1
    terms = store.catalog.terms_from(word[0], (len(word) - most, len(word) + most))
    near = [
        (distance, -frequency, term)
        for term, frequency in terms
        if (distance := OSA.distance(word, term, score_cutoff=most)) <= most
        # Too short to lose a letter or to have a wrong one.
        and (len(word) > SHORTEST or sorted(word) == sorted(term) or len(term) > len(word))
    ]
    return min(near)[2] if near else None


def _written(store: Store, term: str) -> str:
    """The form in which the articles use a stemmed term most."""
    rows = store.catalog.postings([term])[term].rows[:READ_FOR_SPELLING].tolist()
    passages = store.catalog.passages_at(rows).values()
    forms = Counter(
        word for found, _ in passages for word in WORD.findall(found.text) if stem(word) == term
    )
    return max(forms, key=lambda form: (forms[form], form)) if forms else term
