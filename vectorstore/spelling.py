"""Puts a question into the articles' words: corrects misspellings, spells out abbreviations as
they do, and capitalises names that were typed without capitals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from vectorstore.store import Store
from vectorstore.text.acronyms import spelled_out
from vectorstore.text.words import FUNCTION_WORDS, WORD, stem, stems_of

SHORTEST = 3
LONG = 8
"""A word with at least this many letters may have two mistakes."""
READ_FOR_SPELLING = 5
READ_FOR_NAMES = 20


@dataclass(frozen=True, slots=True)
class Correction:
    """A word as it was typed, and the articles' word that it is taken to mean."""

    start: int
    end: int
    written: str
    meant: str

    @property
    def is_sure(self) -> bool:
        """A capitalised word is more often a name that the articles lack than a typo; but a common
        abbreviation is neither."""
        return self.written.islower() or self.meant == spelled_out(self.written)

    @property
    def is_of_capitals(self) -> bool:
        """Whether only capitals were missing."""
        return self.written.lower() == self.meant.lower()


def corrections(store: Store, question: str) -> list[Correction]:
    """For words that no article has, the nearest ones that some have, in order.

    An abbreviation, such as of a title, is spelled out if the articles do so. In a question without
    capitalised names, words that the articles capitalise within their sentences are capitalised.
    A mistake is an extra, missing or wrong letter, or two adjacent ones swapped; the first letter
    is right. A word that the embedding model's vocabulary has whole is no mistake, whatever the
    articles say.
    """
    words = [e for e in WORD.finditer(question) if _may_be_misspelt(e[0]) or spelled_out(e[0])]
    phrases = (spelled_out(each[0]) or "" for each in words)
    terms = {term for phrase in phrases for term in stems_of(phrase)}
    known = store.catalog.document_frequency(terms | {stem(each[0]) for each in words})
    has_names = any(match.start() and match[0].istitle() for match in WORD.finditer(question))
    found = ((match, _meant(store, match[0], known, has_names=has_names)) for match in words)
    return [Correction(*match.span(), match[0], meant) for match, meant in found if meant]


def corrected(question: str, found: Sequence[Correction]) -> str:
    """The question with the corrections made.

    >>> corrected("Did rippel win?", [Correction(4, 10, "rippel", "Ripple")])
    'Did Ripple win?'
    """
    for each in reversed(found):
        question = f"{question[: each.start]}{each.meant}{question[each.end :]}"
    return question


def _meant(store: Store, word: str, known: Mapping[str, int], *, has_names: bool) -> str | None:
    """What the articles write for a word; None if it is the word itself, or nothing is like it."""
    if stem(word) in known:
        is_plain = word.islower() and word not in FUNCTION_WORDS
        return _as_name(store, word) if is_plain and not has_names else None
    phrase = spelled_out(word)
    if phrase and all(each in known for each in stems_of(phrase)):
        return phrase
    if len(store.embedder.token_spans(word.lower())) == 1:
        return None
    nearest = _nearest(store, stem(word))
    return _written(store, nearest) if nearest else None


def _may_be_misspelt(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and word.isascii()


def _nearest(store: Store, word: str) -> str | None:
    """The term with the fewest mistakes; if several, the one that the most passages have."""
    most = 2 if len(word) >= LONG else 1
    terms = store.catalog.terms_from(word[0], (len(word) - most, len(word) + most))
    near = [
        (distance, -frequency, term)
        for term, frequency in terms
        if (distance := OSA.distance(word, term, score_cutoff=most)) <= most
        # The shortest words may neither lose a letter nor have a wrong one.
        and (len(word) > SHORTEST or sorted(word) == sorted(term) or len(term) > len(word))
    ]
    return min(near)[2] if near else None


def _as_name(store: Store, word: str) -> str | None:
    """The word as the articles write it, if they always capitalise it within sentences."""
    forms: Counter[str] = Counter()
    for row in _rows_with(store, stem(word), READ_FOR_NAMES):
        # One by one: most words are not names, and the first passage shows it.
        for found, _ in store.catalog.passages_at([row]).values():
            begins = {each.start - found.start for each in found.sentences}
            forms.update(
                match[0]
                for match in WORD.finditer(found.text)
                if match.start() not in begins and match[0].lower() == word
            )
        if word in forms or any(form[0].islower() for form in forms):
            return None
    return max(forms, key=lambda form: (forms[form], form), default=None)


def _written(store: Store, term: str) -> str:
    """The form of a stemmed term that the articles use most."""
    passages = store.catalog.passages_at(_rows_with(store, term, READ_FOR_SPELLING)).values()
    forms = Counter(
        word for found, _ in passages for word in WORD.findall(found.text) if stem(word) == term
    )
    return max(forms, key=lambda form: (forms[form], form)) if forms else term


def _rows_with(store: Store, term: str, most: int) -> list[int]:
    """The rows of the first passages with a stemmed term; none if the last was removed by now."""
    found = store.catalog.postings([term]).get(term)
    rows: list[int] = [] if found is None else found.rows[:most].tolist()
    return rows
