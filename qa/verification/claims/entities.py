"""Named entities in English text, and whether another text mentions them in some form."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from qa.verification.claims.tokens import Word, find_words, words_of
from vectorstore.text.dates import CALENDAR_WORDS, find_dates
from vectorstore.text.number_words import NUMBER_WORDS
from vectorstore.text.patterns import covered, preceding
from vectorstore.text.words import FUNCTION_WORDS
from vectorstore.types import Span

# Capitalised, but not part of a name: in "Judge Torres" the name is "Torres".
TITLES = words_of(
    """
    mr mrs ms miss dr sir judge justice president chair chairman chairwoman chairperson ceo
    cfo coo cto chief executive officer senator sen rep representative secretary minister
    governor attorney general professor prof commissioner director founder spokesman
    spokeswoman spokesperson inc corp corporation ltd llc co company plc
    """
)
# Nouns that often open a sentence with no article before them.
_BARE_NOUNS = words_of(
    """
    revenue trading inflation demand profit income growth congress lawmakers people regulation
    management police staff crypto cryptocurrency bitcoin government money news evidence work
    research information progress access interest legislation half nobody everyone nothing
    anyone someone police supply competition support opposition business
    """
)
_BODIES = frozenset(
    """commission department bank labs capital association group agency bureau committee court house
    senate congress board authority exchange fund trust institute university union party digital
    office treasury parliament assembly council foundation network coin markets research""".split()
)
_CONNECTORS = words_of(
    """
    of and for the & de la van von del di
    """
)
# Names of the same entity that no rule connects.
_ALIASES = {
    phrase: names[0]
    for names in (
        ("united states", "us", "usa", "america", "american", "americans"),
        ("united kingdom", "uk", "britain", "british", "great britain", "england", "english"),
        ("european union", "eu", "europe", "european", "europeans"),
        ("china", "chinese", "beijing"),
        ("japan", "japanese"),
        ("germany", "german", "germans"),
        ("france", "french"),
        ("russia", "russian", "russians"),
        ("south korea", "south korean", "korea", "korean"),
        ("india", "indian", "indians"),
        ("canada", "canadian", "canadians"),
        ("australia", "australian", "australians"),
        ("switzerland", "swiss"),
        ("singapore", "singaporean"),
        ("el salvador", "salvadoran", "salvadorans"),
        ("ukraine", "ukrainian", "ukrainians"),
        ("israel", "israeli", "israelis"),
        ("bahamas", "bahamian"),
        ("wyoming", "wyomingite"),
        ("department of justice", "justice department", "doj"),
        ("department of the treasury", "treasury department", "treasury"),
        ("federal reserve", "fed"),
        ("new york city", "nyc"),
        ("new york", "manhattan"),
        ("washington", "dc", "washington dc", "capitol hill"),
        ("internal revenue service", "irs"),
    )
    for phrase in names
}
_LONGEST_ALIAS = max(len(phrase.split()) for phrase in _ALIASES)
_BEFORE_NAME = re.compile(r"\s[A-Z][\w.]*[a-zA-Z]")
_LONGEST_RUN = 12
"""The most words in a name: longer runs of capitalised words are headlines."""
_OPENING = re.compile(r"(?:^|[.!?:;]\s|[\n\"“‘(\[*_#>])\s*[\"“‘(\[*_]*$")


@dataclass(frozen=True, slots=True)
class Entity:
    """A proper name in a text: one or more words, without titles.

    `sure` is False for a single word that may be capitalised only because it opens its sentence.
    `run` is the longest run of capitalised words around it, including "of" and "and" between them:
    "Exchange Commission" may be the end of a longer name.
    """

    start: int
    end: int
    text: str
    words: tuple[str, ...]
    sure: bool = True
    run: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class EntityForms:
    """The entities that a text mentions, in every form they may take elsewhere.

    >>> names = EntityForms("The Securities and Exchange Commission sued Gary Gensler's friend")
    >>> [names.has(name) for name in find_entities("It was the SEC that sued Mr. Gensler.")]
    [True, True]
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = [w for w in find_words(text) if w.text != "us"]

    @cached_property
    def words(self) -> frozenset[str]:
        folded = [w.folded for w in self._words]
        return frozenset(
            [*folded, *(part for word in folded for part in re.split(r"[.&'’-]", word) if part)]
        )

    @cached_property
    def acronyms_made(self) -> frozenset[str]:
        """ "sec" for Securities and Exchange Commission; "doj" counts the connector too."""
        made: set[str] = set()
        for run in _runs(self._words, self.text):
            for first in range(len(run)):
                for last in range(first + 2, len(run) + 1):
                    made |= initials([w.text for w in run[first:last]])
        return frozenset(made)

    @cached_property
    def _small_initials(self) -> str:
        """Acronyms of consecutive words, such as " etf " for "exchange-traded fund"."""
        letters = [p[0] for w in self._words for p in re.split(r"[-]", w.folded) if p]
        rows = ("".join(letters[i : i + n]) for n in (3, 4) for i in range(len(letters)))
        return f" {' '.join(rows)} "

    @cached_property
    def aliases(self) -> frozenset[str]:
        return frozenset(_aliases([w.folded for w in self._words]))

    @cached_property
    def acronyms(self) -> frozenset[str]:
        return frozenset(w.folded for w in self._words if len(w.text) > 1 and w.text.isupper())

    def has(self, name: Entity) -> bool:
        """Whether the text mentions the entity, its words close together or in another form."""
        if all(self._has_word(word) for word in name.words) and self._together(name.words):
            return True
        if _ALIASES.get(" ".join(name.words), "-") in self.aliases:
            return True
        acronym = len(name.words) == 1 and name.text.isupper() and len(name.text) > 2
        if acronym and f" {name.words[0]} " in self._small_initials:
            return True
        return any(
            initials(part) & self.acronyms or _ALIASES.get(" ".join(part), "-") in self.aliases
            for part in _parts(name.run)
            if set(name.words) <= set(part)
        )

    def _together(self, words: tuple[str, ...]) -> bool:
        """Whether adjacent `words` are within two words of each other in this text."""
        there = [_same_word(w.folded) for w in self._words]
        places = [{i for i, w in enumerate(there) if _same_word(word) in w} for word in words]
        return all(
            not (one and other) or any(i + gap in other for i in one for gap in range(-2, 3))
            for one, other in pairwise(places)
        )

    def _has_word(self, word: str) -> bool:
        return (
            word in self.words
            or word in self.acronyms_made
            or (word in _ALIASES and _ALIASES[word] in self.aliases)
            # "Democrats" for "Democrat", "Rican" for "Rica", "Californian" for "California".
            or (len(word) > 4 and word[-1] in "sn" and word[:-1] in self.words)
            or f"{word}s" in self.words
            or f"{word}n" in self.words
        )


def _same_word(word: str) -> str:
    return _ALIASES.get(word, word)


def find_entities(text: str) -> list[Entity]:
    """The entities in `text`, in order.

    >>> [name.text for name in find_entities("Yesterday Gary Gensler of the SEC met Ripple Labs.")]
    ['Gary Gensler', 'SEC', 'Ripple Labs']
    """
    words = find_words(text)
    dates = covered(len(text), (date.span for date in find_dates(text)))
    found: list[Entity] = []
    group: list[Word] = []
    for word in [*words, None]:
        belongs = word is not None and _is_name(word, text) and not dates[word.start]
        if belongs and word is not None and word.folded in TITLES:
            belongs = False
        if group and (
            not belongs
            or word is None
            or len(group) == _LONGEST_RUN
            or text[group[-1].end : word.start] not in _JOINS
        ):
            found.append(_name(group, text))
            group = []
        if belongs and word is not None:
            group.append(word)
            if word.text.endswith(("'s", "’s")):
                found.append(_name(group, text))
                group = []
    first_run: dict[str, tuple[str, ...]] = {}
    for run in _runs(words, text):
        folded = tuple(word.folded for word in run)
        for each in folded:
            first_run.setdefault(each, folded)
    return [replace(entity, run=_run_of(entity, first_run)) for entity in found]


def _run_of(name: Entity, first_run: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The first run of capitalised words that contains all words of the name."""
    runs = (first_run.get(word, ()) for word in name.words)
    return next((run for run in runs if set(name.words) <= set(run)), name.words)


def _parts(run: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every contiguous part of a run with at least two words."""
    size = len(run)
    return [run[a:b] for a in range(size) for b in range(a + 2, size + 1)]


_JOINS = {" ", "-", ". ", "\n", " & ", "’ "}


def _name(group: list[Word], text: str) -> Entity:
    start, end = group[0].start, group[-1].end
    words = tuple(w.folded for w in group)
    opening = len(group) == 1 and group[0].text.istitle() and _opens(group[0], text)
    return Entity(start, end, text[start:end], words, sure=not opening)


def _opens(word: Word, text: str) -> bool:
    return bool(preceding(_OPENING, text, word.start))


def _is_name(word: Word, text: str) -> bool:
    written, folded = word.text, word.folded
    if written.isdigit() or not any(c.isupper() for c in written) or folded in CALENDAR_WORDS:
        return False
    if written in {"I", "A", "I'm", "I’m", "I've", "I’ve"}:
        return False
    inner = any(c.isupper() or c.isdigit() for c in written[1:])
    if inner:
        return True
    if folded in FUNCTION_WORDS or folded.split("'")[0].split("’")[0] in FUNCTION_WORDS:
        return False
    if not _opens(word, text):
        return True
    if folded in NUMBER_WORDS and not _BEFORE_NAME.match(text, word.end):
        return False
    if folded.endswith(("ing", "ly", "ed")) and folded not in _ALIASES:
        return False
    if _BEFORE_NAME.match(text, word.end):
        return True
    return not (folded in _BARE_NOUNS or folded.endswith(("ers", "ors", "ies", "ments", "ions")))


def _runs(words: list[Word], text: str) -> list[list[Word]]:
    """Runs of capitalised words, with connectors such as "of" between them."""
    runs: list[list[Word]] = []
    run: list[Word] = []
    for word in words:
        joined = not run or text[run[-1].end : word.start] in {" ", "\n", "-", " & ", ", "}
        capital = word.text[0].isupper()
        too_long = len(run) == _LONGEST_RUN
        if run and (too_long or not (joined and (capital or word.folded in _CONNECTORS))):
            runs.append(run)
            run = []
        if capital or run:
            run.append(word)
    return [*runs, run] if run else runs


def initials(words: Iterable[str]) -> set[str]:
    """The initials of a name of at least two words, with and without its connectors."""
    listed = list(words)
    if len(listed) < 2 or listed[-1] in _CONNECTORS or listed[0] in _CONNECTORS:
        return set()
    everything = "".join(word[0] for word in listed)
    large = "".join(word[0] for word in listed if word.casefold() not in _CONNECTORS)
    return {short.casefold() for short in (everything, large) if len(short) > 1}


def _aliases(words: Iterable[str]) -> set[str]:
    listed = list(words)
    return {
        _ALIASES[phrase]
        for first in range(len(listed))
        for last in range(first + 1, min(first + _LONGEST_ALIAS, len(listed)) + 1)
        if (phrase := " ".join(listed[first:last])) in _ALIASES
    }


def is_person(name: Entity) -> bool:
    """Whether "he" or "she" may refer to the entity: not to an acronym or an organisation."""
    return not (
        set(name.run) & _BODIES
        or any(c.isupper() for c in name.text.split("-")[0].split(" ")[0][1:])
        or any(c.isdigit() or c in ".&" for c in name.text.removesuffix("."))
    )
