"""Extractive answers: their offsets, and where their markers are."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.types import Reply, SentenceChecked, Token
from qa.verification.markers import with_markers
from tests.qa.passages import passage_of
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import ScoredPassage

QUESTION = "When did Binance.US join the Blockchain Association?"
FACT = "Binance.US joined the Blockchain Association in August 2020"
ANSWERER = ExtractiveAnswerer(HashingEmbedder(), lambda words: dict.fromkeys(words, 1.0))
ENDS = st.sampled_from([".", "!", "?", "…", ".”", '."', ".)", " [2].", " 👩‍👧.", ""])
BEFORE = st.sampled_from(["", "“", "(", "é 👩‍👧 ", "In short, "])


@given(BEFORE, ENDS, st.sampled_from(["", " Coinbase, a founding member, left within days."]))
def test_sentences_are_exact_and_their_markers_stand_before_the_end(
    before: str, end: str, further: str
) -> None:
    passage = passage_of(f"{before}{FACT}{end}{further}")
    reply = ANSWERER.reply(QUESTION, [passage])
    assert reply.answered
    check(reply, passage)


def check(reply: Reply, passage: ScoredPassage) -> None:
    for sentence in reply.sentences:
        assert reply.text[sentence.start : sentence.end] == sentence.text
        [citation] = [each for each in reply.citations if each.number in sentence.citations]
        offset = citation.start - passage.passage.start
        assert passage.passage.text[offset : offset + len(citation.quote)] == citation.quote
        assert sentence.text == with_markers(citation.quote, sentence.citations)
    assert " ".join(each.text for each in reply.sentences) == reply.text


def test_the_events_add_up_to_the_reply() -> None:
    passage = passage_of(f"{FACT}. Coinbase, a founding member, left the association within days.")

    async def collect() -> list[Token | SentenceChecked | Reply]:
        return [part async for part in ANSWERER.answer(QUESTION, [passage])]

    parts = asyncio.run(collect())
    reply = parts[-1]
    assert isinstance(reply, Reply)
    assert "".join(part.text for part in parts if isinstance(part, Token)) == reply.text
    checked = [part.sentence for part in parts if isinstance(part, SentenceChecked)]
    assert tuple(checked) == reply.sentences
