"""Ranks the sentences of passages as answers, and says whether any of them answers the question.

The reader counts for most. What the article says around a sentence, the words of the question, and
whether a sentence has what is asked for, such as a time or a name, add a little.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answering.extractive.answer_types import gives_a_reason, mentions_not_asked
from qa.answering.extractive.definitions import defined_thing, defines
from qa.answering.extractive.question_analysis import AnswerType, QuestionAnalysis
from qa.answering.extractive.quotation import is_prose, refers_back
from vectorstore.reranking import lateness
from vectorstore.text.acronyms import known_as
from vectorstore.text.words import stems_of
from vectorstore.types import ArticleInfo, ScoredPassage, Span

# A conditional logit, fitted on the development half of NewsQA's questions and the sentences of the
# passages read.
READING, PRIOR, WORDS = 0.37, 3.2, 1.66
ARTICLE_PRIOR, ARTICLE_WORDS, ARTICLE_MISSING_NAMES = 3.4, 2.4, -1.5
OF_THE_TYPE, NOT_OF_THE_TYPE = 0.53, -0.63
LATER = -0.14
"""The weight of `lateness`, a quarter of what was fitted: more helps there, but harms on the sample
collection."""
DEFINES = 2.0
"""For a sentence that defines what is asked: about as much as readings differ."""
NOT_READ = -4.0
"""The log-odds assumed for a sentence of a passage that was not read."""

# Fitted on the same questions with and without their article in the index. WORDS weighs the
# question's words that the best sentence has, TOLD and UNTOLD those that its article has and lacks.
ANSWERABLE_BIAS, ANSWERABLE_READING = -5.42, 0.125
ANSWERABLE_PRIOR, ANSWERABLE_WORDS = 3.5, 0.99
ANSWERABLE_TOLD, ANSWERABLE_UNTOLD, ANSWERABLE_MISSING_NAMES = 1.66, -0.63, -1.14
ANSWERABLE_FROM = 0.21
"""The least probability for a question to be answered: 12% of the answerable questions in NewsQA's
development half are below it."""

NEXT_BEST = 0.85
"""A further sentence is quoted if its score is at most this far below the best one's."""
NEXT_REASON = NEXT_BEST + WORDS
"""The same for the sentence after the best one, if it may give the reason: it need not have the
question's words."""
NEXT_LISTED = 1.5
"""The same if several things are asked for."""
NEXT_LISTED_ELSEWHERE = 2.5
"""The same for the best sentence of another article. Chosen on 19 questions for several things, on
the development stories and the sample collection: .88 of what is expected is quoted, not .78."""
NEWEST_WITHIN = 1.0
"""A question about now is answered by the newest of the sentences within this of the best one."""

_NOW = re.compile(
    r"\b(?:now|currently|current|still|today|latest|newest|most recent(?:ly)?|these days|at present"
    r"|so far|by now|nowadays)\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"^\W*(?:so |and )?(?:who|what|where|when|which \w+|how \w+(?: \w+)?)"
    r"(?:['’]s| (?:is|are|has|have|does|do|will|can|may|must))\b"
    r"|^\W*(?:so |and )?who (?:now |currently )?(?!was\b)[a-z]+s\b"
    r"|^\W*(?:is|are|does|do|has|have|will|can|may|must)\b",
    re.IGNORECASE,
)
_PLURAL = (
    r"(?:of the )?(?:(?!(?:is|was|does|has|did|will|would|can|could|made|makes)\b)[a-z]\w+ )??"
    r"(?!(?:was|does|has)\b)[a-z]\w+[^\Wsui]s\b(?! (?:is|was|does|has)\b)"
)
# After "what", a word that ends in s may be the verb: "What causes inflation?"
_SEVERAL = re.compile(
    rf"^\W*(?:(?:so|and|in|of|by|at|for|with) )*(?:which {_PLURAL}"
    rf"|what {_PLURAL}(?= (?:are|were|have|had|did|do|will|would|can|could|may|must|\w+ed)\b)"
    r")|^\W*who (?:all|else|has|have|are)\b",
    re.IGNORECASE,
)
_DATED = re.compile(r"\b(?:1[89]|20)\d\d\b|\bat the time\b|\bback then\b", re.IGNORECASE)
_AS_OF = re.compile(r"\bas of\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Sentence `number` of a passage; `passage` is the passage's index in the search results."""

    passage: int
    number: int
    article: ArticleInfo
    span: Span
    text: str
    before: str
    """The sentence before it in the passage."""
    stems: tuple[str, ...]
    """Of its words, and of what its names are also known as: "SEC"."""
    reading: float | None
    """The reader's log-odds that it answers; None if it was not read."""
    prior: float
    """The passage's search score."""
    words: Span | None = None
    """The words of `text` that the reader takes for the answer, if it has one; None if unknown."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate and its score: log-odds up to a constant, comparable for one question only."""

    candidate: Candidate
    score: float


def candidates_of(passages: Sequence[ScoredPassage]) -> list[Candidate]:
    """The sentences that state something, in order: no headings, no questions.

    A sentence in two passages is taken from the one where the reader scores it higher.
    """
    found: dict[tuple[str, Span], Candidate] = {}
    for index, each in enumerate(passages):
        title = each.article.title
        for number, span in enumerate(each.passage.sentences):
            text = each.passage.sentence_text(span)
            is_title = text.strip("# ") == title and text[-1] not in '.!?”"'
            if is_title or not is_prose(text):
                continue
            candidate = Candidate(
                index,
                number,
                each.article,
                span,
                text,
                each.passage.sentence_text(each.passage.sentences[number - 1]) if number else "",
                (*stems_of(text), *known_as(text)),
                each.reading.sentences[number] if each.reading else None,
                each.prior,
                words_read(each, number),
            )
            other = found.get((each.article.id, span))
            if other is None or _read(candidate) > _read(other):
                found[each.article.id, span] = candidate
    return list(found.values())


def words_read(found: ScoredPassage, number: int) -> Span | None:
    """The words of sentence `number` that the reader picks, as a range of the sentence."""
    if not (found.reading and found.reading.words):
        return None
    words = found.reading.words[number]
    shift = found.passage.start - found.passage.sentences[number].start
    return words and Span(words.start + shift, words.end + shift)


@dataclass(frozen=True, slots=True)
class ArticleFound:
    """What is known of an article from those of its passages that were found."""

    stems: frozenset[str]
    """Of their sentences, of its title and of the month of publication."""
    prior: float
    """The search score of the best of them."""


def articles_found(candidates: Sequence[Candidate]) -> dict[str, ArticleFound]:
    """The candidates' articles, by id."""
    told: dict[str, list[Candidate]] = {}
    for each in candidates:
        told.setdefault(each.article.id, []).append(each)
    return {
        id: ArticleFound(
            frozenset(stem for each in found for stem in each.stems).union(
                stems_of(_heading(found[0].article))
            ),
            max(each.prior for each in found),
        )
        for id, found in told.items()
    }


def _heading(article: ArticleInfo) -> str:
    return f"{article.title} {article.published:%B %Y}" if article.published else article.title


def ranked(question: QuestionAnalysis, candidates: Sequence[Candidate]) -> list[Ranked]:
    """The candidates, best first."""
    thing = defined_thing(question.text)
    of_articles = {
        id: _article_score(question, found) for id, found in articles_found(candidates).items()
    }
    return sorted(
        (
            Ranked(each, of_articles[each.article.id] + _sentence_score(question, thing, each))
            for each in candidates
        ),
        key=lambda each: -each.score,
    )


def _article_score(question: QuestionAnalysis, article: ArticleFound) -> float:
    return (
        ARTICLE_PRIOR * article.prior
        + ARTICLE_WORDS * question.share_in(article.stems)
        + ARTICLE_MISSING_NAMES * question.missing_names(article.stems)
    )


def _sentence_score(question: QuestionAnalysis, thing: str | None, candidate: Candidate) -> float:
    """`thing` is what the question asks to have defined."""
    return (
        READING * _read(candidate)
        + PRIOR * candidate.prior
        + WORDS * question.share_in(_stems_said(thing, candidate))
        + _of_the_type(question, candidate.text)
        + LATER * lateness(candidate.span.start)
        + DEFINES * _defines(thing, candidate)
    )


def _defines(thing: str | None, candidate: Candidate) -> bool:
    return thing is not None and defines(thing, candidate.text, candidate.before)


def _stems_said(thing: str | None, candidate: Candidate) -> frozenset[str]:
    """The stems of the sentence; for a definition by a pronoun, also those of the one before it."""
    before = stems_of(candidate.before) if _defines(thing, candidate) else ()
    return frozenset((*candidate.stems, *before))


def _of_the_type(question: QuestionAnalysis, sentence: str) -> float:
    """The weight of having, or lacking, what the question asks for."""
    if question.kind is AnswerType.OTHER:
        return 0.0
    if question.kind is AnswerType.REASON:
        has = gives_a_reason(sentence)
    else:
        has = any(True for _ in mentions_not_asked(question, sentence))
    return OF_THE_TYPE if has else NOT_OF_THE_TYPE


def probability_of_answer(question: QuestionAnalysis, order: Sequence[Ranked]) -> float:
    """That the articles answer the question, by a logistic regression."""
    best = order[0].candidate
    of_its_article = [e.candidate for e in order if e.candidate.article.id == best.article.id]
    told = articles_found(of_its_article)[best.article.id].stems
    weight = question.weight_in(told)
    log_odds = (
        ANSWERABLE_BIAS
        + ANSWERABLE_READING * _read(best)
        + ANSWERABLE_PRIOR * best.prior
        + ANSWERABLE_WORDS * question.share_in(_stems_said(defined_thing(question.text), best))
        + ANSWERABLE_TOLD * weight
        + ANSWERABLE_UNTOLD * (question.weight - weight)
        + ANSWERABLE_MISSING_NAMES * question.missing_names(told)
    )
    return 1 / (1 + math.exp(-log_odds))


def newest_first(question: str, order: Sequence[Ranked]) -> list[Ranked]:
    """The order; for a question about now, with the newest of the best first."""
    if not asks_about_now(question):
        return list(order)
    near = [each for each in order if order[0].score - each.score <= NEWEST_WITHIN]
    # Stable: within one day, the best stays first.
    dated = sorted(near, key=lambda each: _published(each.candidate.article), reverse=True)
    return [*dated, *order[len(near) :]]


def asks_for_several(question: str) -> bool:
    """
    >>> asked = ("Which banks failed?", "Who has led it?", "Which bank is it?")
    >>> [asks_for_several(each) for each in asked]
    [True, True, False]
    """
    return bool(_SEVERAL.search(question))


def asks_about_now(question: str) -> bool:
    """
    >>> asks_about_now("Who is the chief executive of Celsius?")
    True
    >>> asks_about_now("When will it open?"), asks_about_now("Who chairs the board?")
    (True, True)
    >>> asks_about_now("Who was the chief executive in 2022?")
    False
    """
    if is_dated(question):
        return False
    return bool(_AS_OF.search(question) or _NOW.search(question) or _PRESENT.search(question))


def is_dated(question: str) -> bool:
    """Whether a question names a past time, rather than a day to answer as of.

    >>> [is_dated(e) for e in ("Who led it in 2022?", "Who leads it as of May 2022?")]
    [True, False]
    """
    return bool(_DATED.search(question)) and not _AS_OF.search(question)


def worth_quoting(order: Sequence[Ranked], *, several: bool) -> list[Candidate]:
    """The best, and those close to it; if the question asks for several, also those further off,
    and the best of each other article."""
    near, elsewhere = (NEXT_LISTED, NEXT_LISTED_ELSEWHERE) if several else (NEXT_BEST, NEXT_BEST)
    worth: list[Candidate] = []
    articles: set[str] = set()
    for each in order:
        behind = order[0].score - each.score
        article = each.candidate.article.id
        if behind <= near or (behind <= elsewhere and article not in articles):
            worth.append(each.candidate)
            articles.add(article)
    return worth


def goes_on(order: Sequence[Ranked]) -> bool:
    """Whether the sentence after the best one goes on about the same thing: it refers back to it,
    or is nearly as good an answer."""
    best = order[0].candidate
    return any(
        (each.candidate.passage, each.candidate.number) == (best.passage, best.number + 1)
        and (refers_back(each.candidate.text) or order[0].score - each.score <= NEXT_REASON)
        for each in order
    )


def _published(article: ArticleInfo) -> str:
    return article.published.isoformat() if article.published else ""


def _read(candidate: Candidate) -> float:
    return NOT_READ if candidate.reading is None else candidate.reading
