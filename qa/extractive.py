"""Answers in the articles' own words: the sentences that best fit the question, verbatim."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np

from qa.types import Citation, Reply, Sentence, SentenceChecked, Token
from vectorstore.types import Embedder, ScoredPassage, Span

NOT_ANSWERED = "The articles do not say."


class ExtractiveAnswerer:
    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage]
    ) -> AsyncIterator[Token | SentenceChecked | Reply]:
        reply = await asyncio.to_thread(self._reply, question, passages)
        yield Token(reply.text)
        for sentence in reply.sentences:
            yield SentenceChecked(sentence, reply.citations)
        yield reply

    def _reply(self, question: str, passages: Sequence[ScoredPassage]) -> Reply:
        sentences = [(found, span) for found in passages for span in found.passage.sentences]
        if not sentences:
            return Reply(answered=False, text=NOT_ANSWERED)
        texts = [found.passage.sentence_text(span) for found, span in sentences]
        vectors = self._embedder.embed([question, *texts])
        best = int(np.argmax(vectors[1:] @ vectors[0]))
        found, span = sentences[best]
        return quote_reply(found, span)


def quote_reply(found: ScoredPassage, span: Span) -> Reply:
    quote = found.passage.sentence_text(span)
    text = f"{quote} [1]"
    citation = Citation(
        number=1,
        article_id=found.article.id,
        passage_id=found.passage.id,
        title=found.article.title,
        source=found.article.source,
        url=found.article.url,
        published=found.article.published,
        start=span.start,
        end=span.end,
        quote=quote,
    )
    return Reply(
        answered=True,
        text=text,
        sentences=(Sentence(0, len(text), text, (1,), supported=True),),
        citations=(citation,),
    )
