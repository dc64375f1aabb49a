"""The chain: a Runnable whose events sum to the answer, over real passages."""

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.outputs import LLMResult
from langchain_core.runnables import Runnable, RunnableLambda

from qa.answering.chain import AnswererMissing, Chains, build_chain
from qa.answering.llm.llm_answerer import LLMAnswerer
from qa.answering.llm.model_client import ModelClient
from qa.answering.llm.provider import make_chat_model
from qa.answering.pipeline import Pipeline
from qa.answering.planning import plan_of
from qa.answering.rewriting.query_rewriter import QueryRewriter, RewrittenQuestion
from qa.settings import read_settings
from qa.types import (
    Answer,
    Answerer,
    AnswererName,
    AnswerPart,
    Event,
    PassageResult,
    PassagesFound,
    Question,
    Reply,
    Token,
    Turn,
    Usage,
)
from qa.verification.claim_judge import EntailmentJudge, WordOverlap
from tests.openai_server import Deed, Hang, OpenAIServer, Say
from tests.qa.passages import given
from vectorstore.spelling import Correction
from vectorstore.types import ArticleInfo, Filters, Passage, ScoredPassage

PASSAGE = ScoredPassage(
    Passage("p", "a", 5, 17, "The cat sat.", ()), ArticleInfo("a", title="Cats"), 0.123456
)
Asked = tuple[str, int, Filters]
Chain = Runnable[Question, Event]


class Saying:
    """Answers with what it was asked, under a name; `closed` is set when it ends."""

    def __init__(self, name: AnswererName) -> None:
        self.name = name
        self.closed = threading.Event()

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        try:
            yield Token(f"{self.name}: ")
            yield Token(question)
            yield Reply(
                answered=True,
                text=f"{self.name}: {question}",
                answerer=self.name,
                usage=Usage(3, 4),
                notice="Hm.",
                confidence=0.5,
            )
        finally:
            self.closed.set()


async def rewrite(question: str, history: Sequence[Turn]) -> RewrittenQuestion:
    text = " ".join([*(turn.content for turn in history), question])
    return RewrittenQuestion(text, Usage(10, 20))


def pipeline_of(
    answerer: Saying | None = None, asked: list[Asked] | None = None, *, is_dated: bool = True
) -> Pipeline:
    def retrieve(
        question: str, k: int, filters: Filters, favoured: Filters | None = None
    ) -> Sequence[ScoredPassage]:
        if asked is not None:
            asked.append((question, k, filters))
        return [] if filters.published_from and not is_dated else [PASSAGE]

    return Pipeline(rewrite, retrieve, answerer or Saying("extractive"))


def chain_of(answerer: Saying | None = None, asked: list[Asked] | None = None) -> Chain:
    return build_chain(pipeline_of(answerer, asked))


QUESTION = Question("Where?", history=(Turn("user", "The cat."),), passages=3)


def events_of(chain: Chain, question: Question) -> list[Event]:
    async def collected() -> list[Event]:
        return [event async for event in chain.astream(question)]

    return asyncio.run(collected())


def timeless(event: Event) -> Event:
    return replace(event, id="", timings_ms={}) if isinstance(event, Answer) else event


def test_the_events_are_passages_tokens_and_the_answer() -> None:
    events = events_of(chain_of(), QUESTION)
    assert [type(event) for event in events] == [PassagesFound, Token, Token, Answer]
    assert events[0] == PassagesFound("The cat. Where?", (PassageResult.of(PASSAGE),))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.question == "Where?"
    assert answer.standalone_question == "The cat. Where?"
    assert answer.text == "".join(each.text for each in events if isinstance(each, Token))
    assert (answer.usage, answer.notice, answer.confidence) == (Usage(13, 24), "Hm.", 0.5)
    assert answer.passages[0].score == 0.1235
    assert set(answer.timings_ms) == {"rewrite", "retrieve", "answer"}


TWO_PARTS = Question("How many members has the Alliance and how many has the Union as of May 2021?")


def test_each_part_of_a_question_is_searched_as_of_its_day() -> None:
    asked: list[Asked] = []
    pipeline = replace(pipeline_of(asked=asked), rewrite=QueryRewriter(), plan=plan_of)
    answer = answer_to(build_chain(pipeline), TWO_PARTS)
    assert [filters for _, _, filters in asked] == [Filters(published_to=date(2021, 5, 31))] * 2
    assert answer.as_of == date(2021, 5, 31)


def test_a_question_whose_parts_find_nothing_is_asked_as_a_whole() -> None:
    found: list[str] = []

    def retrieve(
        question: str, k: int, filters: Filters, favoured: Filters | None = None
    ) -> Sequence[ScoredPassage]:
        found.append(question)
        return [PASSAGE] if question.startswith(TWO_PARTS.text[:-20]) else []

    pipeline = replace(pipeline_of(), rewrite=QueryRewriter(), retrieve=retrieve, plan=plan_of)
    answer = answer_to(build_chain(pipeline), TWO_PARTS)
    assert len(found) == 3
    assert [each.id for each in answer.passages] == [PASSAGE.passage.id]


def test_where_no_article_is_of_the_weekday_that_is_named_all_are_searched() -> None:
    asked: list[Asked] = []
    chain = build_chain(pipeline_of(asked=asked, is_dated=False))
    passages, *_, answer = events_of(chain, Question("Who was sworn in on Thursday?"))
    assert isinstance(passages, PassagesFound)
    assert isinstance(answer, Answer)
    assert [question for question, _, _ in asked] == [
        "Who was sworn in?",
        "Who was sworn in on Thursday?",
    ]
    assert passages.passages == (PassageResult.of(PASSAGE),)
    assert (answer.timeframe, answer.notice) == (None, "Hm.")


def misspelt(question: str) -> Sequence[Correction]:
    return [
        Correction(place, place + len(wrong), wrong, right)
        for wrong, right in (("teh", "the"), ("Rippel", "Ripple"))
        if (place := question.find(wrong)) >= 0
    ]


class Declining:
    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        yield Token("No.")
        yield Reply(answered=False, text="No.")


def spelling_chain(answerer: Answerer) -> Chain:
    return build_chain(
        Pipeline(QueryRewriter(), lambda *asked: [PASSAGE], answerer, correct=misspelt)
    )


def test_a_slip_is_corrected_and_the_answer_says_so() -> None:
    answer = answer_to(spelling_chain(Saying("extractive")), Question("Did teh SEC sue?"))
    assert answer.question == "Did teh SEC sue?"
    assert answer.standalone_question == "Did the SEC sue?"
    assert answer.notice == "Hm. Read “teh” as “the”."


def test_a_name_that_no_article_has_is_never_replaced_but_another_offered() -> None:
    asked = Question("Did Rippel win?")
    assert answer_to(spelling_chain(Saying("extractive")), asked).standalone_question == asked.text
    events = events_of(spelling_chain(Declining()), asked)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == "No. Did you mean “Did Ripple win”?"
    assert "".join(each.text for each in events if isinstance(each, Token)) == answer.text


def answer_to(chain: Chain, question: Question) -> Answer:
    answer = chain.invoke(question)
    assert isinstance(answer, Answer)
    return answer


def test_every_way_to_call_it_gives_the_same() -> None:
    chain = chain_of()
    streamed = events_of(chain, QUESTION)
    assert timeless(chain.invoke(QUESTION)) == timeless(streamed[-1])
    assert timeless(asyncio.run(chain.ainvoke(QUESTION))) == timeless(streamed[-1])
    assert [timeless(each) for each in chain.stream(QUESTION)] == [timeless(e) for e in streamed]
    assert answer_to(chain, QUESTION).id != answer_to(chain, QUESTION).id


def test_what_is_searched_for_is_what_was_meant() -> None:
    asked: list[Asked] = []
    filters = Filters(sources=("here",))
    chain_of(asked=asked).invoke(replace(QUESTION, filters=filters))
    assert asked == [("The cat. Where?", 3, filters)]


@pytest.mark.parametrize(
    ("wanted", "answered_by"), [(None, "llm"), ("extractive", "extractive"), ("llm", "llm")]
)
def test_a_model_answers_where_there_is_one(
    wanted: AnswererName | None, answered_by: AnswererName
) -> None:
    names: tuple[AnswererName, ...] = ("extractive", "llm")
    chains = Chains({name: pipeline_of(Saying(name)) for name in names})
    question = replace(QUESTION, answerer=wanted)
    assert chains.answer(question).answerer == answered_by
    assert asyncio.run(chains.answer_async(question)).answerer == answered_by


def test_an_answerer_that_is_missing_is_refused_with_what_to_set() -> None:
    with pytest.raises(AnswererMissing, match="QA_MODEL"):
        Chains({"extractive": pipeline_of()}).events(replace(QUESTION, answerer="llm"))


def test_it_can_be_invoked_where_an_event_loop_is_running() -> None:
    async def in_a_notebook() -> Event:
        return chain_of().invoke(QUESTION)

    assert isinstance(asyncio.run(in_a_notebook()), Answer)


def test_a_batch_is_answered_in_order() -> None:
    questions = [replace(QUESTION, text=text) for text in ("Who?", "When?", "Why?")]
    answers = [cast(Answer, each) for each in chain_of().batch(questions)]
    assert [each.question for each in answers] == ["Who?", "When?", "Why?"]


def test_an_error_reaches_the_caller_however_it_calls() -> None:
    async def fail(question: str, history: Sequence[Turn]) -> RewrittenQuestion:
        raise LookupError(question)

    chain = build_chain(Pipeline(fail, lambda *asked: [PASSAGE], Saying("extractive")))
    with pytest.raises(LookupError, match="Where"):
        chain.invoke(QUESTION)
    with pytest.raises(LookupError, match="Where"):
        list(chain.stream(QUESTION))
    with pytest.raises(LookupError, match="Where"):
        asyncio.run(chain.ainvoke(QUESTION))


def test_closing_a_stream_closes_the_answerer() -> None:
    answerer = Saying("extractive")
    events = chain_of(answerer).stream(QUESTION)
    assert [type(next(events)), type(next(events))] == [PassagesFound, Token]
    events.close()  # type: ignore[attr-defined]  # an iterator to its type, a generator in fact
    assert answerer.closed.is_set()


def llm_chain(server: OpenAIServer) -> Chain:
    return build_chain(llm_pipeline(server))


def llm_pipeline(server: OpenAIServer) -> Pipeline:
    pytest.importorskip("langchain_openai")
    settings = read_settings(model="openai:scripted", model_base_url=server.url)
    client = ModelClient(make_chat_model(settings))
    words = EntailmentJudge(WordOverlap())
    answerer = LLMAnswerer(
        client,
        "openai:scripted",
        words,
        Saying("extractive"),
        find_in=lambda articles, claims: [given() for _ in claims],
    )
    return Pipeline(QueryRewriter(client), lambda *asked: given(), answerer)


TRUE = "Binance.US was admitted to the Blockchain Association in August 2020 [1]."
FOLLOW_UP = Question("And when was it admitted?", (Turn("user", "Who runs Binance.US?"),))


def test_closing_a_stream_hangs_up_on_the_model() -> None:
    with OpenAIServer([Hang(f"{TRUE} And then")]) as server:
        events = llm_chain(server).stream(Question("Who?"))
        assert isinstance(next(events), PassagesFound)
        assert next(events) == Token(TRUE)
        assert not server.hung_up.is_set()
        events.close()  # type: ignore[attr-defined]  # an iterator to its type, a generator in fact
        assert server.hung_up.wait(5)


def test_closing_an_asynchronous_stream_hangs_up_on_the_model() -> None:
    async def read_some(chain: Chain) -> list[Event]:
        events = cast(AsyncGenerator[Event], chain.astream(Question("Who?")))
        async with aclosing(events):
            return [await anext(events), await anext(events)]

    with OpenAIServer([Hang(f"{TRUE} And then")]) as server:
        assert asyncio.run(read_some(llm_chain(server)))[-1] == Token(TRUE)
        assert server.hung_up.wait(5)


class Noting(BaseCallbackHandler):
    """Notes what LangChain reports: which runs start, under which parent, and what they end in."""

    def __init__(self) -> None:
        self.chains: dict[uuid.UUID, uuid.UUID | None] = {}
        self.model_parents: list[uuid.UUID | None] = []
        self.tags: list[str] = []
        self.outputs: list[Any] = []

    def on_chain_start(self, *args: Any, run_id: uuid.UUID, **more: Any) -> None:
        self.chains[run_id] = more["parent_run_id"]
        self.tags += more["tags"] or []

    def on_chain_end(self, outputs: Any, **more: Any) -> None:
        self.outputs.append(outputs)

    def on_chat_model_start(self, *args: Any, **more: Any) -> None:
        self.model_parents.append(more["parent_run_id"])


class NotingAsync(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.ended: list[LLMResult] = []

    async def on_llm_end(self, response: LLMResult, **more: Any) -> None:
        self.ended.append(response)


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
def test_callbacks_and_tags_reach_the_calls_of_the_model(way: str) -> None:
    noting, noting_async = Noting(), NotingAsync()
    config: Any = {"callbacks": [noting, noting_async], "tags": ["mine"], "run_name": "asking"}
    deeds: list[Deed] = [Say("When was Binance.US admitted?"), Say(TRUE)]

    async def streamed(chain: Chain) -> list[Event]:
        return [event async for event in chain.astream(FOLLOW_UP, config)]

    with OpenAIServer(deeds) as server:
        chain = llm_chain(server)
        match way:
            case "invoke":
                answer = chain.invoke(FOLLOW_UP, config)
            case "stream":
                answer = list(chain.stream(FOLLOW_UP, config))[-1]
            case "ainvoke":
                answer = asyncio.run(chain.ainvoke(FOLLOW_UP, config))
            case _:
                answer = asyncio.run(streamed(chain))[-1]
    assert isinstance(answer, Answer)
    [run] = noting.chains
    # One call rewrote the question and one answered it, both within the chain's run.
    assert noting.model_parents == [run, run]
    assert len(noting_async.ended) == 2
    assert noting.tags == ["mine"]
    assert noting.outputs == [answer]


def test_an_answer_of_a_model_within_another_chain_is_a_run_of_that_chain() -> None:
    noting = Noting()
    with OpenAIServer([Say("When was Binance.US admitted?"), Say(TRUE)]) as server:
        chains = Chains({"llm": llm_pipeline(server)})
        RunnableLambda(chains.answer).invoke(FOLLOW_UP, {"callbacks": [noting]})
    [outer, inner] = noting.chains
    assert noting.chains[inner] == outer
    assert noting.model_parents == [inner, inner]
