"""A small deterministic question-answering system that counts words."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

from qa.answering.dated_quotes import TimelineEntry
from qa.evaluation.system import AskError
from qa.types import Answer, Citation, PassageResult, Question, Sentence
from vectorstore.types import Filters

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$)|$)", re.MULTILINE)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


@dataclass
class FakeSystem:
    """Passages are paragraphs; the answer is the sentence with most of the question's words.

    `failing` are the questions that get an error, each with what it says; `shift` moves every
    citation, so that its quote is no longer the article's words; `asked` counts.
    """

    articles: Mapping[str, str]
    threshold: float = 0.35
    failing: Mapping[str, str] = field(default_factory=dict)
    shift: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self._passages = [
            PassageResult(
                id=f"{article_id}:{found.start()}",
                article_id=article_id,
                title=article_id,
                published=None,
                source=None,
                url=None,
                start=found.start(),
                end=found.end(),
                text=found.group(),
                score=0.0,
            )
            for article_id, text in self.articles.items()
            for found in re.finditer(r"[^\n]+", text)
        ]
        holding = Counter(word for p in self._passages for word in set(_words(p.text)))
        self._weights = {w: log(1 + len(self._passages) / n) for w, n in holding.items()}

    def copies_of(self, article_id: str) -> frozenset[str]:
        return frozenset()

    def ask(self, question: Question) -> Answer:
        self.asked += 1
        if question.text in self.failing:
            raise AskError(self.failing[question.text])
        passages = self.search(question.text, question.passages, question.filters)
        best, confidence = self._best_sentence(question.text, passages)
        answered = best is not None and confidence >= self.threshold
        citations = (best,) if best is not None and answered else ()
        text = best.quote if best is not None and answered else "The articles do not say."
        sentence = Sentence(0, len(text), text, tuple(c.number for c in citations), answered)
        return Answer(
            id=f"answer-{self.asked}",
            question=question.text,
            standalone_question=question.text,
            answered=answered,
            text=text,
            short_answer=None,
            sentences=(sentence,),
            citations=citations,
            passages=passages,
            answerer="extractive",
            confidence=confidence,
        )

    def search(self, query: str, k: int, filters: Filters) -> tuple[PassageResult, ...]:
        ranked = sorted(
            self._passages, key=lambda passage: (-self._score(query, passage.text), passage.id)
        )
        return tuple(ranked[:k])

    def timeline(self, about: str) -> tuple[TimelineEntry, ...]:
        return ()

    def article_text(self, article_id: str) -> str:
        return self.articles[article_id]

    def _score(self, query: str, text: str) -> float:
        wanted = set(_words(query))
        held = wanted & set(_words(text))
        total = sum(self._weights.get(word, 5.0) for word in wanted)
        return sum(self._weights[word] for word in held) / (total or 1.0)

    def _best_sentence(
        self, question: str, passages: tuple[PassageResult, ...]
    ) -> tuple[Citation | None, float]:
        scored = [
            (self._score(question, found.group()), -rank, passage, found)
            for rank, passage in enumerate(passages)
            for found in _SENTENCE.finditer(passage.text)
        ]
        if not scored:
            return None, 0.0
        score, _, passage, found = max(scored, key=lambda item: item[:2])
        start, end = passage.start + found.start(), passage.start + found.end()
        cited = Citation(
            number=1,
            article_id=passage.article_id,
            passage_id=passage.id,
            title=passage.title,
            source=None,
            url=None,
            published=None,
            start=start + self.shift,
            end=end + self.shift,
            quote=found.group(),
        )
        return cited, round(score, 4)
