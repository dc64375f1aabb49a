"""The path of a question: rewritten to stand alone, spelling corrected, searched for, answered."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, fields, replace
from datetime import date
from itertools import chain, zip_longest
from typing import Protocol

from qa.answering.gathering import PASSAGES_COUNTED, counted, counted_about
from qa.answering.planning import Part, combined
from qa.answering.rewriting.query_rewriter import RewrittenQuestion
from qa.answering.timeframe import When, earliest, time_of
from qa.tracing import detached_step, step
from qa.types import (
    UNANSWERED_TEXT,
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

Plan = Callable[[str, date], Sequence[Part]]
"""The parts that a question is split into, given the day that "today" means in it."""

Attest = Callable[[Sentence, Sequence[Citation], Sequence[ScoredPassage]], int | None]
"""How many independent articles bear out a sentence with these citations."""

Damage = Callable[[], str | None]
"""A sentence that says what is wrong with the index, if anything is."""


class Retrieve(Protocol):
    """The `k` best passages for a question among those that match `filters`, best first; those that
    also match `favoured` rank higher."""

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


def no_plan(question: str, today: date) -> Sequence[Part]:
    return ()


def no_damage() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Answers questions with one answerer and the query rewriter that goes with it."""

    rewrite: Rewrite
    retrieve: Retrieve
    answerer: Answerer
    correct: Correct = no_corrections
    damage: Damage = no_damage
    find_copies: FindCopies = no_copies
    attest: Attest = not_attested
    plan: Plan = no_plan
    answers_in_parts: bool = False
    """Whether the answerer is asked each part separately; otherwise it gets the passages of all."""
    traces_questions: bool = False
    """Whether questions are recorded in traces."""
    today: Callable[[], date] = date.today

    async def events(self, question: Question) -> AsyncGenerator[Event]:
        """`PassagesFound`, then `Token` and `SentenceChecked` as they come, then the `Answer`.

        Closing the generator closes the answerer, which cancels any chat model call.
        """
        clock = _Clock()
        with step("rewrite"):
            standalone = await self.rewrite(question.text, question.history)
        spelling = await asyncio.to_thread(self.correct, standalone.text)
        meant = corrected(standalone.text, spelling)
        slips = spelling if all(each.is_sure for each in spelling) else ()
        asked = corrected(standalone.text, slips)
        today = self.today()
        when = await asyncio.to_thread(time_of, question, asked, today)
        clock.lap("rewrite")
        parts = self.plan(asked, when.as_of or today) if question.reads_dates else ()
        with step("retrieve"):
            (when, planned, found), damage = await asyncio.gather(
                asyncio.to_thread(self._retrieved, when, parts, question, today),
                asyncio.to_thread(self.damage),
            )
        clock.lap("retrieve")
        considered = _in_turn([found, *planned])
        passages = tuple(PassageResult.of(each) for each in found)
        yield PassagesFound(asked, passages)
        with detached_step("answer") as span:
            span.set_attribute("article_qa.passages", len(found))
            if self.traces_questions:
                span.set_attribute("article_qa.question", question.text)
            answering = self._answered(
                parts, planned, when.question, found, when.filters, when.as_of or today
            )
            async with aclosing(answering) as answer_parts:
                copies: dict[Citation, tuple[CitedCopy, ...]] = {}
                attested = _Attested()
                async for answered in answer_parts:
                    part = await self._with_copies(answered, copies)
                    part = await self._attested(part, attested, considered)
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

    def _retrieved(
        self, when: When, parts: Sequence[Part], question: Question, today: date
    ) -> tuple[When, list[Sequence[ScoredPassage]], Sequence[ScoredPassage]]:
        """The time searched, the passages of each part, and those to answer from. If the parts find
        nothing, there are none, and the question is searched for as a whole."""
        limits = replace(question, as_of=when.as_of)
        planned = self._search_parts(parts, limits, today)
        found: Sequence[ScoredPassage] = _in_turn(planned, question.passages)
        if found:
            return when, planned, found
        found = self._search(when, question.passages)
        if not found and when.otherwise is not None:
            when = when.otherwise
            found = self._search(when, question.passages)
        return when, [], found

    def _search(self, when: When, k: int) -> Sequence[ScoredPassage]:
        return self.retrieve(when.question, k, when.filters, when.favoured)

    def _search_parts(
        self, parts: Sequence[Part], question: Question, today: date
    ) -> list[Sequence[ScoredPassage]]:
        """The passages found for each part of a question, within the question's filters and the
        time that the part itself names."""

        def found(part: Part, filters: Filters) -> Sequence[ScoredPassage]:
            when = time_of(question, part.question, today)
            return self._search(
                replace(when, filters=both(filters, when.filters)), question.passages
            )

        return [
            found(each, each.filters) or (found(each, each.wider) if each.wider else ())
            for each in parts
        ]

    async def _answered(
        self,
        parts: Sequence[Part],
        planned: Sequence[Sequence[ScoredPassage]],
        question: str,
        found: Sequence[ScoredPassage],
        filters: Filters,
        today: date,
    ) -> AsyncGenerator[AnswerPart]:
        """The answer to the parts, each from its own passages, or to the question as a whole."""
        about = counted_about(question) if self.answers_in_parts else None
        if about is not None:
            reply = counted(
                about, await asyncio.to_thread(self.retrieve, about, PASSAGES_COUNTED, filters)
            )
            if reply is not None:
                yield Token(reply.text)
                yield reply
                return
        if planned and self.answers_in_parts:
            replies = [
                await self._reply(part.question, passages, today)
                for part, passages in zip(parts, planned, strict=True)
            ]
            reply = combined(parts, replies)
            if reply is not None:
                yield Token(reply.text)
                yield reply
                return
        async with aclosing(self.answerer.answer(question, found, today)) as answering:
            async for part_of_answer in answering:
                yield part_of_answer

    async def _reply(self, question: str, passages: Sequence[ScoredPassage], today: date) -> Reply:
        async with aclosing(self.answerer.answer(question, passages, today)) as answering:
            async for part in answering:
                if isinstance(part, Reply):
                    return part
        return Reply(answered=False, text=UNANSWERED_TEXT)

    async def _with_copies(
        self, part: AnswerPart, known: dict[Citation, tuple[CitedCopy, ...]]
    ) -> AnswerPart:
        """The part, with the copies that say the same added to its citations."""
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
        """The part, with the number of articles that bear out each of its sentences."""
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


def both(filters: Filters, other: Filters) -> Filters:
    """Filters for what both match; the first has only days of publication."""
    return Filters(
        published_from=max(
            (e.published_from for e in (filters, other) if e.published_from), default=None
        ),
        published_to=earliest(filters.published_to, other.published_to),
        sources=other.sources,
        article_ids=other.article_ids,
    )


def _in_turn(
    planned: Sequence[Sequence[ScoredPassage]], k: int | None = None
) -> list[ScoredPassage]:
    """The first `k` passages, or all, taken from each part in turn, without duplicates."""
    turns = chain.from_iterable(zip_longest(*planned))
    found = {each.passage.id: each for each in turns if each is not None}
    return list(found.values())[:k]


def read_as(slips: Sequence[Correction]) -> str | None:
    """A sentence that says how misspelt words were read, if there were any."""
    read = [f"“{each.written}” as “{each.meant}”" for each in slips if not each.is_of_capitals]
    return f"Read {', '.join(read)}." if read else None


def with_notices(reply: Reply, *sentences: str | None) -> Reply:
    """The reply, with these sentences appended to its notice."""
    notices = [each for each in (reply.notice, *sentences) if each]
    return replace(reply, notice=" ".join(notices) or None)


@dataclass(slots=True)
class _Attested:
    """What is known so far: how many articles bear out each sentence, by its start."""

    counts: dict[int, int | None] = field(default_factory=dict)
    citations: dict[int, Citation] = field(default_factory=dict)


class _Clock:
    """Times consecutive steps."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._started = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.milliseconds[step] = round(1000 * (now - self._started), 1)
        self._started = now
