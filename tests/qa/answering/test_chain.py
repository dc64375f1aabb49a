"""The chain: a Runnable whose events add up to the answer, over real passages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest
from langchain_core.runnables import Runnable

from qa.answering.chain import AnswererMissing, Reader, build_chain
from qa.types import (
    Answer,
    AnswererName,
    Event,
    PassageResult,
    PassagesFound,
    Question,
    Reply,
    SentenceChecked,
    Token,
    Turn,
    Usage,
)
from vectorstore.types import ArticleInfo, Filters, Passage, ScoredPassage

PASSAGE = ScoredPassage(
    Passage("p", "a", 5, 17, "The cat sat.", ()), ArticleInfo("a", title="Cats"), 0.123456
)
Asked = tuple[str, int, Filters]
Chain = Runnable[Question, Event]


class Saying:
    """Answers with what it was asked, under a name."""

    def __init__(self, name: AnswererName) -> None:
        self.name = name

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[Token | SentenceChecked | Reply]:
        yield Token(f"{self.name}: ")
        yield Token(question)
        text = f"{self.name}: {question}"
        yield Reply(True, text, answerer=self.name, usage=Usage(3, 4), notice="Hm.", confidence=0.5)


def chain_of(*names: AnswererName, asked: list[Asked] | None = None) -> Chain:
    async def condense(question: str, history: Sequence[Turn]) -> str:
        return " ".join([*(turn.content for turn in history), question])

    def retrieve(question: str, k: int, filters: Filters) -> Sequence[ScoredPassage]:
        if asked is not None:
            asked.append((question, k, filters))
        return [PASSAGE]

    readers: dict[AnswererName, Reader] = {name: Reader(condense, Saying(name)) for name in names}
    return build_chain(retrieve, readers)


QUESTION = Question("Where?", history=(Turn("user", "The cat."),), passages=3)


def events_of(chain: Chain, question: Question) -> list[Event]:
    async def collected() -> list[Event]:
        return [event async for event in chain.astream(question)]

    return asyncio.run(collected())


def timeless(event: Event) -> Event:
    return replace(event, id="", timings_ms={}) if isinstance(event, Answer) else event


def test_the_events_are_passages_tokens_and_the_answer() -> None:
    events = events_of(chain_of("extractive"), QUESTION)
    assert [type(event) for event in events] == [PassagesFound, Token, Token, Answer]
    assert events[0] == PassagesFound("The cat. Where?", (PassageResult.of(PASSAGE),))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.question == "Where?"
    assert answer.standalone_question == "The cat. Where?"
    assert answer.text == "".join(each.text for each in events if isinstance(each, Token))
    assert (answer.usage, answer.notice, answer.confidence) == (Usage(3, 4), "Hm.", 0.5)
    assert answer.passages[0].score == 0.1235
    assert set(answer.timings_ms) == {"retrieve", "answer"}


def answer_to(chain: Chain, question: Question) -> Answer:
    answer = chain.invoke(question)
    assert isinstance(answer, Answer)
    return answer


def test_every_way_to_call_it_gives_the_same() -> None:
    chain = chain_of("extractive")
    streamed = events_of(chain, QUESTION)
    assert timeless(chain.invoke(QUESTION)) == timeless(streamed[-1])
    assert timeless(asyncio.run(chain.ainvoke(QUESTION))) == timeless(streamed[-1])
    assert [timeless(each) for each in chain.stream(QUESTION)] == [timeless(e) for e in streamed]
    assert answer_to(chain, QUESTION).id != answer_to(chain, QUESTION).id


def test_what_is_searched_for_is_what_was_meant() -> None:
    asked: list[Asked] = []
    filters = Filters(sources=("here",))
    chain_of("extractive", asked=asked).invoke(replace(QUESTION, filters=filters))
    assert asked == [("The cat. Where?", 3, filters)]


@pytest.mark.parametrize(
    ("wanted", "answered_by"), [(None, "llm"), ("extractive", "extractive"), ("llm", "llm")]
)
def test_a_model_answers_where_there_is_one(
    wanted: AnswererName | None, answered_by: AnswererName
) -> None:
    answer = answer_to(chain_of("extractive", "llm"), replace(QUESTION, answerer=wanted))
    assert answer.answerer == answered_by


def test_an_answerer_that_is_missing_is_missed_before_anything_is_searched() -> None:
    asked: list[Asked] = []
    with pytest.raises(AnswererMissing, match="QA_MODEL"):
        chain_of("extractive", asked=asked).invoke(replace(QUESTION, answerer="llm"))
    assert asked == []
