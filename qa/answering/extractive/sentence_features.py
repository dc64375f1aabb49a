"""Features of the sentences found: which of them answer a question, and whether any does."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.answering.extractive.answer_types import matches_answer_type
from qa.answering.extractive.question_analysis import QuestionAnalysis
from vectorstore.text.words import stems_of
from vectorstore.types import ScoredPassage, Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage. `passage` is the index of that passage among those found."""

    passage: int
    span: Span
    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """How well a sentence fits a question. All in [0, 1] but `similarity`, a cosine."""

    words: float
    """Share of the question's content words, weighted by rarity, that the sentence has."""
    words_with_previous: float
    """The same for the sentence together with the one before it in the passage."""
    words_of_passage: float
    """The same for the whole passage."""
    pairs: float
    """Share of the question's adjacent word pairs that the sentence has."""
    answer_type: float
    """1 if it has a time, a name and so on, of the type asked for, that the question does not
    have; 0 if not; 0.5 if the question does not tell the type."""
    passage: float
    """The score of its passage in the search."""
    similarity: float = 0.0

    @property
    def lexical_score(self) -> float:
        """The score without the sentence's vector."""
        return (
            WORDS * self.words
            + WORDS_WITH_PREVIOUS * self.words_with_previous
            + WORDS_OF_PASSAGE * self.words_of_passage
            + PAIRS * self.pairs
            + ANSWER_TYPE * self.answer_type
            + PASSAGE * self.passage
        )

    @property
    def score(self) -> float:
        """Log-odds up to a constant: only differences between one question's sentences count."""
        return self.lexical_score + SIMILARITY * self.similarity


# A conditional logit over the sentences of the 8 best passages, fitted on the development half of
# NewsQA's questions and rounded.
WORDS, WORDS_WITH_PREVIOUS, WORDS_OF_PASSAGE = 2.0, 1.0, 2.5
PAIRS, ANSWER_TYPE, PASSAGE, SIMILARITY = 1.5, 2.0, 3.0, 3.0

EMBEDDED = 12
"""How many sentences, the best by `lexical_score`, are embedded: more would change no answer."""


def candidates_of(passages: Sequence[ScoredPassage]) -> list[Candidate]:
    """The sentences of the passages, in order, without headlines, which only announce the text.

    A sentence that two passages share counts for the better one.
    """
    candidates: dict[tuple[str, Span], Candidate] = {}
    for index, found in enumerate(passages):
        for span in found.passage.sentences:
            text = found.passage.sentence_text(span)
            # A title that ends like a sentence is the first one of an article without a headline.
            if text.strip("# ") == found.article.title and text[-1] not in '.!?”"':
                continue
            candidate = Candidate(index, span, text, stems_of(text))
            candidates.setdefault((found.article.id, span), candidate)
    return list(candidates.values())


def sentence_features(
    question: QuestionAnalysis, candidates: Sequence[Candidate], scores: Sequence[float]
) -> list[SentenceFeatures]:
    """The features of each candidate, without similarity; `scores` are those of the passages."""
    around: dict[int, frozenset[str]] = {}
    for each in candidates:
        around[each.passage] = around.get(each.passage, frozenset()) | frozenset(each.stems)
    found: list[SentenceFeatures] = []
    before: Candidate | None = None
    for each in candidates:
        own = frozenset(each.stems)
        here = own | frozenset(before.stems) if before and before.passage == each.passage else own
        found.append(
            SentenceFeatures(
                words=question.share_in(own),
                words_with_previous=question.share_in(here),
                words_of_passage=question.share_in(around[each.passage]),
                pairs=len(question.pairs & set(pairwise(each.stems))) / max(1, len(question.pairs)),
                answer_type=matches_answer_type(question, each.text),
                passage=scores[each.passage],
            )
        )
        before = each
    return found


NEXT_BEST = 0.5
"""A further sentence is quoted if its score is at most this far below the best one's."""


def choose_sentences(found: Sequence[SentenceFeatures], most: int) -> list[int]:
    """The indexes of the sentences to quote, best first: at least one, at most `most`."""
    order = sorted(range(len(found)), key=lambda index: -found[index].score)
    best = found[order[0]].score
    return [index for index in order[:most] if best - found[index].score <= NEXT_BEST]


@dataclass(frozen=True, slots=True)
class AnswerabilityFeatures:
    """Evidence that the passages hold the answer. Weights are summed rarities: a word that few
    passages have weighs 1."""

    similarity: float
    """Cosine of the question and the best sentence."""
    in_sentence: float
    in_passage: float
    missing: float
    """Weight of the content words that are in none of the article's passages found."""
    missing_names: float
    """The same of proper names and numbers alone."""
    pairs: float

    @property
    def probability(self) -> float:
        """The probability that the articles answer: a logistic regression, fitted on questions
        whose article was there and the same questions with it taken away."""
        log_odds = (
            ANSWERABLE_BIAS
            + ANSWERABLE_SIMILARITY * self.similarity
            + ANSWERABLE_SENTENCE * self.in_sentence
            + ANSWERABLE_PASSAGE * self.in_passage
            + ANSWERABLE_MISSING * self.missing
            + ANSWERABLE_MISSING_NAMES * self.missing_names
            + ANSWERABLE_PAIRS * self.pairs
        )
        return 1 / (1 + math.exp(-log_odds))


ANSWERABLE_BIAS = -3.1
ANSWERABLE_SIMILARITY, ANSWERABLE_PAIRS = 4.5, 0.8
ANSWERABLE_SENTENCE, ANSWERABLE_PASSAGE = 0.8, 0.8
ANSWERABLE_MISSING, ANSWERABLE_MISSING_NAMES = -1.0, -1.15
ANSWERABLE_FROM = 0.35
"""The threshold below which a question is not answered: the highest at which 85% of the answerable
questions of NewsQA's development half are still answered."""


def answerability_features(
    question: QuestionAnalysis,
    candidates: Sequence[Candidate],
    found: Sequence[SentenceFeatures],
    best: int,
    same_article: frozenset[int],
) -> AnswerabilityFeatures:
    """`same_article`: the indexes of the passages that are of the best sentence's article."""
    passage = candidates[best].passage
    article = frozenset(
        each for one in candidates if one.passage in same_article for each in one.stems
    )
    stems = frozenset(each for one in candidates if one.passage == passage for each in one.stems)
    absent = {each: weight for each, weight in question.weights.items() if each not in article}
    return AnswerabilityFeatures(
        similarity=found[best].similarity,
        in_sentence=question.weight_in(frozenset(candidates[best].stems)),
        in_passage=question.weight_in(stems),
        missing=sum(absent.values()),
        missing_names=sum(weight for each, weight in absent.items() if each in question.names),
        pairs=found[best].pairs,
    )
