import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import date

from qa.answering.answer_cache import CachedAnswerer
from qa.types import AnswerPart, Reply, Token, Usage
from vectorstore.types import ArticleInfo, Passage, ScoredPassage


class Counting:
    """Answers with how often it was asked."""

    def __init__(self, notice: str | None = None) -> None:
        self.asked = 0
        self.notice = notice

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        self.asked += 1
        text = f"{self.asked}"
        yield Token(text)
        yield Reply(answered=True, text=text, usage=Usage(10, 5), notice=self.notice)


def found(text: str, published: date | None = None) -> ScoredPassage:
    passage = Passage("p", "a", 0, len(text), text, ())
    return ScoredPassage(passage, ArticleInfo("a", published=published), 1.0)


def ask(answerer: CachedAnswerer, question: str, *passages: ScoredPassage) -> Reply:
    async def last() -> AnswerPart:
        return [event async for event in answerer.answer(question, passages)][-1]

    reply = asyncio.run(last())
    assert isinstance(reply, Reply)
    return reply


def test_the_same_question_over_the_same_passages_is_answered_once() -> None:
    answerer = CachedAnswerer(Counting(), 10, tuple)
    assert ask(answerer, "Who?", found("x")).usage == Usage(10, 5)
    again = ask(answerer, "Who?", found("x"))
    assert again.text == "1"
    assert again.usage == Usage()


def test_another_question_passage_or_date_is_another_answer() -> None:
    answerer = CachedAnswerer(Counting(), 10, tuple)
    asked = [("Who?", found("x")), ("When?", found("x")), ("Who?", found("y"))]
    asked.append(("Who?", found("x", date(2022, 4, 20))))
    assert [ask(answerer, *each).text for each in asked] == ["1", "2", "3", "4"]


def test_an_answer_is_made_anew_when_its_version_changes() -> None:
    versions = [1]
    answerer = CachedAnswerer(Counting(), 10, lambda: (versions[0],))
    ask(answerer, "Who?")
    versions[0] = 2
    assert ask(answerer, "Who?").text == "2"


def test_the_most_recently_used_answers_are_kept() -> None:
    answerer = CachedAnswerer(Counting(), 2, tuple)
    for question in ("a", "b", "a", "c"):
        ask(answerer, question)
    assert ask(answerer, "a").text == "1"
    assert ask(answerer, "b").text == "4"


def test_an_answer_with_a_notice_is_not_kept() -> None:
    answerer = CachedAnswerer(Counting(notice="The model failed."), 10, tuple)
    ask(answerer, "Who?")
    assert ask(answerer, "Who?").text == "2"


def test_an_answer_that_was_closed_early_is_not_kept() -> None:
    counting = Counting()
    answerer = CachedAnswerer(counting, 10, tuple)

    async def leave_early() -> None:
        stream = answerer.answer("Who?", ())
        await anext(aiter(stream))
        await stream.aclose()

    asyncio.run(leave_early())
    assert ask(answerer, "Who?").text == "2"
