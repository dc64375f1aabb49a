"""Answers that a chat model writes from the passages, each sentence checked before it is shown."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date

from qa.answering.llm.answer_draft import AnswerDraft
from qa.answering.llm.model_client import ModelClient
from qa.answering.llm.model_failures import ModelFailed
from qa.answering.llm.newest_word import with_newest
from qa.answering.llm.prompts import Message, Prompts, bundled_prompts, new_fence
from qa.request_id import request_id
from qa.types import UNANSWERED_TEXT, Answerer, AnswerPart, Reply, SentenceChecked, Token
from qa.verification.checker import StreamChecker, Unsupported
from qa.verification.claim_checker import ClaimChecker
from qa.verification.claim_judge import ClaimJudge
from vectorstore.types import ScoredPassage

logger = logging.getLogger(__name__)

_REFUSES = re.compile(
    r"^\W*(?:i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|i (?:can['’]?t|cannot|can not|won['’]t|"
    r"am unable|['’]m unable|must decline)|as an ai)\b",
    re.IGNORECASE,
)


Newest = Callable[[str, Sequence[ScoredPassage]], Reply | None]
"""A reply that says what articles answer to a question, now and earlier; None if they all agree."""


def no_newest(question: str, passages: Sequence[ScoredPassage]) -> Reply | None:
    return None


FindIn = Callable[[Sequence[str], Sequence[str]], Iterable[Sequence[ScoredPassage]]]
"""Maps article ids and sentences to the passages found there for each sentence, in order."""


class LLMAnswerer:
    """An `Answerer` over a chat model. If the model fails, `fallback` answers, with a notice."""

    def __init__(
        self,
        client: ModelClient,
        name: str,
        judge: ClaimJudge,
        fallback: Answerer,
        *,
        find_in: FindIn,
        unsupported: Unsupported = "mark",
        newest: Newest = no_newest,
        prompts: Prompts | None = None,
    ) -> None:
        """`newest` says what articles report at different times, if they differ."""
        self._client = client
        self._name = name
        self._judge = judge
        self._find_in = find_in
        self._fallback = fallback
        self._unsupported: Unsupported = unsupported
        self._newest = newest
        self._prompts = prompts or bundled_prompts()

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        if not passages:
            yield Token(UNANSWERED_TEXT)
            yield Reply(answered=False, text=UNANSWERED_TEXT, answerer="llm", model=self._name)
            return
        request = request_id()
        articles = tuple(dict.fromkeys(found.article.id for found in passages))

        def find_more(claims: Sequence[str]) -> Iterable[Sequence[ScoredPassage]]:
            return self._find_in(articles, claims)

        sources = ClaimChecker(
            passages,
            self._judge,
            question=question,
            find_more=find_more,
        )
        fence = new_fence()
        private = [*self._prompts.private_texts, fence]
        draft = AnswerDraft(
            lambda: StreamChecker(sources, unsupported=self._unsupported, private=private)
        )
        prompt = await asyncio.to_thread(self._prompts.answer, question, passages, fence, today)
        try:
            async with aclosing(self._checked(prompt, sources, draft, request)) as parts:
                async for part in parts:
                    if not isinstance(part, Reply) or not part.answered:
                        yield part
                        continue
                    newest = await asyncio.to_thread(self._newest, question, passages)
                    told = with_newest(part, newest)
                    if told is not part:
                        yield Token(told.text[len(part.text) :])
                        yield SentenceChecked(
                            told.sentences[-1], told.citations[len(part.citations) :]
                        )
                    yield told
        except ModelFailed as failed:
            logger.warning("Request %s: the chat model %s.", request, failed)
            if draft.text:
                yield draft.reply(
                    self._name,
                    f"The chat model {failed} before it had finished. "
                    f"What it had written by then is checked. (Request {request})",
                )
                return
            notice = (
                f"The chat model {failed}, so this is in the articles' own words. "
                f"(Request {request})"
            )
            async with aclosing(self._fallback.answer(question, passages, today)) as parts:
                async for part in parts:
                    if isinstance(part, Reply):
                        yield replace(part, notice=notice, usage=draft.usage)
                    else:
                        yield part

    async def _checked(
        self, prompt: Sequence[Message], sources: ClaimChecker, draft: AnswerDraft, request: str
    ) -> AsyncGenerator[AnswerPart]:
        """What the model writes, checked. Raises ModelFailed; what was shown is in `draft`."""
        # The passages are read while the model is working.
        preparing = asyncio.create_task(asyncio.to_thread(sources.prepare))
        try:
            async with aclosing(self._client.stream(prompt, request)) as chunks:
                async for chunk in chunks:
                    draft.usage += chunk.usage
                    if chunk.text or chunk.retracts:
                        await preparing
                        for event in await asyncio.to_thread(draft.add, chunk):
                            yield event
                    if chunk.finished is False:
                        raise ModelFailed("broke off")
        finally:
            await asyncio.shield(preparing)
        for event in await asyncio.to_thread(draft.finish):
            yield event
        reply = self._last(draft)
        if not reply.answered:
            yield Token(reply.text)
        yield reply

    def _last(self, draft: AnswerDraft) -> Reply:
        """The final reply. Raises ModelFailed if the model gave no answer."""
        if draft.text:
            return draft.reply(self._name)
        if not draft.written.strip():
            raise ModelFailed("wrote nothing")
        if _REFUSES.match(draft.written) and not draft.abstained:
            raise ModelFailed("declined to answer")
        return Reply(
            answered=False,
            text=UNANSWERED_TEXT,
            answerer="llm",
            model=self._name,
            usage=draft.usage,
            notice=None
            if draft.abstained
            else "What the chat model wrote is left out: the articles found support none of it.",
        )
