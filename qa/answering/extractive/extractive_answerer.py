"""Answers in the articles' own words: the best matching sentences, verbatim."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from qa.answering.dated_quotes import event_day
from qa.answering.extractive.answer_types import NUMBER
from qa.answering.extractive.asked_for import Embed, not_named
from qa.answering.extractive.declining import (
    asks_for_a_whole,
    declined_text,
    nothing_named_text,
)
from qa.answering.extractive.definitions import defined_thing
from qa.answering.extractive.one_story import (
    about_what_is_named,
    newest_of_a_story_first,
    until_later,
    with_later_word,
)
from qa.answering.extractive.question_analysis import AnswerType, QuestionAnalysis, topic_words
from qa.answering.extractive.quotation import Quotation, quote_of, written
from qa.answering.extractive.sentence_ranking import (
    ANSWERABLE_FROM,
    Candidate,
    asks_about_now,
    asks_for_several,
    candidates_of,
    goes_on,
    is_dated,
    newest_first,
    probability_of_answer,
    ranked,
    words_read,
    worth_quoting,
)
from qa.answering.extractive.short_answer import short_answer
from qa.answering.extractive.standing import asks_whether, versions_of
from qa.answering.extractive.standing_text import now_and_before, told
from qa.types import AnswerPart, Reply, SentenceChecked, ShortAnswer, Token
from vectorstore.types import ScoredPassage

MOST_SENTENCES = 3
MOST_LISTED = 6
LISTED = "These are the sentences found for a list; the articles may name more."
SAME_SENTENCE = 0.8

Rarities = Callable[[Sequence[str]], Mapping[str, float]]


class ExtractiveAnswerer:
    """An `Answerer` without a chat model.

    `rarities` maps the words of a question to how rare they are in the articles, from 0 to 1.
    With `embed`, a question is declined if it asks who holds an office, or how many there are of
    something, that the articles do not name. With `tells_changes`, an answer also says what
    articles of other dates give for the same thing.
    """

    def __init__(
        self, rarities: Rarities, embed: Embed | None = None, *, tells_changes: bool = True
    ) -> None:
        self._rarities = rarities
        self._embed = embed
        self._tells_changes = tells_changes

    async def answer(
        self, question: str, passages: Sequence[ScoredPassage], today: date | None = None
    ) -> AsyncGenerator[AnswerPart]:
        reply = await asyncio.to_thread(self.reply, question, passages)
        at = 0
        for sentence in reply.sentences:
            yield Token(reply.text[at : sentence.end])
            at = sentence.end
            cited = tuple(each for each in reply.citations if each.number in sentence.citations)
            yield SentenceChecked(sentence, cited)
        if at < len(reply.text):
            yield Token(reply.text[at:])
        yield reply

    def newest(self, question: str, passages: Sequence[ScoredPassage]) -> Reply | None:
        """What the articles give at different times; None if they all agree."""
        analysis = QuestionAnalysis.of(question, self._rarities(topic_words(question)))
        versions = versions_of(analysis, ranked(analysis, candidates_of(passages)), passages)
        return None if versions is None else told(versions, passages)

    def reply(self, question: str, passages: Sequence[ScoredPassage]) -> Reply:
        """The best one to three sentences, or a reply that the articles do not say."""
        rarities = self._rarities(topic_words(question))
        candidates = candidates_of(passages)
        analysis = QuestionAnalysis.of(question, rarities)
        order = ranked(analysis, candidates)
        confidence = probability_of_answer(analysis, order) if order else 0.0
        if confidence < ANSWERABLE_FROM or asks_for_a_whole(question):
            text = declined_text(question, rarities)
            return Reply(answered=False, text=text, confidence=round(confidence, 4))
        missing = not_named(analysis, order, passages, self._embed) if self._embed else None
        if missing is not None:
            text = nothing_named_text(
                missing.thing, order[0].candidate.text, passages[order[0].candidate.passage]
            )
            return Reply(answered=False, text=text, confidence=round(confidence, 4))
        versions = versions_of(analysis, order, passages) if self._tells_changes else None
        if versions is not None:
            return replace(told(versions, passages), confidence=round(confidence, 4))
        newest = newest_first(question, order)
        if self._tells_changes and asks_whether(question) and asks_about_now(question):
            reply = now_and_before(newest, passages)
            if reply is not None:
                return replace(reply, confidence=round(confidence, 4))
        several = asks_for_several(question)
        chosen = about_what_is_named(question, worth_quoting(newest, several=several), passages)
        wants_more = analysis.kind is AnswerType.REASON or defined_thing(question) is not None
        follows_story = self._tells_changes and not (several or wants_more or is_dated(question))
        if follows_story:
            chosen = with_later_word(analysis, chosen, order, passages)
        quotes = quotes_of(
            without_near_duplicates(chosen),
            passages,
            MOST_LISTED if several else MOST_SENTENCES,
            go_on=wants_more and goes_on(newest),
        )
        if follows_story:
            quotes = newest_of_a_story_first(quotes, passages)
            if asks_about_now(question) or _may_change(analysis, quotes[0], passages):
                quotes = until_later(quotes, passages)
        text, sentences, citations = written(quotes, passages)
        first = _sentence(quotes[0], passages)
        words = short_answer(analysis, first)
        return Reply(
            answered=True,
            text=text,
            sentences=sentences,
            citations=citations,
            short_answer=ShortAnswer(words.of(first), 1) if words else None,
            confidence=round(confidence, 4),
            notice=LISTED if several and len(quotes) > 1 else None,
        )


def quotes_of(
    candidates: Sequence[Candidate],
    passages: Sequence[ScoredPassage],
    most: int,
    *,
    go_on: bool = False,
) -> list[Quotation]:
    """At most `most` quotes, none overlapping another. With `go_on`, the first includes the
    sentence that follows it."""
    quotes: list[Quotation] = []
    for each in candidates:
        found = passages[each.passage]
        quote = quote_of(each.passage, found, each.number, go_on=go_on and not quotes)
        repeats = any(
            passages[other.passage].article.id == each.article.id
            and quote.span.start < other.span.end
            and other.span.start < quote.span.end
            for other in quotes
        )
        if not repeats:
            quotes.append(quote)
    return quotes[:most]


def _may_change(
    question: QuestionAnalysis, quote: Quotation, passages: Sequence[ScoredPassage]
) -> bool:
    """Whether the question asks for a number, the reader's answer has one, or the answer to "when"
    is a day that was still to come."""
    if question.kind is AnswerType.TIME:
        published = passages[quote.passage].article.published
        day = published and event_day(_sentence(quote, passages), published)
        return bool(published and day and day > published.isoformat())
    if question.kind is not AnswerType.OTHER:
        return question.kind is AnswerType.NUMBER
    words = words_read(passages[quote.passage], quote.number)
    return words is not None and bool(NUMBER.search(words.of(_sentence(quote, passages))))


def _sentence(quote: Quotation, passages: Sequence[ScoredPassage]) -> str:
    """The quoted sentence, without those around it."""
    passage = passages[quote.passage].passage
    return passage.sentence_text(passage.sentences[quote.number])


def without_near_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without near-duplicates of earlier ones."""
    kept: list[Candidate] = []
    for each in candidates:
        if all(_shared_words(each, other) < SAME_SENTENCE for other in kept):
            kept.append(each)
    return kept


def _shared_words(a: Candidate, b: Candidate) -> float:
    """The Jaccard index of their words."""
    words, others = set(a.stems), set(b.stems)
    return len(words & others) / max(1, len(words | others))
