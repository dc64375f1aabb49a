"""Features that rank sentences as answers, and that tell whether any answers the question."""

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
    """A sentence of a passage; `passage` is the index of that passage in the search results."""

    passage: int
    span: Span
    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """How well a sentence matches a question. All in [0, 1] except `similarity`, a cosine."""

    words: float
    """Share of the question's content words in the sentence, weighted by rarity."""
    words_with_previous: float
    """The same for the sentence together with the one before it in the passage."""
    words_of_passage: float
    """The same for the whole passage."""
    pairs: float
    """Share of the question's adjacent word pairs in the sentence."""
    answer_type: float
    """1 if the sentence has a mention of the type asked for that is not in the question; 0 if not;
    0.5 if the type is unknown."""
    passage: float
    """The search score of its passage."""
    similarity: float = 0.0

    @property
    def lexical_score(self) -> float:
        """The score without `similarity`."""
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
        """Log-odds up to a constant: comparable only among sentences for the same question."""
        return self.lexical_score + SIMILARITY * self.similarity


# A conditional logit over the sentences of the 8 best passages, fitted on the development half of
# NewsQA's questions and rounded.
WORDS, WORDS_WITH_PREVIOUS, WORDS_OF_PASSAGE = 2.0, 1.0, 2.5
PAIRS, ANSWER_TYPE, PASSAGE, SIMILARITY = 1.5, 2.0, 3.0, 3.0

EMBEDDED = 12
"""How many of the best sentences by `lexical_score` are embedded; more change no answer."""


def candidates_of(passages: Sequence[ScoredPassage]) -> list[Candidate]:
    """The sentences of the passages, in order, without headlines, which only announce the text.

    A sentence in two passages belongs to the first, which has the better score.
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
    """The features of each candidate, without similarity; `scores` are the passages' scores."""
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
    """Evidence that the passages contain the answer. Weights are summed rarities: a word in few
    passages weighs 1."""

    similarity: float
    """Cosine similarity of the question and the best sentence."""
    in_sentence: float
    in_passage: float
    missing: float
    """Weight of the content words in none of the passages from the best sentence's article."""
    missing_names: float
    """The same for proper names and numbers only."""
    pairs: float

    @property
    def probability(self) -> float:
        """The probability that the articles answer the question: a logistic regression, fitted on
        questions with their article in the index and the same questions without it."""
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
    """`same_article`: the indexes of the passages from the best sentence's article."""
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
