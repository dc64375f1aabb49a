"""The way of a question: rewritten to stand alone, spelt right, searched for, answered."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Protocol

from qa.answering.rewriting.query_rewriter import RewrittenQuestion
from qa.answering.timeframe import time_of
from qa.tracing import detached_step, step
from qa.types import (
    Answer,
    Answerer,
    AnswerPart,
    Citation,
    CitedCopy,
    Event,
    PassageResult,
    PassagesFound,
    Question,
    Reply,
    Sentence,
    SentenceChecked,
    Token,
    Turn,
)
from vectorstore.spelling import Correction, corrected
from vectorstore.types import Filters, ScoredPassage

Rewrite = Callable[[str, Sequence[Turn]], Awaitable[RewrittenQuestion]]
Correct = Callable[[str], Sequence[Correction]]
FindCopies = Callable[[Citation], tuple[CitedCopy, ...]]

Attest = Callable[[Sentence, Sequence[Citation], Sequence[ScoredPassage]], int | None]
"""How many independent articles bear out a sentence with these citations."""

Damage = Callable[[], str | None]
"""A sentence that says what is wrong with the index, if anything is."""


class Retrieve(Protocol):
    """The `k` best passages for a question among those that match `filters`, best first; those that
    match `favoured` as well rank higher."""

    def __call__(
        self, question: str, k: int, filters: Filters, favoured: Filters | None = None, /
    ) -> Sequence[ScoredPassage]: ...


def no_corrections(question: str) -> Sequence[Correction]:
    return ()


def no_copies(citation: Citation) -> tuple[CitedCopy, ...]:
    return ()


def not_attested(
    sentence: Sentence, citations: Sequence[Citation], passages: Sequence[ScoredPassage]
) -> int | None:
    return None


def no_damage() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Answers questions with one answerer, and with the query rewriter that goes with it."""

    rewrite: Rewrite
    retrieve: Retrieve
    answerer: Answerer
    correct: Correct = no_corrections
    damage: Damage = no_damage
    find_copies: FindCopies = no_copies
    attest: Attest = not_attested
    traces_questions: bool = False
    """Whether questions are recorded in traces."""
    today: Callable[[], date] = date.today

    async def events(self, question: Question) -> AsyncGenerator[Event]:
        """`PassagesFound`, then `Token` and `SentenceChecked` as they come, last the `Answer`.

        Closing the generator closes the answerer, and so cancels a call of the chat model.
        """
        clock = _Clock()
        with step("rewrite"):
            standalone = await self.rewrite(question.text, question.history)
        spelling = await asyncio.to_thread(self.correct, standalone.text)
        meant = corrected(standalone.text, spelling)
        # A capital is more often a name that the articles lack than a slip: that is only offered.
        slips = spelling if all(each.written.islower() for each in spelling) else ()
        asked = corrected(standalone.text, slips)
        today = self.today()
        when = await asyncio.to_thread(time_of, question, asked, today)
        clock.lap("rewrite")
        with step("retrieve"):
            found, damage = await asyncio.gather(
                asyncio.to_thread(
                    self.retrieve, when.question, question.passages, when.filters, when.favoured
                ),
                asyncio.to_thread(self.damage),
            )
        clock.lap("retrieve")
        passages = tuple(PassageResult.of(each) for each in found)
        yield PassagesFound(asked, passages)
        with detached_step("answer") as span:
            span.set_attribute("article_qa.passages", len(found))
            if self.traces_questions:
                span.set_attribute("article_qa.question", question.text)
            answering = self.answerer.answer(when.question, found, when.as_of or today)
            async with aclosing(answering) as parts:
                copies: dict[Citation, tuple[CitedCopy, ...]] = {}
                attested = _Attested()
                async for answered in parts:
                    part = await self._with_copies(answered, copies)
                    part = await self._attested(part, attested, found)
                    if not isinstance(part, Reply):
                        yield part
                        continue
                    reply = with_notices(
                        part, damage, read_as(slips), when.notice(answered=part.answered)
                    )
                    if not reply.answered and meant != asked:
                        offer = f" Did you mean “{meant.rstrip('?')}”?"
                        yield Token(offer)
                        reply = replace(reply, text=reply.text + offer)
                    clock.lap("answer")
                    known = {each.name: getattr(reply, each.name) for each in fields(reply)}
                    yield Answer(
                        **(known | {"usage": standalone.usage + part.usage}),
                        id=uuid.uuid4().hex,
                        question=question.text,
                        standalone_question=asked,
                        passages=passages,
                        timeframe=when.read,
                        as_of=when.as_of,
                        timings_ms=clock.milliseconds,
                    )

    async def _with_copies(
        self, part: AnswerPart, known: dict[Citation, tuple[CitedCopy, ...]]
    ) -> AnswerPart:
        """The part, its citations with the copies that say the same."""
        if isinstance(part, Token):
            return part
        for each in part.citations:
            if each.cluster and each not in known:
                known[each] = await asyncio.to_thread(self.find_copies, each)
        citations = tuple(replace(each, copies=known.get(each, ())) for each in part.citations)
        return replace(part, citations=citations)

    async def _attested(
        self, part: AnswerPart, known: "_Attested", found: Sequence[ScoredPassage]
    ) -> AnswerPart:
        """The part, its sentences with the number of articles that bear them out."""
        if isinstance(part, Token):
            return part
        known.citations.update((each.number, each) for each in part.citations)
        sentences = (part.sentence,) if isinstance(part, SentenceChecked) else part.sentences
        for each in sentences:
            if each.start not in known.counts and each.supported and each.citations:
                cited = [known.citations[n] for n in each.citations if n in known.citations]
                known.counts[each.start] = await asyncio.to_thread(self.attest, each, cited, found)
        counted = [replace(e, attested=known.counts.get(e.start)) for e in sentences]
        if isinstance(part, SentenceChecked):
            return replace(part, sentence=counted[0])
        return replace(part, sentences=tuple(counted))


def read_as(slips: Sequence[Correction]) -> str | None:
    """A sentence that says as what misspelt words were read, if any were."""
    if not slips:
        return None
    return f"Read {', '.join(f'“{each.written}” as “{each.meant}”' for each in slips)}."


def with_notices(reply: Reply, *sentences: str | None) -> Reply:
    """The reply, with these sentences after its own notice."""
    notices = [each for each in (reply.notice, *sentences) if each]
    return replace(reply, notice=" ".join(notices) or None)


@dataclass(slots=True)
class _Attested:
    """What is known so far: by how many articles each sentence, by its start, is borne out."""

    counts: dict[int, int | None] = field(default_factory=dict)
    citations: dict[int, Citation] = field(default_factory=dict)


class _Clock:
    """Measures the steps one after another."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._started = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.milliseconds[step] = round(1000 * (now - self._started), 1)
        self._started = now
