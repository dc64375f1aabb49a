"""Answers that a chat model writes from the passages, each sentence checked before it is shown."""

import asyncio
import logging
import re
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from qa.answering.extractive.extractive_answerer import NOT_ANSWERED
from qa.answering.llm.model_client import CallLimits, ModelClient, ModelFailed
from qa.answering.llm.prompts import answer_prompt, new_fence, private_texts
from qa.answering.llm.provider import ChatModel
from qa.types import Answerer, Citation, Reply, Sentence, SentenceChecked, Token, Usage
from qa.verification.checker import CheckedPiece, StreamChecker, Unsupported
from qa.verification.evidence import ClaimChecker, Thresholds
from vectorstore.types import Embedder, ScoredPassage

logger = logging.getLogger(__name__)

AnswerEvent = Token | SentenceChecked | Reply

_REFUSES = re.compile(
    r"^\W*(?:i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|i (?:can['’]?t|cannot|can not|won['’]t|"
    r"am unable|['’]m unable|must decline)|as an ai)\b",
    re.IGNORECASE,
)
_THOUGHTS = re.compile(r"^\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_MAY_BE_THOUGHTS = re.compile(r"^\s*(?:<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?$")


class LLMAnswerer:
    """An `Answerer` over a chat model. When the model fails, `fallback` answers and says so.

    Nothing is shown before the first sentence that is supported: a text without one is not an
    answer. From there on each sentence is shown as soon as it is checked.
    """

    def __init__(
        self,
        model: ChatModel,
        name: str,
        embedder: Embedder,
        fallback: Answerer,
        *,
        unsupported: Unsupported = "mark",
        limits: CallLimits | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self._caller = ModelClient(model, limits)
        self._name = name
        self._embedder = embedder
        self._fallback = fallback
        self._unsupported: Unsupported = unsupported
        self._strictness = thresholds

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncGenerator[AnswerEvent]:
        request = uuid.uuid4().hex[:12]
        draft = _Draft()
        if not passages:
            yield Token(NOT_ANSWERED)
            yield Reply(False, NOT_ANSWERED, answerer="llm", model=self._name)
            return
        try:
            async with aclosing(self._written(question, passages, draft, request)) as events:
                async for event in events:
                    yield event
        except ModelFailed as failed:
            logger.warning("Request %s: the chat model %s.", request, failed)
            if draft.text:
                yield draft.reply(
                    self._name,
                    f"The chat model {failed} before it had finished. "
                    f"What it wrote until then is checked. (Request {request})",
                )
                return
            notice = (
                f"The chat model {failed}, so this is in the articles' own words. "
                f"(Request {request})"
            )
            async for event in self._fallback.answer(question, passages):
                if isinstance(event, Reply):
                    yield replace(event, notice=notice, usage=draft.usage)
                else:
                    yield event

    async def _written(
        self, question: str, passages: Sequence[ScoredPassage], draft: "_Draft", request: str
    ) -> AsyncGenerator[AnswerEvent]:
        """What the model writes, checked. Raises ModelFailed, with what was shown in `draft`."""
        fence = new_fence()
        sources = ClaimChecker(
            passages, embed=self._embedder.embed, question=question, thresholds=self._strictness
        )
        checker = StreamChecker(
            sources, unsupported=self._unsupported, private=[*private_texts(), fence]
        )
        # The passages are read while the model thinks.
        reading = asyncio.create_task(asyncio.to_thread(sources.prepare))
        try:
            prompt = answer_prompt(question, passages, fence)
            async with aclosing(self._caller.stream(prompt, request)) as parts:
                async for part in parts:
                    draft.count(part.usage)
                    if text := draft.hear(part.text):
                        await reading
                        for event in draft.show(await asyncio.to_thread(checker.feed, text)):
                            yield event
                    if part.finished is False:
                        raise ModelFailed("broke off")
        finally:
            await asyncio.shield(reading)
        for event in draft.show(await asyncio.to_thread(checker.finish)):
            yield event
        if draft.text:
            yield draft.reply(self._name)
            return
        if not draft.heard.strip():
            raise ModelFailed("wrote nothing")
        if _REFUSES.match(draft.heard) and not checker.abstained:
            raise ModelFailed("declined to answer")
        yield Token(NOT_ANSWERED)
        yield Reply(
            False,
            NOT_ANSWERED,
            answerer="llm",
            model=self._name,
            usage=draft.usage,
            notice=None
            if checker.abstained
            else "What the chat model wrote is left out: the articles found support none of it.",
        )


class _Draft:
    """What the model has written so far, what of it was shown, and what waits to be."""

    def __init__(self) -> None:
        self.heard = ""
        self.usage = Usage()
        self.text = ""
        self._sentences: list[Sentence] = []
        self._citations: list[Citation] = []
        self._waiting: list[CheckedPiece] = []
        self._thinking: bool | None = None
        self._thoughts = ""

    def count(self, usage: Usage) -> None:
        self.usage = Usage(
            self.usage.input_tokens + usage.input_tokens,
            self.usage.output_tokens + usage.output_tokens,
        )

    def hear(self, text: str) -> str:
        """What of `text` is the answer: a model may think aloud before it, in a tag of its own."""
        if self._thinking is False:
            self.heard += text
            return text
        self._thoughts += text
        if _MAY_BE_THOUGHTS.match(self._thoughts) and self._thinking is None:
            return ""
        thoughts = _THOUGHTS.match(self._thoughts)
        if thoughts and thoughts.end() == len(self._thoughts) and not thoughts[0].endswith(">"):
            self._thinking = True
            return ""
        self._thinking = False
        answer = self._thoughts[thoughts.end() :] if thoughts else self._thoughts
        self.heard += answer
        return answer

    def show(self, pieces: Sequence[CheckedPiece]) -> list[Token | SentenceChecked]:
        """The events for these pieces; none until one of them is supported."""
        self._waiting += pieces
        if not self.text and not any(p.checked.sentence.supported for p in self._waiting):
            return []
        shown, self._waiting = self._waiting, []
        events: list[Token | SentenceChecked] = []
        for piece in shown:
            self.text += piece.text
            self._sentences.append(piece.checked.sentence)
            self._citations += piece.checked.citations
            events += [Token(piece.text), piece.checked]
        return events

    def reply(self, model: str, notice: str | None = None) -> Reply:
        return Reply(
            answered=True,
            text=self.text,
            sentences=tuple(self._sentences),
            citations=tuple(self._citations),
            answerer="llm",
            model=model,
            usage=self.usage,
            notice=notice,
        )
