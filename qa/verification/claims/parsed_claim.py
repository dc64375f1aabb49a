"""A sentence parsed into everything that can be compared, each part on demand."""

import re
from datetime import date
from functools import cached_property

from qa.verification.claims.entities import TITLES, Entity, EntityForms, find_entities
from qa.verification.claims.negation import Polarity, read_polarity
from qa.verification.claims.quantities import Quantity, find_quantities
from qa.verification.claims.semantic_roles import Role, find_roles
from qa.verification.claims.tokens import base_stem, content_stems, find_words
from vectorstore.text.dates import DateMention, find_dates, implied_dates, on_day
from vectorstore.text.words import FUNCTION_WORDS

_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{2,}?)[\"“”»]")
_CLAUSE = re.compile(
    r"[;:—–]\s|,\s(?:(?:and|but|while|which|who|whose|where|after|before|because|when|as|with|"
    r"though|although)\s)?|\s(?:and|but|while|after|before|because|although)\s"
)
_ANAPHOR = re.compile(
    r"\b(?:he|she|it|they|his|her|its|their|him|them|this|these|that|those|both|the|who|which|"
    r"there|then|another|one)\b",
    re.IGNORECASE,
)
_TYING = frozenset("of in for at from by with".split())
_AGENTLESS = re.compile(
    r"\b(?:is|are|was|were|been|being)\s(?:\w+ly\s)?\w+(?:ed|en)\b(?!\sby)", re.IGNORECASE
)
_ENDING = re.compile(r"[.!?…,;:]+(?=[\"”»])|[.!?…,;:]+$")


Fact = Entity | DateMention | Quantity


class ParsedClaim:
    """What a sentence states. `usual` are words that are not names when they open a sentence."""

    def __init__(
        self,
        text: str,
        *,
        usual: frozenset[str] = frozenset(),
        published: date | None = None,
        year_before: int | None = None,
    ) -> None:
        self.text = text
        self._usual = usual
        self._published = published
        self._year_before = year_before

    @cached_property
    def names(self) -> list[Entity]:
        return find_entities(self.text, self._usual)

    @cached_property
    def dates(self) -> list[DateMention]:
        return find_dates(self.text)

    @cached_property
    def known_dates(self) -> list[DateMention]:
        """The dates stated or implied by the day of publication; that day itself if there are
        none."""
        if self._published is None:
            return self.dates
        implied = implied_dates(self.text, self._published, self._year_before)
        return [*self.dates, *implied] if self.dates or implied else [on_day(self._published)]

    @cached_property
    def quantities(self) -> list[Quantity]:
        inside_names = [
            n.span for n in self.names if len(n.words) > 1 or any(c.isdigit() for c in n.text)
        ]
        return find_quantities(self.text, [*(d.span for d in self.dates), *inside_names])

    @property
    def facts(self) -> list[Fact]:
        return [*self.names, *self.dates, *self.quantities]

    @cached_property
    def all_names(self) -> EntityForms:
        return EntityForms(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(content_stems(self.text))

    @cached_property
    def plain_stems(self) -> frozenset[str]:
        """Stems of the words outside names, dates and numbers."""
        taken = [fact.span for fact in self.facts]
        return frozenset(
            base_stem(word.folded)
            for word in find_words(self.text)
            if word.folded not in FUNCTION_WORDS
            and not word.text[0].isdigit()
            and not any(s.start <= word.start < s.end for s in taken)
        )

    @cached_property
    def stance(self) -> Polarity:
        return read_polarity(self.text)

    @cached_property
    def parts(self) -> list[Role]:
        return find_roles(self.text, self.names)

    @cached_property
    def quotations(self) -> list[str]:
        """Quotations of at least three words; shorter ones are mostly nicknames."""
        return [m for m in _QUOTED.findall(self.text) if len(m.split()) >= 3]

    @cached_property
    def clauses(self) -> list[str]:
        """The clauses of the sentence, split at punctuation and conjunctions."""
        pieces = [piece.strip() for piece in _CLAUSE.split(self.text) if piece and piece.strip()]
        clauses: list[str] = []
        for piece in pieces:
            if (clauses and len(content_stems(piece)) < 3) or (
                clauses and len(content_stems(clauses[-1])) < 3
            ):
                clauses[-1] += f", {piece}"
            else:
                clauses.append(piece)
        return clauses

    @property
    def refers_back(self) -> bool:
        """Whether it refers to an earlier sentence, or leaves out the agent, as in "was sued"."""
        return bool(_ANAPHOR.search(self.text) or _AGENTLESS.search(self.text))

    @cached_property
    def subject(self) -> Entity | None:
        """The entity that opens the sentence, after function words and titles at most."""
        first = next(iter(self.names), None)
        if first is None:
            return None
        opening = self.text[: first.start].rpartition(",")[2]
        # "The founder of FTX" is not FTX; "President Biden" is Biden.
        return (
            first
            if all(
                (w.folded in FUNCTION_WORDS and w.folded not in _TYING)
                or (w.folded in TITLES and w.text[0].isupper())
                for w in find_words(opening)
            )
            else None
        )


def plain_quote(text: str) -> str:
    """A quotation normalised for comparison: case, spacing and typographic marks removed."""
    bare = text.translate(
        {0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2014: "-", 0x2013: "-"}
    )
    return " ".join(_ENDING.sub("", bare.strip()).casefold().split())
