"""Generates example questions from sentences of the articles that answer them."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from qa.answering.extractive.answer_types import NAME, OPENERS
from vectorstore.text.dates import find_times
from vectorstore.text.words import FUNCTION_WORDS
from vectorstore.types import Passage

# Verbs common in news: the past tense for sentences, the infinitive for questions.
_VERBS = {
    "acquired": "acquire",
    "admitted": "admit",
    "agreed": "agree",
    "announced": "announce",
    "approved": "approve",
    "banned": "ban",
    "became": "become",
    "began": "begin",
    "bought": "buy",
    "charged": "charge",
    "closed": "close",
    "died": "die",
    "dropped": "drop",
    "elected": "elect",
    "failed": "fail",
    "filed": "file",
    "fined": "fine",
    "founded": "found",
    "froze": "freeze",
    "joined": "join",
    "launched": "launch",
    "left": "leave",
    "lost": "lose",
    "moved": "move",
    "opened": "open",
    "ordered": "order",
    "paid": "pay",
    "passed": "pass",
    "pleaded": "plead",
    "promised": "promise",
    "published": "publish",
    "rejected": "reject",
    "released": "release",
    "resigned": "resign",
    "ruled": "rule",
    "sentenced": "sentence",
    "signed": "sign",
    "sold": "sell",
    "started": "start",
    "stopped": "stop",
    "sued": "sue",
    "suspended": "suspend",
    "took": "take",
    "voted": "vote",
    "went": "go",
    "withdrew": "withdraw",
    "won": "win",
}
_EVENT = re.compile(
    rf"(?P<the>The )?(?P<who>{NAME.pattern}) (?P<verb>{'|'.join(_VERBS)})\b"
    r"(?P<what>[^,;:.?!()“”\"]{0,70}) (?:in|on) $"
)

TRIES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and the article it was generated from."""

    question: str
    article_id: str


# These refer to other sentences.
_PRONOUN = re.compile(r"\b(?:it|its|he|his|him|she|her|they|them|their|this|that|these|those)\b")


def examples_in(passages: Sequence[Passage]) -> Iterator[Example]:
    """A question for each sentence that says who did what and when, then one for each name at the
    start of a sentence.

    >>> from vectorstore.types import Span
    >>> text = "Binance.US joined the group in August 2020."
    >>> passage = Passage("p", "a", 0, len(text), text, (Span(0, len(text)),))
    >>> [each.question for each in examples_in([passage])]
    ['When did Binance.US join the group?', 'What do the articles say about Binance.US?']
    """
    common = {word for each in passages for word in re.findall(r"\b[a-z]+\b", each.text)}
    sentences = [
        (each.article_id, each.sentence_text(sentence))
        for each in passages
        for sentence in each.sentences
    ]
    for article_id, sentence in sentences:
        event = _dated_event(sentence)
        if event and event["what"].strip() and _is_name(event["who"], common):
            who = f"{'the ' if event['the'] else ''}{event['who']}"
            question = f"When did {who} {_VERBS[event['verb']]}{event['what']}?"
            if not _PRONOUN.search(question):
                yield Example(question, article_id)
    for article_id, sentence in sentences:
        name = NAME.match(sentence)
        if name and _is_name(name[0], common):
            yield Example(f"What do the articles say about {name[0]}?", article_id)


def _dated_event(sentence: str) -> re.Match[str] | None:
    """What the sentence says somebody did, up to the first date that says when."""
    events = (_EVENT.match(sentence[: time.start]) for time in find_times(sentence))
    return next((event for event in events if event), None)


def choose_examples(
    candidates: Iterable[Iterator[Example]], is_answered: Callable[[Example], bool], most: int
) -> tuple[str, ...]:
    """At most `most` questions that are answered, from as many articles as possible.

    `candidates` has one iterator per article; an article is dropped after `TRIES` unanswered
    questions in a row.
    """
    waiting = list(candidates)
    chosen: list[str] = []
    while waiting and len(chosen) < most:
        for examples in list(waiting):
            fitting = (each for each in examples if each.question not in chosen)
            example = next((each for each in islice(fitting, TRIES) if is_answered(each)), None)
            if example is None:
                waiting.remove(examples)
            elif len(chosen) < most:
                chosen.append(example.question)
            if len(chosen) == most:
                break
    return tuple(chosen)


def _is_name(words: str, common: Container[str]) -> bool:
    first, *others = words.lower().split()
    return first not in FUNCTION_WORDS | OPENERS and (bool(others) or first not in common)
