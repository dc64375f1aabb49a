"""The closed classes of English words that the rules use, and what a reference is."""

from dataclasses import dataclass
from typing import Literal

from qa.verification.claims.tokens import words_of
from vectorstore.text.words import FUNCTION_WORDS

BE = words_of("is are was were be been being am isn't aren't wasn't weren't")
AUXILIARIES = BE | words_of(
    """
    do does did has have had can could will would shall should may might must
    don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't shouldn't
    """
)
DO = words_of("do does did don't doesn't didn't")
INTERROGATIVES = words_of("who whom whose what which when where why how")
SUBORDINATORS = words_of(
    """
    that whether if when why how because since while before after until unless once although
    though as than who whom which whose where what
    """
)
COORDINATORS = words_of("and but or")
DETERMINERS = words_of(
    """
    a an the this that these those some any no each every either neither another which what whose
    my your our his her its their
    """
)
PREPOSITIONS = words_of(
    """
    about above across after against along among around at before behind below between beyond by
    down during for from in inside into near of off on onto out outside over since through
    throughout to toward towards under until up upon via with within without
    """
)
# Words that say little on their own. A question of these and one other word is about something
# said before.
LIGHT_WORDS = FUNCTION_WORDS | words_of("happen happened happens exactly else ok okay really")
PERSONS = words_of("judge man woman boy girl senator lawyer player singer author actor actress")
THINGS = words_of(
    """
    company firm exchange agency regulator group association bank fund lender court party team club
    country state city town island region
    """
)

Kind = Literal["person", "thing", "several", "event"]
"""What a reference is to: he, it, they; an "event" is what happened or was said."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A stretch of a question that points outside it.

    `is_object` is true of "them" in "Did the SEC sue them?"; `definite` of "the company", which is
    not a pronoun.
    """

    start: int
    end: int
    kind: Kind
    possessive: bool = False
    is_object: bool = False
    definite: bool = False
