"""Finds times, numbers, names and places in a sentence by pattern."""

import re
from collections.abc import Iterator

from qa.answering.extractive.question_analysis import AnswerType, QuestionAnalysis
from vectorstore.text.dates import CALENDAR_WORDS, find_times
from vectorstore.text.words import FUNCTION_WORDS, WORD, stem
from vectorstore.types import Span

_DIGIT_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundreds?|thousands?|millions?|billions?|dozens?)"
)
_SCALE = r"(?:hundred|thousand|million|billion|trillion|dozen|bn|m)"

NUMBER = re.compile(
    rf"(?:(?:US|A|C)?[$€£]\s?)?\d[\d,]*(?:\.\d+)?(?:\s?%|[ -]{_SCALE}\b)?"
    r"(?:\s+(?:percent|per\s+cent|dollars|euros|pounds)\b)?"
    rf"|\b{_DIGIT_WORD}(?:[ -]{_DIGIT_WORD})*(?:\s+(?:percent|per\s+cent|dollars)\b)?\b",
    re.IGNORECASE,
)
_NAME_WORD = r"[A-Z][\w’'&-]*(?:\.[A-Z]\w+)*"
NAME = re.compile(
    rf"(?:{_NAME_WORD}|[A-Z]\.)"
    rf"(?:(?:\s+(?:of\s+the|of|de|van|von|bin|al|el|da|la)\s+|\.?\s+)(?:{_NAME_WORD}|[A-Z]\.))*"
)
PLACE = re.compile(
    r"\b(in|at|from|near|to|outside|into|across|off|around|inside|toward|towards)\s+"
    r"((?:(?:the|a|an)\s+)?(?:(?:south|north|east|west|central)\w*\s+"
    r"|(?:city|town|state|province|village|capital)\s+of\s+)?"
    rf"{_NAME_WORD}(?:(?:,\s+|\s+of\s+|\s+){_NAME_WORD})*)"
)

_REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|as a result|in order to|so that|so as to|since|after"
    r"|following|for fear|in response to|over|amid|in protest|caused|led to"
    r"|to (?!(?:the|an?|his|her|its|their)\b)[a-z]+)\b",
    re.IGNORECASE,
)


def gives_a_reason(sentence: str) -> bool:
    """Whether a sentence has a word that often introduces a reason.

    >>> [gives_a_reason(e) for e in ("It left in protest.", "He came to pay.", "It left it.")]
    [True, True, False]
    """
    return bool(_REASON.search(sentence))


def mentions_not_asked(analysis: QuestionAnalysis, sentence: str) -> Iterator[Span]:
    """Mentions in `sentence` of the type asked for, except those already in the question."""
    asked = analysis.text.lower()
    if analysis.kind is AnswerType.PERSON:
        yield from _new_names(analysis, sentence)
    elif analysis.kind is AnswerType.PLACE:
        for match in PLACE.finditer(sentence):
            first = match[2].lower().removeprefix("the ").split(None, 1)[0]
            if match[2].lower() not in asked and first not in CALENDAR_WORDS:
                yield Span(*match.span(2))
    elif analysis.kind in (AnswerType.TIME, AnswerType.NUMBER):
        found = (
            find_times(sentence)
            if analysis.kind is AnswerType.TIME
            else [Span(*match.span()) for match in NUMBER.finditer(sentence)]
        )
        for span in found:
            if not re.search(rf"(?<!\w){re.escape(span.of(sentence).lower())}(?!\w)", asked):
                yield span


def _new_names(analysis: QuestionAnalysis, sentence: str) -> Iterator[Span]:
    for match in NAME.finditer(sentence):
        words = list(WORD.finditer(match[0]))
        while words and words[0][0].lower() in FUNCTION_WORDS | OPENERS:
            del words[0]
        if not words or words[0][0].lower() in CALENDAR_WORDS:
            continue
        if any(stem(word[0]) in analysis.weights for word in words) and len(words) < 4:
            continue
        start = match.start() + words[0].start()
        # A single capitalised word that opens a sentence is not a name.
        if start == 0 and len(words) == 1 and words[0][0].lower() in OPENERS:
            continue
        yield Span(start, match.start() + words[-1].end())


OPENERS = frozenset(
    """according although while after before when if but officials police authorities meanwhile
    however still some many most more yes another several other others each two three four five
    both all today earlier later now one people critics analysts lawyers prosecutors regulators
    cnn reuters ap""".split()
)
