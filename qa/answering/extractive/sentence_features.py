"""How well the sentences of the found passages fit a question, and whether they answer it."""

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
    """A sentence of a found passage. `passage` is the index of its passage among those found."""

    passage: int
    span: Span
    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """How well a sentence fits a question. All in [0, 1] but `likeness`, a cosine."""

    words: float
    """Share of the question's telling words, by rarity, that the sentence has."""
    words_here: float
    """The same of the sentence and the one before it in the passage."""
    words_around: float
    """The same of the whole passage."""
    pairs: float
    """Share of the question's adjacent word pairs that the sentence has."""
    kind: float
    """1 if it has a time, a name... of the kind asked for, that the question does not have; 0 if
    not; a half where the question does not tell its kind."""
    passage: float
    """The score of its passage in the search."""
    likeness: float = 0.0

    @property
    def wording_score(self) -> float:
        """What can be told without a vector of the sentence."""
        return (
            WORDS * self.words
            + WORDS_HERE * self.words_here
            + WORDS_AROUND * self.words_around
            + PAIRS * self.pairs
            + KIND * self.kind
            + PASSAGE * self.passage
        )

    @property
    def score(self) -> float:
        """A log-odds, up to a constant: the differences between a question's sentences count."""
        return self.wording_score + LIKENESS * self.likeness


# A conditional logit over the sentences of the 8 best passages, fitted on the development half of
# NewsQA's questions and rounded.
WORDS, WORDS_HERE, WORDS_AROUND = 2.0, 1.0, 2.5
PAIRS, KIND, PASSAGE, LIKENESS = 1.5, 2.0, 3.0, 3.0

EMBEDDED = 12
"""So many sentences, the best by `wording_score`, are worth a vector: more changes no answer."""


def candidates_of(passages: Sequence[ScoredPassage]) -> list[Candidate]:
    """The sentences of the passages, in order; one that two passages share is the better one's,
    and a headline is left out: what it promises, another sentence says."""
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
    wording: QuestionAnalysis, candidates: Sequence[Candidate], scores: Sequence[float]
) -> list[SentenceFeatures]:
    """The features of each candidate, without likeness; `scores` are those of the passages."""
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
                words=wording.share_in(own),
                words_here=wording.share_in(here),
                words_around=wording.share_in(around[each.passage]),
                pairs=len(wording.pairs & set(pairwise(each.stems))) / max(1, len(wording.pairs)),
                kind=matches_answer_type(wording, each.text),
                passage=scores[each.passage],
            )
        )
        before = each
    return found


NEXT_BEST = 0.5
"""A further sentence is given if its score is at most so much below the best's."""


def choose_sentences(found: Sequence[SentenceFeatures], most: int) -> list[int]:
    """The indexes of the sentences to give, best first: at least one, at most `most`."""
    order = sorted(range(len(found)), key=lambda index: -found[index].score)
    best = found[order[0]].score
    return [index for index in order[:most] if best - found[index].score <= NEXT_BEST]


@dataclass(frozen=True, slots=True)
class AnswerabilityFeatures:
    """What speaks for the given passages holding the answer. Weights are summed rarities: 1 is a
    word that few passages have."""

    likeness: float
    """Cosine of the question and the best sentence."""
    in_sentence: float
    in_passage: float
    missing: float
    """Weight of the telling words that are in none of the article's given passages."""
    missing_names: float
    """The same of proper names and numbers alone."""
    pairs: float

    @property
    def probability(self) -> float:
        """That the articles answer: a logistic regression, on questions whose article was there
        and the same questions with it taken away."""
        log_odds = (
            BIAS
            + E_LIKENESS * self.likeness
            + E_SENTENCE * self.in_sentence
            + E_PASSAGE * self.in_passage
            + E_MISSING * self.missing
            + E_MISSING_NAMES * self.missing_names
            + E_PAIRS * self.pairs
        )
        return 1 / (1 + math.exp(-log_odds))


BIAS = -3.1
E_LIKENESS, E_SENTENCE, E_PASSAGE, E_PAIRS = 4.5, 0.8, 0.8, 0.8
E_MISSING, E_MISSING_NAMES = -1.0, -1.15
ANSWERABLE_FROM = 0.35
"""Below it the articles are taken not to say: the highest at which 85% of the answerable questions
of NewsQA's development half are still answered."""


def answerability_features(
    wording: QuestionAnalysis,
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
    absent = {each: weight for each, weight in wording.weights.items() if each not in article}
    return AnswerabilityFeatures(
        likeness=found[best].likeness,
        in_sentence=wording.weight_in(frozenset(candidates[best].stems)),
        in_passage=wording.weight_in(stems),
        missing=sum(absent.values()),
        missing_names=sum(weight for each, weight in absent.items() if each in wording.names),
        pairs=found[best].pairs,
    )
