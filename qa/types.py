"""Questions and answers, in the shape used over HTTP and by `qa ask --json`."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from vectorstore.types import Cluster, Filters, Metadata, ScoredPassage, Span, page_at

Outcome = Literal["supported", "contradicted", "not_found"]
"""What the articles say about a sentence: they bear it out, say otherwise, or do not say."""

AnswererName = Literal["extractive", "llm"]

UNANSWERED_TEXT = "The articles do not say."
"""The text of a reply that does not answer."""


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
    """None: the chat model if one is configured, otherwise the extractive answerer."""
    as_of: date | None = None
    """Answer from what was published by this day, which is "today" in the question."""
    reads_dates: bool = True
    """Whether "in April 2022" or "last week" in the question says where to search."""


class Event:
    """A part of a streamed answer. The last one is the complete `Answer`.

    LangChain sums the parts of a stream into the result of `invoke`: here, the last part.
    """

    __slots__ = ()

    def __add__(self, later: "Event") -> "Event":
        return later


@dataclass(frozen=True, slots=True)
class CitedCopy(Metadata):
    """Another article that says what a citation quotes. `start` and `end` are where it has the same
    words, ignoring case, spacing and marks; None if it has them slightly edited."""

    article_id: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Citation(Metadata):
    """The exact words that support a sentence: `article.text[start:end] == quote`.

    `page` is the number, from 1, of the page they begin on; None for formats without pages.
    `cluster` is that of the article, None if it has no copies; `copies` are those that say the
    same, earliest first.
    """

    number: int
    article_id: str
    passage_id: str
    start: int
    end: int
    quote: str
    page: int | None = None
    cluster: Cluster | None = None
    copies: tuple[CitedCopy, ...] = ()

    @classmethod
    def of(cls, number: int, found: ScoredPassage, span: Span) -> "Citation":
        """A citation of `span`, a range of the article within the passage."""
        passage, article = found.passage, found.article
        return cls(
            number=number,
            article_id=article.id,
            passage_id=passage.id,
            start=span.start,
            end=span.end,
            quote=passage.sentence_text(span),
            page=page_at(article.pages, span.start),
            cluster=found.cluster,
            **article.metadata(),
        )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer, `answer.text[start:end] == text`, and the citations it uses.

    `supported` says whether the citations support it; if not, `reason` is a sentence that says why,
    and `outcome` distinguishes what the articles contradict from what they do not say.
    `probability` is the checker's estimate that the articles support it; None for their own words
    and what was not judged.
    """

    start: int
    end: int
    text: str
    citations: tuple[int, ...]
    supported: bool
    reason: str | None = None
    outcome: Outcome = "supported"
    probability: float | None = None
    attested: int | None = None
    """How many independent articles among those read bear it out, copies counted once; None if that
    was not checked."""
    earlier: bool = False
    """Whether it says that there is later news: quoted before it, or in articles found that
    continue the same story."""


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The words of a quote that answer the question, and the number of its citation."""

    text: str
    citation: int


@dataclass(frozen=True, slots=True)
class Reported:
    """What an article gives as the answer: words from the quote of citation number `citation`, and
    the article's date."""

    text: str
    citation: int
    published: date | None


@dataclass(frozen=True, slots=True)
class ReportedStanding:
    """What articles report about the same thing at different times.

    `current` is the newest report; several if sources of about the same date disagree. `earlier` is
    what newer articles contradict, newest first.
    """

    current: tuple[Reported, ...]
    earlier: tuple[Reported, ...] = ()

    @property
    def disagrees(self) -> bool:
        return len(self.current) > 1


@dataclass(frozen=True, slots=True)
class PassageResult(Metadata):
    """A passage given to the answerer, or found by a search. `cluster` is that of its article, None
    if that has no copies."""

    id: str
    article_id: str
    start: int
    end: int
    text: str
    score: float
    page: int | None = None
    cluster: Cluster | None = None

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
            page=page_at(article.pages, passage.start),
            cluster=found.cluster,
            **article.metadata(),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written by a chat model, and their cost in the currency of QA_MODEL_PRICES;
    None if the model's prices are not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: "Usage") -> "Usage":
        known = [each for each in (self.cost, other.cost) if each is not None]
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            sum(known) if known else None,
        )


SURE_FROM = 0.6
"""An answer with less confidence is shown with a warning; the page has this figure too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The last thing an answerer yields.

    `notice` tells the reader that the answer was not made as asked: for example, that the chat
    model failed and the answer is extractive instead.
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
    standing: ReportedStanding | None = None
    """None unless articles give different answers."""
    confidence: float | None = None
    """The answerer's estimate, from 0 to 1, that the articles answer the question, whether or not
    it answers; None if it has no estimate."""

    @property
    def is_doubtful(self) -> bool:
        """Whether it quotes sentences that may not answer the question."""
        return self.answered and self.confidence is not None and self.confidence < SURE_FROM


SpeaksOf = Literal["reported", "happened", "as_of"]
"""What a phrase dates: the articles, the events in them, or the state of things asked for."""


@dataclass(frozen=True, slots=True)
class ReadTimeframe:
    """The time a question asks about, in its own words, and the days they were read as, both
    inclusive; None is unbounded.

    For "reported" and "as_of", only articles from those days were searched; for "happened",
    articles from those days and a while after were preferred.
    """

    text: str
    first: date | None
    last: date | None
    speaks_of: SpeaksOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Reply, Event):
    """The body of `POST /ask`: the answerer's reply, and how it was made.

    If the articles do not answer, `citations` is empty and `passages` are the nearest ones.
    `timings_ms` has the milliseconds spent in "rewrite", "retrieve" and "answer".
    """

    id: str
    question: str
    standalone_question: str
    passages: tuple[PassageResult, ...]
    timeframe: ReadTimeframe | None = None
    as_of: date | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    kept_until: datetime | None = None
    """When it is removed from `GET /answers/{id}`, in UTC; None if it is not kept."""


@dataclass(frozen=True, slots=True)
class PassagesFound(Event):
    """Streamed first: the passages that the answer will be based on."""

    standalone_question: str
    passages: tuple[PassageResult, ...]


@dataclass(frozen=True, slots=True)
class Token(Event):
    """The next piece of the answer, already checked. The tokens concatenate to its text."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked(Event):
    """Streamed after each sentence is checked, with the citations first used in it."""

    sentence: Sentence
    citations: tuple[Citation, ...]


AnswerPart = Token | SentenceChecked | Reply


class Answerer(Protocol):
    """Answers a standalone question from the passages retrieved for it, best first. `today` is the
    day that "now" means in the question, None if unknown.

    Yields any number of `Token` and `SentenceChecked`, then one `Reply`. Closing the generator
    early cancels the work.
    """

    def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]: ...
