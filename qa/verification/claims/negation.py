"""Polarity of a sentence: what it denies, and whether things rise or fall."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from qa.verification.claims.tokens import Word, base_stem, find_words, words_of
from vectorstore.text.words import FUNCTION_WORDS

_DENIALS = words_of(
    """
    absent not no never none nor neither without nobody nothing cannot hardly barely nowhere
    unable lack lacks lacked lacking deny denies denied denying absent
    """
)
# Phrases such as "not only" and "no fewer than" affirm what follows.
_AFFIRMING = re.compile(
    r"\b(?:not (?:only|just|merely|quite|least)|no (?:fewer|less|more|longer) than|no later|"
    r"no doubt|no sooner|nothing but|if not|whether or not|no matter)\b",
    re.IGNORECASE,
)
_SCOPE_ENDS = re.compile(r"[.,;:—–()]|\s-\s|\b(?:but|although|though|while|because|after|before)\b")
_PERIOD = re.compile(r"[.;:]\s")
_SCOPE = 5
_LONGEST_REACH = 30
"""In words, function words included."""
_OPPOSITES: tuple[tuple[str, str], ...] = (
    (
        "rise rose climb increase gain jump surge grow soar rally up higher raise expand widen",
        "fall drop decline decrease slump plunge shrink sink tumble down lower cut reduce lose",
    ),
    ("win won victory prevail", "lose lost defeat"),
    ("profit surplus", "loss losses deficit"),
    (
        "approve accept allow permit grant authorize authorise clear endorse pass let",
        "reject deny refuse ban block prohibit bar forbid veto dismiss decline stop halt",
    ),
    (
        "support back favor favour endorse praise welcome",
        "oppose resist fight object opposition criticize criticise condemn attack",
    ),
    ("complete finish finalize", "withdraw abandon cancel scrap terminate"),
    ("join enter admit", "leave quit exit resign withdraw depart"),
    ("hire appoint recruit", "fire sack oust dismiss layoff"),
    ("buy purchase acquire", "sell sale"),
    (
        "open launch start begin resume continue proceed",
        "close shut end suspend halt stop pause cease",
    ),
    ("guilty convict", "innocent acquit"),
    ("legal lawful", "illegal unlawful unlawfully illegally"),
    ("registered licensed", "unregistered unlicensed"),
    ("before earlier", "after later"),
    ("more above exceed", "less fewer below"),
    ("majority most", "minority few"),
    ("unanimous unanimously", "divided split"),
    ("affirm uphold upheld", "overturn reverse strike struck"),
    ("confirm acknowledge admit", "deny dispute contest"),
    ("strengthen tighten toughen", "weaken loosen ease relax"),
    ("largest biggest highest", "smallest lowest"),
    ("public publicly", "private privately secret secretly"),
    ("temporary temporarily", "permanent permanently"),
    ("include", "exclude"),
    ("add", "remove"),
    ("remain stay keep", "leave quit"),
    ("same", "different"),
    ("succeed", "fail"),
    ("first", "last"),
    ("borrow", "lend"),
    ("optional voluntary", "mandatory compulsory required"),
)
_SIDES = tuple(
    (frozenset(map(base_stem, one.split())), frozenset(map(base_stem, other.split())))
    for one, other in _OPPOSITES
)
_PREFIXES = ("un", "non", "in", "dis", "il", "ir", "de")


@dataclass(frozen=True, slots=True)
class Polarity:
    """Stems of a text's words, and of those in the scope of a negation."""

    stems: frozenset[str]
    denied: frozenset[str]
    affirmed: frozenset[str]
    denials: int
    heads: frozenset[str]
    """The first stem in the scope of each negation: what is mainly denied."""
    opposed: frozenset[str]
    """Stems of words with a negative prefix: "register" for "unregistered"."""


# Phrases with a one-word equivalent.
_PHRASES = tuple(
    (re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE), word)
    for phrase, word in (
        (r"(?:go|goes|went|going|gone|carry|carries|carried) on(?: with)?", "continue"),
        (r"(?:turn|turns|turned|turning) (?:\w+ ){0,2}down", "reject"),
        (r"(?:throw|throws|threw|thrown|throwing) (?:\w+ ){0,2}out", "overturn"),
        (
            r"(?:fail|fails|failed|failing|refuse|refuses|refused|refusing|declines?|declined) to",
            "not",
        ),
        (
            r"(?:stop(?:s|ped|ping)?|ceas(?:e|es|ed|ing)|quit(?:s|ting)?)(?= (?!during\b)\w+ing\b)",
            "not",
        ),
        (r"(?:forbidden|prohibited|barred|banned) (?:to|from)", "not"),
        (r"(?:strike|strikes|struck|striking) down", "overturn"),
        (r"(?:give|gives|gave|given|giving) up", "quit"),
        (r"(?:take|takes|took|taken|taking) down", "remove"),
        (r"(?:shut|shuts|shutting) down", "close"),
        (r"(?:has|have|had|is|are) yet to", "not"),
        (r"no longer", "not"),
        (r"still", "continue"),
        (r"(?:pull|pulls|pulled|pulling) out", "withdraw"),
    )
)


def read_polarity(text: str) -> Polarity:
    """What a text affirms and what it denies.

    >>> sorted(read_polarity("It did not join the group.").denied)
    ['group', 'join']
    """
    for phrase, one_word in _PHRASES:
        text = phrase.sub(one_word, text)
    blank = _AFFIRMING.sub(lambda m: "·" * len(m[0]), text)
    words = [(w, w.text.casefold().replace("’", "'")) for w in find_words(blank)]
    denied_at: set[int] = set()
    heads: set[str] = set()
    denials = 0
    for index, (word, folded) in enumerate(words):
        if folded in _DENIALS or folded.endswith("n't"):
            denials += 1
            reached = set(_reach(index, word.end, words, blank))
            if folded in _OBJECTS or not any(_carries(words[i][1]) for i in reached):
                # "They admit nothing" and "it did not." deny what comes before.
                reached.update(
                    i
                    for i in range(max(0, index - 3), index)
                    if not _SCOPE_ENDS.search(blank, words[i][0].end, word.start)
                )
            if not any(_carries(words[i][1]) for i in reached):
                # "When it sold through exchanges, it did not."
                reached = {
                    i
                    for i in range(max(0, index - _LONGEST_REACH), index)
                    if not _PERIOD.search(blank, words[i][0].end, word.start)
                }
            denied_at.update(reached)
            heads.update(
                [base_stem(words[i][1]) for i in sorted(reached) if _carries(words[i][1])][:1]
            )
    content = [
        (i, base_stem(folded))
        for i, (_, folded) in enumerate(words)
        if (folded not in FUNCTION_WORDS and folded not in _DENIALS) or folded in _SIDED
    ]
    opposed = {
        base_stem(folded[len(prefix) :])
        for _, folded in words
        for prefix in _PREFIXES
        if folded.startswith(prefix) and len(folded) > len(prefix) + 4
    }
    return Polarity(
        frozenset(s for _, s in content),
        frozenset(s for i, s in content if i in denied_at),
        frozenset(s for i, s in content if i not in denied_at),
        denials,
        frozenset(heads),
        frozenset(opposed),
    )


def _carries(folded: str) -> bool:
    return folded not in FUNCTION_WORDS


_OBJECTS = frozenset(["nothing", "nobody", "none"])
_SIDED = frozenset(w for pair in _OPPOSITES for side in pair for w in side.split())


def _reach(index: int, end: int, words: list[tuple[Word, str]], text: str) -> Iterator[int]:
    """Positions of the words in the scope of the negation at `index`."""
    reached = 0
    for position in range(index + 1, min(len(words), index + 1 + _LONGEST_REACH)):
        word, folded = words[position]
        if _SCOPE_ENDS.search(text, end, word.end) or reached == _SCOPE:
            return
        reached += folded not in FUNCTION_WORDS
        yield position


def denies(claim: Polarity, source: Polarity) -> bool:
    """Whether a claim denies something that its source affirms or does not deny."""
    heads = claim.heads - source.denied
    if source.denials and heads & source.affirmed and not claim.heads & source.denied:
        return not _turned(claim, source)
    return bool(
        claim.denials
        and not source.denials
        and not source.opposed & claim.denied
        and not _turned(claim, source)
    )


def affirms_what_is_denied(claim: Polarity, source: Polarity) -> bool:
    """Whether a claim without negations has a stem that its source only denies."""
    lone = source.denied - source.affirmed
    return bool(
        source.denials
        and not claim.denials
        and claim.stems & lone
        and not claim.opposed & lone
        and not _turned(claim, source)
    )


def are_opposites(verb: str, others: Collection[str]) -> bool:
    """Whether one of the stems `others` is an antonym of the stem `verb`, and none a synonym."""
    return any(
        verb in mine and not mine & set(others) and theirs & set(others)
        for one, other in _SIDES
        for mine, theirs in ((one, other), (other, one))
    )


def _signs(polarity: Polarity, sides: tuple[frozenset[str], frozenset[str]]) -> set[bool]:
    one, other = sides
    signs = set()
    if polarity.affirmed & one or polarity.denied & other:
        signs.add(True)
    if polarity.affirmed & other or polarity.denied & one:
        signs.add(False)
    return signs


def says_the_opposite(claim: Polarity, source: Polarity) -> bool:
    """Whether the claim uses a word and the source its antonym, such as "rise" and "fall"."""
    # Where both use the same word, only negation matters: "sale" and "no sale".
    return any(
        len(mine) == 1 and len(theirs) == 1 and mine != theirs
        for sides in _SIDES
        if not claim.stems & source.stems & (sides[0] | sides[1])
        for mine, theirs in [(_signs(claim, sides), _signs(source, sides))]
    )


def _turned(claim: Polarity, source: Polarity) -> bool:
    """Whether a negated word in one matches an antonym in the other: "did not fall", "rose"."""
    return any(
        mine and mine == theirs
        for sides in _SIDES
        for mine, theirs in [(_signs(claim, sides), _signs(source, sides))]
        if (claim.denied | source.denied) & (sides[0] | sides[1])
    )
