"""The question and the answer, in the shape that travels over HTTP and out of `qa ask --json`."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vectorstore.types import Filters, Metadata, ScoredPassage, Span

AnswererName = Literal["extractive", "llm"]


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
    """None: the chat model when one is configured, else extractive."""


class Event:
    """A part of a streamed answer. Added to what came before it, an event stands for it all: the
    last one, an `Answer`, is the whole."""

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
        """The words that `span`, a range of the article, has in the passage found."""
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
    """A sentence of the answer: `answer.text[start:end] == text`, with the numbers it cites.

    `reason` says in a sentence why it is not supported, for the reader.
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
    """Tokens that a chat model read and wrote for this answer."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer(Event):
    """The body of `POST /ask`. Not answered: `citations` is empty and `passages` are the nearest.

    `notice` tells the reader of something that went otherwise than asked, such as a chat model
    that failed and was stood in for.
    """

    id: str
    question: str
    standalone_question: str
    answered: bool
    text: str
    short_answer: ShortAnswer | None
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[PassageResult, ...]
    answerer: AnswererName
    model: str | None = None
    usage: Usage = Usage()
    timings_ms: dict[str, float] = field(default_factory=dict)
    notice: str | None = None
    confidence: float | None = None
    """How sure the answerer is that the articles answer, 0 to 1, answered or not; None: no idea."""


@dataclass(frozen=True, slots=True)
class PassagesFound(Event):
    """Streamed first: what the answer will be made from."""

    standalone_question: str
    passages: tuple[PassageResult, ...]


@dataclass(frozen=True, slots=True)
class Token(Event):
    """The next stretch of the answer, its sentences checked. All tokens joined are `Reply.text`."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked(Event):
    """Streamed once a sentence is checked, with the citations it is the first to use."""

    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answerer ends with: the part of an `Answer` that is its own."""

    answered: bool
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    short_answer: ShortAnswer | None = None
    answerer: AnswererName = "extractive"
    model: str | None = None
    usage: Usage = Usage()
    notice: str | None = None
    confidence: float | None = None
    """How sure the answerer is that the articles answer, 0 to 1, answered or not; None: no idea."""


class Answerer(Protocol):
    """Answers a question that stands alone from the passages found for it, best first.

    Yields any number of `Token` and `SentenceChecked`, and last one `Reply`. Closed before that, it
    stops what it was doing.
    """

    def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[Token | SentenceChecked | Reply]: ...
