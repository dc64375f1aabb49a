"""Whether the articles mention what a question asks for: a treasurer, or only a chairman.

A reader takes "its chairman, Walter Brask" for an answer to "Who is the treasurer?", because the
question asks for a name. So the thing asked for must be named where the rest of the question is: in
the same words, or in others that mean about the same to the embedding model.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.answering.extractive.question_analysis import QuestionAnalysis
from qa.answering.extractive.sentence_ranking import Ranked
from qa.answering.extractive.word_families import akin_to_any
from vectorstore.text.acronyms import stems_and_acronyms
from vectorstore.text.dates import CALENDAR_WORDS
from vectorstore.text.words import FUNCTION_WORDS, WORD, stem, stems_of
from vectorstore.types import ScoredPassage, Vectors

Embed = Callable[[Sequence[str]], Vectors]

NAMES_AN_OFFICE, NAMES_WHAT_IS_COUNTED = 0.715, 0.66
"""The least cosines at which words name what is asked for. Chosen on the development questions over
the stories, those of the sample collection, and NewsQA's: there, 1 of 110 is declined."""
SENTENCES = 5
"""How many of the best sentences are compared."""
AT_ONCE = 16
"""How many runs of words are embedded in one call: few enough not to need torch."""
MOST_WORDS = 3
"""The longest run that is compared, in words."""

_AUXILIARY = r"(?:is|are|was|were|has|had|have|can|could|will|would|may|might|should|does|do|did)"
_COUNTS = re.compile(r".*\bhow many\b", re.IGNORECASE)
_PREPOSITION = r"(?:of|at|for|in|on|from|by|that|who|when|to|over|with|during|after|since|as|under)"
_ASKS_FOR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"^\W*(?:so |and |but )?who(?:['’]s| is| are| was| were)(?: now| currently)?"
            rf" (?:the|.+['’]s?) (?P<thing>[^,?]+?)(?: {_PREPOSITION}\b.*)?\W*$"
        ),
        (
            rf"\bhow many (?P<thing>(?:(?!{_AUXILIARY}\b|of\b)[\w-]+ ){{1,2}}?(?:of [\w-]+ )?)"
            rf"{_AUXILIARY}\b"
        ),
    )
)


@dataclass(frozen=True, slots=True)
class NotNamed:
    """What a question asks for but no article names, in the question's words."""

    thing: str


def thing_asked_for(question: str) -> str | None:
    """The office, or what is to be counted; None if no pattern finds it.

    >>> thing_asked_for("Who is the chief financial officer of Aldana Pharma?")
    'chief financial officer'
    >>> thing_asked_for("How many tonnes of pears does Fennway buy?")
    'tonnes of pears'
    >>> thing_asked_for("Who resigned?") is None
    True
    """
    for pattern in _ASKS_FOR:
        match = pattern.search(question)
        if match is None:
            continue
        thing: str = match["thing"].strip()
        words = _telling(thing)
        if 0 < len(words) <= MOST_WORDS and not words[-1][0].isupper():
            return thing
    return None


def not_named(
    question: QuestionAnalysis,
    order: Sequence[Ranked],
    passages: Sequence[ScoredPassage],
    embed: Embed,
) -> NotNamed | None:
    """What the question asks for, if no passage with all of its names has the words for it, and the
    best sentences of those passages have no similar ones.

    None if no passage has all the names: the article may use others.
    """
    thing = thing_asked_for(question.text)
    if thing is None:
        return None
    texts = [_text(found) for found in passages]
    about = [place for place, text in enumerate(texts) if _has_names(question, text)]
    best = [e.candidate for e in order if e.candidate.passage in about][:SENTENCES]
    if not best:
        return None
    asked = stem(_telling(thing)[-1])
    for place in about:
        for sentence in (passages[place].article.title, *_sentences(passages[place])):
            if akin_to_any(asked, stems_of(sentence)):
                return None
    runs = sorted({run for each in best for run in _runs(each.text)})
    enough = NAMES_WHAT_IS_COUNTED if _COUNTS.match(question.text) else NAMES_AN_OFFICE
    wanted = embed([thing.lower()])[0]
    like = any(
        float((embed(runs[at : at + AT_ONCE]) @ wanted).max()) >= enough
        for at in range(0, len(runs), AT_ONCE)
    )
    return None if like else NotNamed(thing)


def _sentences(found: ScoredPassage) -> list[str]:
    return [found.passage.sentence_text(span) for span in found.passage.sentences]


def _text(found: ScoredPassage) -> str:
    return f"{found.article.title}. {found.passage.text}"


def _has_names(question: QuestionAnalysis, text: str) -> bool:
    stems = stems_and_acronyms(text)
    named = (e for e in question.names if not e[0].isdigit() and e not in _CALENDAR)
    return all(akin_to_any(each, stems) for each in named)


_CALENDAR = frozenset(stem(word) for word in CALENDAR_WORDS)


def _telling(phrase: str) -> list[str]:
    return [word for word in WORD.findall(phrase) if word.lower() not in FUNCTION_WORDS]


def _runs(text: str) -> Iterator[str]:
    """Runs of up to `MOST_WORDS` words that neither begin nor end with a function word."""
    words = [word.lower() for word in WORD.findall(text)]
    for length in range(1, MOST_WORDS + 1):
        for start in range(len(words) - length + 1):
            run = words[start : start + length]
            if run[0] not in FUNCTION_WORDS and run[-1] not in FUNCTION_WORDS:
                yield " ".join(run)
