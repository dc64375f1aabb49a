"""Answers in the articles' own words: the best matching sentences, verbatim."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace

from qa.answering.extractive.question_analysis import QuestionAnalysis, topic_words
from qa.answering.extractive.sentence_features import (
    ANSWERABLE_FROM,
    EMBEDDED,
    Candidate,
    SentenceFeatures,
    answerability_features,
    candidates_of,
    choose_sentences,
    sentence_features,
)
from qa.answering.extractive.short_answer import short_answer
from qa.types import (
    UNANSWERED_TEXT,
    AnswerPart,
    Citation,
    Reply,
    Sentence,
    SentenceChecked,
    ShortAnswer,
    Token,
)
from qa.verification.markers import with_markers
from vectorstore.types import Embedder, ScoredPassage

MOST_SENTENCES = 3
SAME_SENTENCE = 0.8

Rarities = Callable[[Sequence[str]], Mapping[str, float]]


class ExtractiveAnswerer:
    """An `Answerer` without a chat model.

    `rarities` maps the words of a question to how rare they are in the articles, from 0 to 1.
    """

    def __init__(self, embedder: Embedder, rarities: Rarities) -> None:
        self._embedder = embedder
        self._rarities = rarities

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[AnswerPart]:
        reply = await asyncio.to_thread(self.reply, question, passages)
        written = 0
        for sentence in reply.sentences:
            yield Token(reply.text[written : sentence.end])
            written = sentence.end
            cited = tuple(each for each in reply.citations if each.number in sentence.citations)
            yield SentenceChecked(sentence, cited)
        if written < len(reply.text):
            yield Token(reply.text[written:])
        yield reply

    def reply(self, question: str, passages: Sequence[ScoredPassage]) -> Reply:
        """The best one to three sentences, or a reply that the articles do not say."""
        candidates = candidates_of(passages)
        if not candidates:
            return Reply(answered=False, text=UNANSWERED_TEXT, confidence=0.0)
        analysis = QuestionAnalysis.of(question, self._rarities(topic_words(question)))
        found = self._with_similarity(
            question,
            candidates,
            sentence_features(analysis, candidates, [each.score for each in passages]),
        )
        chosen = choose_sentences(found, len(found))
        best = chosen[0]
        article_id = passages[candidates[best].passage].article.id
        same_article = frozenset(
            index for index, each in enumerate(passages) if each.article.id == article_id
        )
        confidence = answerability_features(
            analysis, candidates, found, best, same_article
        ).probability
        if confidence < ANSWERABLE_FROM:
            return Reply(answered=False, text=UNANSWERED_TEXT, confidence=round(confidence, 4))
        quoted = without_near_duplicates([candidates[index] for index in chosen])[:MOST_SENTENCES]
        return quotation(analysis, quoted, passages, round(confidence, 4))

    def _with_similarity(
        self, question: str, candidates: Sequence[Candidate], found: Sequence[SentenceFeatures]
    ) -> list[SentenceFeatures]:
        """Adds the similarity for the sentences with the best `lexical_score`; others keep 0."""
        order = sorted(range(len(found)), key=lambda index: -found[index].lexical_score)[:EMBEDDED]
        vectors = self._embedder.embed([question, *(candidates[index].text for index in order)])
        similarity = dict(zip(order, vectors[1:] @ vectors[0], strict=True))
        return [
            replace(each, similarity=float(similarity.get(index, 0.0)))
            for index, each in enumerate(found)
        ]


def without_near_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without near-duplicates of earlier ones."""
    kept: list[Candidate] = []
    for each in candidates:
        if all(_shared_words(each, other) < SAME_SENTENCE for other in kept):
            kept.append(each)
    return kept


def quotation(
    question: QuestionAnalysis,
    sentences: Sequence[Candidate],
    passages: Sequence[ScoredPassage],
    confidence: float,
) -> Reply:
    """A reply that quotes the sentences, each with its citation marker."""
    text = ""
    written: list[Sentence] = []
    citations: list[Citation] = []
    for number, candidate in enumerate(sentences, start=1):
        gap = " " if text else ""
        start = len(text) + len(gap)
        text = f"{text}{gap}{with_markers(candidate.text, [number])}"
        written.append(Sentence(start, len(text), text[start:], (number,), supported=True))
        citations.append(Citation.of(number, passages[candidate.passage], candidate.span))
    few_words = short_answer(question, sentences[0].text)
    return Reply(
        answered=True,
        text=text,
        sentences=tuple(written),
        citations=tuple(citations),
        short_answer=ShortAnswer(few_words.of(sentences[0].text), 1) if few_words else None,
        confidence=confidence,
    )


def _shared_words(a: Candidate, b: Candidate) -> float:
    """The Jaccard index of the words of both."""
    words, others = set(a.stems), set(b.stems)
    return len(words & others) / max(1, len(words | others))
