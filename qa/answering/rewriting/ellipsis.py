"""What a follow-up leaves out because the last question said it: "Why?", "What about Portugal?" """

import re

from qa.answering.rewriting.grammar import AUXILIARIES, DO, INTERROGATIVES, PREPOSITIONS
from qa.answering.rewriting.mentions import Mention, find_names, with_roles, word_before
from qa.verification.claims.tokens import Word, find_words
from vectorstore.text.dates import find_dates
from vectorstore.text.patterns import covered

_CONJUNCTION = re.compile(r"^\W*(?:(?:and|but|so|or|also|then|ok(?:ay)?)\b[,\s]*)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^\W*(?:what|how) about\s+", re.IGNORECASE)
_ADVERBIAL = re.compile(
    r"""(?:
        (?:since\s|until\s|till\s)?(?:why|when|where|how)(?:\s(?:then|exactly|so))?
      | how\s(?:long|often|far|soon|late|early|quickly|badly)
      | (?:about|at|by|during|for|from|in|into|of|on|to|under|with|within)\s
        (?:which|what|whom|how)(?:\s\w+){0,3}
    )\W*""",
    re.VERBOSE | re.IGNORECASE,
)
# What they ask for is not part of the sentence that follows, so any auxiliary may open it.
_ADVERBS = frozenset({"when", "where", "why", "how"})
_ENDING = re.compile(r"[\s?.!]+$")


def without_conjunction(question: str) -> str:
    """The question without "And", "But" or "So" before it."""
    rest = question[len((_CONJUNCTION.match(question) or [""])[0]) :]
    return rest[:1].upper() + rest[1:] if question[:1].isupper() else rest


def is_fragment(question: str) -> bool:
    """Whether it continues the last question without a verb: "And on Saturdays?" """
    return _rest(question) is not None


def asked_anew(question: str, previous: str) -> str | None:
    """The last question with another question word: what "Why?" and "In which year?" ask.

    None for a question that is more than that, or if the last one cannot take the new word.

    >>> asked_anew("Why?", "When did Ghana default on its debt?")
    'Why did Ghana default on its debt?'
    """
    word = _ENDING.sub("", without_conjunction(question).strip())
    if not _ADVERBIAL.fullmatch(word) or _has_verb(word):
        return None
    words = find_words(previous)
    place = next((i for i, each in enumerate(words) if each.folded in AUXILIARIES), None)
    if place is None or not (place == 0 or _is_free(words, place)):
        return None
    bare = re.sub(r"\s(?:then|exactly|so)$", "", word, flags=re.IGNORECASE)
    rest = previous[words[place].start :]
    return f"{bare[:1].upper()}{bare[1:]} {_uncapitalized(rest)}"


def asked_of(question: str, previous: str) -> str | None:
    """The last question about something else: what "What about Portugal?" and "And in 2019?" ask.

    None for any other question, or if nothing in the last one can be replaced.

    >>> asked_of("And Lidl?", "Why did Aldi raise wages in Britain?")
    'Why did Lidl raise wages in Britain?'
    >>> asked_of("And in Italy?", "Why did Aldi raise wages in Britain?")
    'Why did Aldi raise wages in Italy?'
    """
    rest = _rest(question)
    if rest is None:
        return None
    words = find_words(rest)
    new_dates, old_dates = find_dates(rest), find_dates(previous)
    if new_dates and len(words) <= len(find_words(new_dates[0].text)) + 1:
        if not old_dates:
            return f"{_ENDING.sub('', previous)} {_uncapitalized(rest)}?"
        old, new_date = old_dates[0], new_dates[0]
        lacks_year = not new_date.years and new_date.weekday is None and len(old.years) == 1
        year = f" {min(old.years)}" if lacks_year else ""
        return f"{previous[: old.start]}{new_date.text}{year}{previous[old.end :]}"
    preposition = words[0].folded if words[0].folded in PREPOSITIONS else None
    name = rest[words[1].start :] if preposition and len(words) > 1 else rest
    new = find_names(f"of {name}")
    if len(new) != 1 or len(new[0].text) != len(name):
        return None
    old_mention = _counterpart(new[0], previous, preposition)
    if old_mention is None:
        return None
    return f"{previous[: old_mention.start]}{name}{previous[old_mention.end :]}"


def _rest(question: str) -> str | None:
    """What is asked about instead; None if the question has a verb of its own."""
    rest = _WHAT_ABOUT.sub("", without_conjunction(question))
    if rest == question:
        return None
    rest = re.sub(r"['’]s?$", "", _ENDING.sub("", rest))
    return None if not find_words(rest) or _has_verb(rest) else rest


def _counterpart(new: Mention, previous: str, preposition: str | None) -> Mention | None:
    """The name in the last question that the new one replaces."""
    old = with_roles(previous, find_names(previous))
    if preposition:
        return next((e for e in old if word_before(previous, e.start) == preposition), None)
    alike = [each for each in old if {each.person, new.person} != {True, False}]
    return min(alike, key=lambda each: each.role, default=None)


def _has_verb(text: str) -> bool:
    dates = covered(len(text), (each.span for each in find_dates(text)))
    words = [word.folded for word in find_words(text) if not dates[word.start]]
    return (
        bool(words) and words[0] in INTERROGATIVES - {"how", "what", "which", *_ADVERBS}
    ) or bool(set(words) & AUXILIARIES)


def _is_free(words: list[Word], place: int) -> bool:
    """Whether what comes before the auxiliary at `place` can be replaced by another word."""
    opening = [word.folded for word in words[:place]]
    if not set(opening) & INTERROGATIVES:
        return False
    return words[place].folded in DO or opening[0] in _ADVERBS


def _uncapitalized(text: str) -> str:
    first = find_words(text)[:1]
    plain = bool(first) and first[0].folded in AUXILIARIES | INTERROGATIVES | PREPOSITIONS
    return text[:1].lower() + text[1:] if plain else text


def added_to(question: str, previous: str) -> str:
    """Both questions as one, the new one first.

    >>> added_to("Who objected?", "What did Hungary ask of the EU?")
    'Who objected, and what did Hungary ask of the EU?'
    """
    return f"{_ENDING.sub('', without_conjunction(question))}, and {_uncapitalized(previous)}"
