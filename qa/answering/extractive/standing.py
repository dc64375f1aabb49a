"""From sentences that answer the same question at different times: what is true now, and what was.

Two sentences are about the same thing if the reader takes both for answers, both have the words of
the question that the better one has, and what they give is of the same kind: amounts in one unit,
dates, or names. The newest wins. If another source disagrees within `SAME_TIME`, and the newest
does not correct it, both stand.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from qa.answering.extractive.answer_types import NAME, NUMBER, mentions_not_asked
from qa.answering.extractive.one_story import (
    has_another_subject,
    names_another,
    tell_one_story,
)
from qa.answering.extractive.question_analysis import AnswerType, QuestionAnalysis
from qa.answering.extractive.sentence_ranking import Candidate, Ranked, is_dated
from qa.answering.extractive.word_families import akin_to_any
from qa.verification.claims.quantities import find_quantities, same_quantity
from vectorstore.text.acronyms import stems_and_acronyms
from vectorstore.text.dates import DateMention, find_dates
from vectorstore.text.words import FUNCTION_WORDS, WORD, stem, stems_of
from vectorstore.types import ScoredPassage, Span

# Chosen on the development half of seeds/questions-over-time.jsonl.
BEST_READ = 2.0
"""The answer is taken from a sentence whose reading is at most this far below the best one."""
READ_AS_WELL = 8.0
"""Another version of it, from one whose reading is at most this far below that."""
READ_AT_LEAST = -2.5
SAME_WORDS = 0.52
"""Of the question's words in a sentence, another version must have more than this share."""
SURELY_READ, SAME_WORDS_OF_A_HOLDER = 3.0, 0.4
"""The same for a name in a sentence that the reader is this sure of: "leads it", "its director"."""
LESS_CONTEXT = 0.2
"""How much less of the question the text up to a version may cover."""
IN_NO_ARTICLE = 0.999
"""The rarity of a word that no article has."""
MOST_UNKNOWN = 0.33
"""The largest share of the question's words, names aside, that may be in no article."""
OFFICE_WORDS = 0.5
"""A sentence gives a name as the answer if it has more than this share of the question's words."""
SAME_TIME = timedelta(days=2)
MOST_EARLIER = 3

_ASKS_WHETHER = re.compile(
    r"^\W*(?:so |and |but )?(?:is|are|was|were|has|have|does|do|did|can|may|will)\b", re.IGNORECASE
)
_ASKS_FOR_PEOPLE = re.compile(r"^\W*(?:which|what) (?:people|persons?|men|women)\b", re.IGNORECASE)
_OFFICE_LEFT = re.compile(
    r"\b(?:resign(?:s|ed)?|step(?:s|ped)? down|left|leav(?:es|ing)|retir(?:es|ed|ing)|quit|ousted"
    r"|dismissed|former|the late|predecessor|succe(?:eds|eded|ssor to))\b",
    re.IGNORECASE,
)
_OFFICE_TAKEN = re.compile(
    r"\b(?:succeeds?|succeeded|replaces?|replaced|takes? over|took over|taken over)\b",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)
_ASKS_FOR_A_HOLDER = re.compile(
    r"\bwho(?:['’]s| is| was| are| were)(?: now| currently)? "
    r"(?:the |an? |in |\w+['’]s |(?-i:[A-Z])|\w+(?<!ed) of )"
    r"|\bwho(?: currently| now)? (?!is\b|was\b|has\b|does\b)\w+s\b",
    re.IGNORECASE,
)
"""An office has one holder at a time. Those hurt, arrested or elected may be many."""
_OF_ANOTHER_REPORT = re.compile(r"\b(?:article|report|story)\s(?:of|from|on)\s$", re.IGNORECASE)
_ASKS_FOR_A_PART = re.compile(r"\bhow many of\b", re.IGNORECASE)
_PARTITIVE = re.compile(r"\s+of\s+(?:the\s+|its\s+|their\s+|his\s+|her\s+|these\s+|those\s+)?")
_A_PLACE = re.compile(r"\b(?:in|at|near|across)\s$")
"""What precedes the name of a place, not of a person."""
_A_WORD = re.compile(r"[\s-]+(?P<word>[^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Version:
    """What a sentence gives, `candidate.text[value.start:value.end]`, and when it was published."""

    candidate: Candidate
    value: Span
    published: date | None
    source: str | None
    unit: str = ""
    leaves: bool = False
    """Whether the person named is leaving the office, or has left it."""
    succeeds: bool = False
    """Whether the person named succeeds the one named in the sentence before."""

    @property
    def given(self) -> str:
        return self.value.of(self.candidate.text)

    @property
    def says(self) -> str:
        """The words that say what the value is given for."""
        before = self.candidate.before if self.succeeds else ""
        return f"{before} {self.candidate.text}"


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest, several if sources disagree, and the earlier ones, newest first."""

    current: tuple[Version, ...]
    earlier: tuple[Version, ...]


def versions_of(
    question: QuestionAnalysis, order: Sequence[Ranked], passages: Sequence[ScoredPassage]
) -> Versions | None:
    """What the sentences give at different times; None if they all agree, or the question names a
    time."""
    if not order or not _asks_for_one_thing(question):
        return None
    if _ASKS_FOR_PEOPLE.match(question.text):
        question = replace(question, kind=AnswerType.PERSON)
    told = [
        each
        for each in _told(question, order, passages)
        if not names_another(question.text, _up_to(each, passages))
        and not (each.unit != "name" and has_another_subject(question.names, each.candidate.text))
    ]
    anchor = next((each for each in told if _is_about(question, each, passages)), None)
    if anchor is None:
        return None
    story = passages[anchor.candidate.passage]
    told = [e for e in told if tell_one_story(story, passages[e.candidate.passage])]
    same = [
        each
        for each in told
        if each is not anchor and _same_thing(question, each, anchor, passages)
    ]
    chosen = _one_of_each_article([anchor, *same], passages)
    # Stable: within one day, those who do not leave come first, then the best read.
    dated = sorted(
        (each for each in chosen if each.published is not None),
        key=lambda each: (-(each.published or date.min).toordinal(), each.leaves),
    )
    if not dated or dated[0].leaves:
        return None
    newest = dated[0]
    current, earlier = [newest], list[Version]()
    for each in dated[1:]:
        if _article(each, passages) == _article(newest, passages) and not newest.succeeds:
            continue
        if any(_agree(each, other) for other in (*current, *earlier)):
            continue
        (current if _disagree(newest, each, dated) else earlier).append(each)
    if len(current) + len(earlier) < 2:
        return None
    return Versions(tuple(current), tuple(earlier[:MOST_EARLIER]))


def _asks_for_one_thing(question: QuestionAnalysis) -> bool:
    """Whether it asks for what may change, names no past time, and uses words of the articles."""
    who = _ASKS_WHO.search(question.text)
    if is_dated(question.text) or (who and not _ASKS_FOR_A_HOLDER.search(question.text)):
        return False
    asked = {each: w for each, w in question.weights.items() if each not in question.names}
    unknown = sum(weight for weight in asked.values() if weight >= IN_NO_ARTICLE)
    return unknown <= MOST_UNKNOWN * sum(asked.values())


def asks_whether(question: str) -> bool:
    """
    >>> asks_whether("Are the trams running?"), asks_whether("Who is the mayor?")
    (True, False)
    """
    return bool(_ASKS_WHETHER.match(question))


def _told(
    question: QuestionAnalysis, order: Sequence[Ranked], passages: Sequence[ScoredPassage]
) -> Iterator[Version]:
    """What each sentence gives, best read first; none if the best-read sentences give nothing."""
    read = [e.candidate for e in order if e.candidate.reading is not None]
    read.sort(key=lambda each: -(each.reading or 0.0))
    best = None
    for each in read:
        reading = each.reading or 0.0
        if best is None and reading < (read[0].reading or 0.0) - BEST_READ:
            return
        if best is not None and reading < max(best - READ_AS_WELL, READ_AT_LEAST):
            return
        if set(question.weights) - question.names and not _weight(
            question, each.text, question.names
        ):
            continue  # it is about something else concerning the same names
        for version in _given_by(question, each, passages[each.passage]):
            best = reading if best is None else best
            yield version


def _given_by(
    question: QuestionAnalysis, candidate: Candidate, found: ScoredPassage
) -> Iterator[Version]:
    if question.kind is AnswerType.PERSON:
        yield from _named_by(question, candidate, found)
    elif question.kind is AnswerType.TIME:
        when = _date(question, candidate)
        if when is not None:
            yield _version(candidate, found, when, "date")
    elif question.kind in (AnswerType.NUMBER, AnswerType.OTHER) and not asks_whether(question.text):
        number = _number_read(question, candidate)
        if number is not None:
            number = _part_asked(question, candidate.text, number)
            end, unit = _with_unit(question, candidate.text, number)
            if unit:
                yield _version(candidate, found, Span(number.start, end), unit)


def _version(candidate: Candidate, found: ScoredPassage, span: Span, unit: str) -> Version:
    return Version(candidate, span, found.article.published, found.article.source, unit)


def _named_by(
    question: QuestionAnalysis, candidate: Candidate, found: ScoredPassage
) -> Iterator[Version]:
    name = _as_read(candidate, _full_names(question, candidate.text))
    if name is None:
        return
    leaves = bool(_OFFICE_LEFT.search(candidate.text))
    after = _successor(question, candidate, found) if leaves else None
    if after:
        yield replace(_version(after[0], found, after[1], "name"), succeeds=True)
    yield replace(_version(candidate, found, name, "name"), leaves=leaves)


def _number_read(question: QuestionAnalysis, candidate: Candidate) -> Span | None:
    numbers = replace(question, kind=AnswerType.NUMBER)
    return _as_read(candidate, mentions_not_asked(numbers, candidate.text))


def _date(question: QuestionAnalysis, candidate: Candidate) -> Span | None:
    """A date that is the answer, not the date of another report."""
    text = candidate.text
    when = _as_read(candidate, mentions_not_asked(question, text))
    if when is None or not any(each.isdigit() for each in when.of(text)):
        return None
    return None if _OF_ANOTHER_REPORT.search(text[: when.start]) else when


def _part_asked(question: QuestionAnalysis, text: str, number: Span) -> Span:
    """In "nine of the 17 stolen objects", the nine, unless the question is about the 17."""
    spans = [Span(*match.span()) for match in NUMBER.finditer(text)]
    for one, other in pairwise(spans):
        if number not in (one, other) or not _PARTITIVE.fullmatch(text[one.end : other.start]):
            continue
        following = WORD.findall(text[other.end :])[:2]
        if _ASKS_FOR_A_PART.search(question.text):
            return one
        counted = _counted(question)
        asked = [stem(w) for w in following if stem(w) != counted]
        return other if any(akin_to_any(each, question.weights) for each in asked) else one
    return number


def _counted(question: QuestionAnalysis) -> str | None:
    match = re.search(r"\bhow many (?:of \w+(?:['’]s)? )?(?:the )?(\w+)", question.text.lower())
    return stem(match[1]) if match else None


def _with_unit(question: QuestionAnalysis, text: str, number: Span) -> tuple[int, str]:
    """Where the number ends with its unit, and the unit's stem: a currency, "percent", or what is
    counted; "" if there is none."""
    written = number.of(text).lower()
    sign = re.search(r"[$€£¥%]|percent|per cent|dollars|euros|pounds", written)
    if sign:
        return number.end, "%" if sign[0] in ("percent", "per cent") else sign[0].rstrip("s")
    partitive = _PARTITIVE.match(text, number.end)
    at = number.end
    if partitive and (total := NUMBER.match(text, partitive.end())):
        at = total.end()
    words = []
    for _ in range(3):
        match = _A_WORD.match(text, at)
        if match is None or match["word"].lower() in FUNCTION_WORDS:
            break
        words.append((match["word"].lower(), match.end()))
        at = match.end()
    for word, end in words:
        if akin_to_any(stem(word), question.weights):
            return end, stem(word)
    if words:
        return words[0][1], stem(words[0][0])
    counted = _counted(question)
    if counted and counted in stems_of(text):
        return number.end, counted
    return number.end, ""


def _as_read(candidate: Candidate, spans: Iterable[Span]) -> Span | None:
    """The first of these spans of a sentence that overlaps the reader's words."""
    words = candidate.words
    if words is None:
        return None
    return next((e for e in spans if e.start < words.end and words.start < e.end), None)


def _successor(
    question: QuestionAnalysis, candidate: Candidate, found: ScoredPassage
) -> tuple[Candidate, Span] | None:
    """Who takes over an office that somebody leaves, if the next sentence says so."""
    if candidate.number + 1 == len(found.passage.sentences):
        return None
    span = found.passage.sentences[candidate.number + 1]
    text = found.passage.sentence_text(span)
    taken = _OFFICE_TAKEN.search(text)
    names = [e for e in _full_names(question, text) if taken and e.end <= taken.start()]
    if not names:
        return None
    after = replace(
        candidate, number=candidate.number + 1, span=span, text=text, before=candidate.text
    )
    return after, names[0]


def _full_names(question: QuestionAnalysis, text: str) -> list[Span]:
    return [
        span
        for span in mentions_not_asked(question, text)
        if NAME.fullmatch(words := span.of(text))
        and not _A_PLACE.search(text[: span.start])
        and len(WORD.findall(words)) in (2, 3)
        and not any(akin_to_any(stem(w), question.names) for w in WORD.findall(words))
    ]


def _same_thing(
    question: QuestionAnalysis, one: Version, anchor: Version, passages: Sequence[ScoredPassage]
) -> bool:
    """Whether a version is about the same thing as the anchor."""
    if not _units_agree(question, one.unit, anchor.unit):
        return False
    wanted = _weight(question, anchor.says, question.names)
    shared = _weight(question, one.says, question.names, of=anchor.says)
    has = _weight(question, one.says, question.names)
    surely = one.unit == "name" and (one.candidate.reading or 0.0) >= SURELY_READ
    least = SAME_WORDS_OF_A_HOLDER if surely else SAME_WORDS
    if wanted and shared <= least * wanted and has < wanted:
        return False
    # The same story may use other words later: only those of the question count.
    total = sum(question.weights.values()) or 1.0
    covered, here = (
        _weight(question, _up_to(each, passages), question.names) / total for each in (anchor, one)
    )
    return here >= covered - LESS_CONTEXT


def _is_about(
    question: QuestionAnalysis, version: Version, passages: Sequence[ScoredPassage]
) -> bool:
    """Whether a version's article names what the question names and, if a person is asked for, its
    sentence has enough of the question's other words."""
    context = stems_and_acronyms(_up_to(version, passages))
    if not all(akin_to_any(each, context) for each in question.names & set(question.weights)):
        return False
    asked = sum(w for each, w in question.weights.items() if each not in question.names)
    said = _weight(question, version.says, question.names)
    return question.kind is not AnswerType.PERSON or said > OFFICE_WORDS * asked


def _weight(
    question: QuestionAnalysis, text: str, without: frozenset[str], of: str | None = None
) -> float:
    """The summed rarity of the question's words in a text; with `of`, only of those in both."""
    stems = frozenset(stems_of(text))
    limit = None if of is None else frozenset(stems_of(of))
    return sum(
        weight
        for each, weight in question.weights.items()
        if each not in without
        and akin_to_any(each, stems)
        and (limit is None or akin_to_any(each, limit))
    )


def _up_to(version: Version, passages: Sequence[ScoredPassage]) -> str:
    """The title, and the passage up to the end of the sentence."""
    found = passages[version.candidate.passage]
    end = version.candidate.span.end - found.passage.start
    return f"{found.article.title}\n{found.passage.text[:end]}"


def _units_agree(question: QuestionAnalysis, one: str, other: str) -> bool:
    return one == other or (
        akin_to_any(one, question.weights) and akin_to_any(other, question.weights)
    )


def _one_of_each_article(
    versions: Iterable[Version], passages: Sequence[ScoredPassage]
) -> list[Version]:
    """The best-read version of each article; for names, one who leaves and one who does not."""
    kept: dict[tuple[str, bool], Version] = {}
    for each in versions:
        kept.setdefault((_article(each, passages), each.leaves), each)
    return list(kept.values())


def _article(version: Version, passages: Sequence[ScoredPassage]) -> str:
    return passages[version.candidate.passage].article.id


def _agree(one: Version, other: Version) -> bool:
    """Whether both give the same value."""
    if one.unit == "name":
        return bool(set(stems_of(one.given)) & set(stems_of(other.given)))
    if one.unit == "date":
        days, others = find_dates(one.given), find_dates(other.given)
        return len(days) == len(others) > 0 and all(map(_may_be_one_day, days, others))
    ours, theirs = (find_quantities(_number_in(each.given)) for each in (one, other))
    if not ours or not theirs:
        return one.given.lower() == other.given.lower()
    return same_quantity(ours[0], theirs[0]) or same_quantity(theirs[0], ours[0])


def _may_be_one_day(one: DateMention, other: DateMention) -> bool:
    """Whether nothing that both state differs."""
    same_years = not one.years or not other.years or bool(one.years & other.years)
    return same_years and (one.month, one.day) == (other.month, other.day)


def _number_in(given: str) -> str:
    """The number without its unit: "One of" would not be read as a number."""
    match = NUMBER.match(given)
    return match[0] if match else given


def _disagree(newest: Version, other: Version, dated: Sequence[Version]) -> bool:
    """Whether another source disagrees at about the same time, and is not corrected."""
    if newest.published is None or other.published is None or other.source == newest.source:
        return False
    latest = next(each for each in dated if each.source == other.source)
    return (
        latest is other
        and newest.published - other.published <= SAME_TIME
        and other.given not in newest.candidate.text
    )
