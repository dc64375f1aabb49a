"""Analyses a question: the type of answer it asks for, and its content words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vectorstore.text.words import WORD, content_words, stem

# Words that ask, but do not say what about.
ASKING = frozenset({"many", "much", "name", "happened", "happen"})


class AnswerType(StrEnum):
    """The type of answer that a question asks for, judged by its words."""

    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    NUMBER = "number"
    REASON = "reason"
    OTHER = "other"


_ASKS = re.compile(r"\b(?:what|which|how|who(?:m|se)?|when|where|why)\b")
# The first that matches at the question's first question word decides.
_KINDS: tuple[tuple[AnswerType, re.Pattern[str]], ...] = (
    (
        AnswerType.NUMBER,
        re.compile(
            r"\bhow (?:many|much|old|long|far|big|large|tall|fast|often|high|deep|heavy)\b"
            r"|\bwhat (?:is |was |were |are )?(?:the )?(?:number|percent|percentage|age|amount"
            r"|size|total|cost|price|population|length|height|weight|speed|value)\b"
        ),
    ),
    (
        AnswerType.TIME,
        re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|decade|century)\b"),
    ),
    (
        AnswerType.PLACE,
        re.compile(
            r"\bwhere\b|\b(?:what|which) (?:city|country|state|place|town|county|location|region"
            r"|province|area|island|continent|nation|countries|cities|states)\b"
        ),
    ),
    (AnswerType.PERSON, re.compile(r"\bwho(?:m|se|'s|’s)?\b")),
    (
        AnswerType.REASON,
        re.compile(r"\bwhy\b|\bhow come\b|\bwhat (?:is|was|were|are) the reasons?\b"),
    ),
)


def answer_type_of(question: str) -> AnswerType:
    """
    >>> answer_type_of("In what year did Coinbase leave?")
    <AnswerType.TIME: 'time'>
    >>> answer_type_of("Who left when it closed?")
    <AnswerType.PERSON: 'person'>
    >>> answer_type_of("What happened when it closed?")
    <AnswerType.OTHER: 'other'>
    """
    asked = question.lower()
    first = _ASKS.search(asked)
    if first is None:
        return AnswerType.OTHER
    found = (kind for kind, pattern in _KINDS if pattern.match(asked, first.start()))
    return next(found, AnswerType.OTHER)


def topic_words(question: str) -> list[str]:
    """The question's content words without duplicates; all of its words if it has none."""
    telling = dict.fromkeys(word.lower() for word in content_words(question))
    words = [word for word in telling if word not in ASKING]
    return words or list(dict.fromkeys(word.lower() for word in WORD.findall(question)))


@dataclass(frozen=True, slots=True)
class QuestionAnalysis:
    """The features of a question that sentences are compared with.

    `weights` are the rarities of its content words, by stem; `names` the stems of its proper names
    and numbers.
    """

    text: str
    kind: AnswerType
    weights: Mapping[str, float]
    names: frozenset[str]

    @classmethod
    def of(cls, question: str, rarities: Mapping[str, float]) -> "QuestionAnalysis":
        """`rarities` are those of the question's `topic_words`."""
        words = WORD.findall(question)
        names = {
            stem(word)
            for word in content_words(question)
            if (word != words[0] and word[0].isupper()) or word[0].isdigit()
        }
        return cls(
            text=question,
            kind=answer_type_of(question),
            weights={stem(word): weight for word, weight in rarities.items()},
            names=frozenset(names),
        )

    def weight_in(self, stems: frozenset[str]) -> float:
        """The summed rarity of the content words among `stems`."""
        return sum(weight for each, weight in self.weights.items() if each in stems)

    @property
    def weight(self) -> float:
        """The summed rarity of all content words."""
        return sum(self.weights.values())

    def share_in(self, stems: frozenset[str]) -> float:
        return self.weight_in(stems) / self.weight if self.weight else 0.0

    def missing_names(self, stems: frozenset[str]) -> float:
        """The summed rarity of the proper names and numbers that are not among `stems`."""
        return sum(
            weight
            for each, weight in self.weights.items()
            if each in self.names and each not in stems
        )
