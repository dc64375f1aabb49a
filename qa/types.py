"""The question and the answer, in the shape that travels over HTTP and out of `qa ask --json`."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vectorstore.types import Filters, Metadata, ScoredPassage, Span

AnswererName = Literal["extractive", "llm"]

UNANSWERED_TEXT = "The articles do not say."
"""The text of an answer when the articles do not say."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = Filters()
    passages: int = 8
    answerer: AnswererName | None = None
    """None: the chat model if one is configured, else the extractive one."""


class Event:
    """A part of a streamed answer. The last one, an `Answer`, is the whole.

    LangChain adds the parts of a stream up to what `invoke` gives: here the sum is the last one.
    """

    __slots__ = ()

    def __add__(self, later: "Event") -> "Event":
        return later


@dataclass(frozen=True, slots=True)
class Citation(Metadata):
    """The exact words that a sentence rests on: `article.text[start:end] == quote`."""

    number: int
    article_id: str
    passage_id: str
    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, number: int, found: ScoredPassage, span: Span) -> "Citation":
        """A citation of `span`, a range of the article inside the passage found."""
        passage, article = found.passage, found.article
        return cls(
            number=number,
            article_id=article.id,
            passage_id=passage.id,
            start=span.start,
            end=span.end,
            quote=passage.sentence_text(span),
            **article.metadata(),
        )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer, `answer.text[start:end] == text`, and the numbers it cites.

    `supported`: the citations bear it out. If they do not, `reason` tells the reader why, in a
    sentence.
    """

    start: int
    end: int
    text: str
    citations: tuple[int, ...]
    supported: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The few words of a quote that answer the question, and the number of that citation."""

    text: str
    citation: int


@dataclass(frozen=True, slots=True)
class PassageResult(Metadata):
    """A passage that was given to the answerer, or found by a search."""

    id: str
    article_id: str
    start: int
    end: int
    text: str
    score: float

    @classmethod
    def of(cls, found: ScoredPassage) -> "PassageResult":
        passage, article = found.passage, found.article
        return cls(
            id=passage.id,
            article_id=article.id,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            score=round(found.score, 4),
            **article.metadata(),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a chat model read and wrote."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an answerer ends with.

    `notice` tells the reader what went otherwise than asked: for example, that the chat model
    failed and the articles' own words stand in for it.
    """

    answered: bool
    text: str
    short_answer: ShortAnswer | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    answerer: AnswererName = "extractive"
    model: str | None = None
    usage: Usage = Usage()
    notice: str | None = None
    confidence: float | None = None
    """How sure the answerer is that the articles answer, from 0 to 1, whether or not it answers;
    None if it cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Reply, Event):
    """The body of `POST /ask`: the answerer's reply, and how it came about.

    Where the articles do not answer, `citations` is empty and `passages` are the nearest.
    `timings_ms` are those of "rewrite", "retrieve" and "answer".
    """

    id: str
    question: str
    standalone_question: str
    passages: tuple[PassageResult, ...]
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PassagesFound(Event):
    """Streamed first: what the answer will be made from."""

    standalone_question: str
    passages: tuple[PassageResult, ...]


@dataclass(frozen=True, slots=True)
class Token(Event):
    """The next stretch of the answer, its sentences checked. All tokens together are its text."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked(Event):
    """Streamed once a sentence is checked, with the citations that it is the first to use."""

    sentence: Sentence
    citations: tuple[Citation, ...]


AnswerPart = Token | SentenceChecked | Reply


class Answerer(Protocol):
    """Answers a question that stands alone from the passages found for it, best first.

    Yields any number of `Token` and `SentenceChecked`, then one `Reply`. Closed before that, it
    cancels its work.
    """

    def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[AnswerPart]: ...
