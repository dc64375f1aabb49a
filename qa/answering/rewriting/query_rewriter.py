"""Rewrites a follow-up so that it stands alone: by the chat model, or by rules if there is none."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answering.llm.model_client import ModelClient
from qa.answering.llm.model_failures import ModelFailed
from qa.answering.llm.prompts import Prompts, bundled_prompts, new_fence
from qa.answering.rewriting.rules import recent, rewrite_by_rule
from qa.request_id import request_id
from qa.types import Turn, Usage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """A standalone question, and the tokens it took to make it so."""

    text: str
    usage: Usage = Usage()


class QueryRewriter:
    """Lets the chat model rewrite every question that has a history.

    The rules do so if there is no model, or if it fails or replies with anything but a question.
    """

    def __init__(self, client: ModelClient | None = None, prompts: Prompts | None = None) -> None:
        self._client = client
        self._prompts = prompts or bundled_prompts()

    async def __call__(self, question: str, history: Sequence[Turn]) -> RewrittenQuestion:
        if not history:
            return RewrittenQuestion(question)
        usage = Usage()
        if self._client is not None:
            request = request_id()
            prompt = await asyncio.to_thread(
                self._prompts.rewrite, question, recent(history), new_fence()
            )
            try:
                reply, usage = await self._client.reply(prompt, request)
            except ModelFailed as failed:
                logger.warning(
                    "Request %s: rewritten by rule, because the chat model %s.", request, failed
                )
            else:
                if rewritten := question_in(reply):
                    return RewrittenQuestion(rewritten, usage)
        return RewrittenQuestion(await asyncio.to_thread(rewrite_by_rule, question, history), usage)


def question_in(reply: str) -> str | None:
    """The last line of what a model wrote, if it looks like a question rather than an answer.

    >>> question_in("Here is the question:\\n\\n“Why did Binance.US leave?”")
    'Why did Binance.US leave?'
    """
    lines = [" ".join(line.split()).strip('"“”') for line in reply.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return last if 3 <= len(last) <= 500 and last.count("?") <= 2 else None
