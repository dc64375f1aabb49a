"""Extractive answers: what is quoted, its offsets and where its markers are."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.types import Reply, SentenceChecked, Token
from qa.verification.markers import with_markers
from tests.qa.passages import passage_of
from vectorstore.types import Reading, ScoredPassage

QUESTION = "When did Binance.US join the Blockchain Association?"
FACT = "Binance.US joined the Blockchain Association in August 2020"
ANSWERER = ExtractiveAnswerer(lambda words: dict.fromkeys(words, 0.9))
ENDS = st.sampled_from([".", "!", "…", ".”", '."', ".)", " [2].", " 👩‍👧.", ""])
BEFORE = st.sampled_from(["", "“", "(", "é 👩‍👧 ", "In short, "])


def read(text: str, *odds: float, published: date | None = None, title: str = "") -> ScoredPassage:
    """A passage whose sentences a reader gave these log-odds; -8 to those not said."""
    found = passage_of(text, title, title=title, published=published)
    count = len(found.passage.sentences)
    scores = (*odds, *[-8.0] * count)[:count]
    return replace(found, prior=1.0, reading=Reading(scores))


@given(BEFORE, ENDS, st.sampled_from(["", " Coinbase, a founding member, left within days."]))
def test_sentences_are_exact_and_their_markers_stand_before_the_end(
    before: str, end: str, further: str
) -> None:
    passage = read(f"{before}{FACT}{end}{further}", 8.0)
    reply = ANSWERER.reply(QUESTION, [passage])
    assert reply.answered
    check(reply, passage)


def check(reply: Reply, passage: ScoredPassage) -> None:
    for sentence in reply.sentences:
        assert reply.text[sentence.start : sentence.end] == sentence.text
        [citation] = [each for each in reply.citations if each.number in sentence.citations]
        offset = citation.start - passage.passage.start
        assert passage.passage.text[offset : offset + len(citation.quote)] == citation.quote
        plain = " ".join(citation.quote.split())
        assert sentence.text.startswith(with_markers(plain, sentence.citations))
    assert " ".join(each.text for each in reply.sentences) == reply.text


def test_the_events_add_up_to_the_reply() -> None:
    passage = read(f"{FACT}. Coinbase, a founding member, left the association.", 8.0, 7.5)

    async def collect() -> list[Token | SentenceChecked | Reply]:
        return [part async for part in ANSWERER.answer(QUESTION, [passage])]

    parts = asyncio.run(collect())
    reply = parts[-1]
    assert isinstance(reply, Reply)
    assert "".join(part.text for part in parts if isinstance(part, Token)) == reply.text
    checked = [part.sentence for part in parts if isinstance(part, SentenceChecked)]
    assert tuple(checked) == reply.sentences


def quotes(reply: Reply) -> list[str]:
    return [each.quote for each in reply.citations]


def test_headings_and_questions_are_not_quoted() -> None:
    text = "# What is a Wells notice?\n\nWhat is a Wells notice?\n\nA Wells notice is a letter."
    reply = ANSWERER.reply("What is a Wells notice?", [read(text, 9.0, 9.0, 8.0)])
    assert quotes(reply) == ["A Wells notice is a letter."]


def test_a_pronoun_is_shown_with_the_sentence_before_it() -> None:
    text = "Brian Brooks ran Binance.US.\n\nHe resigned over its strategy. The sun was out."
    reply = ANSWERER.reply("Why did Brian Brooks resign?", [read(text, -2.0, 8.0)])
    assert quotes(reply) == ["Brian Brooks ran Binance.US.\n\nHe resigned over its strategy."]
    assert reply.text == "Brian Brooks ran Binance.US. He resigned over its strategy [1]."


def test_a_weekday_comes_with_the_day_of_publication_outside_the_quote() -> None:
    passage = read("Brian Brooks resigned on Friday.", 8.0, published=date(2021, 8, 7))
    reply = ANSWERER.reply("When did Brian Brooks resign?", [passage])
    assert quotes(reply) == ["Brian Brooks resigned on Friday."]
    assert reply.text == (
        "Brian Brooks resigned on Friday [1]. [published on Saturday, 7 August 2021]"
    )


def test_why_is_answered_with_the_sentence_that_follows() -> None:
    text = "Kraken ended staking in America. The regulator had called it a security. Rain fell."
    reply = ANSWERER.reply("Why did Kraken end staking?", [read(text, 6.0, 5.0)])
    assert quotes(reply) == [text.removesuffix(" Rain fell.")]
    told = ANSWERER.reply("Where did Kraken end staking?", [read(text, 6.0, 3.0)])
    assert quotes(told) == ["Kraken ended staking in America."]


def test_a_reason_or_a_definition_goes_on_where_the_next_sentence_refers_back() -> None:
    text = "A Wells notice is a letter. In it the staff says what it will do. Rain fell."
    what = ANSWERER.reply("What is a Wells notice?", [read(text, 9.0, -9.0)])
    assert quotes(what) == [text.removesuffix(" Rain fell.")]
    who = ANSWERER.reply("Who sends a Wells notice?", [read(text, 9.0, -9.0)])
    assert quotes(who) == ["A Wells notice is a letter."]


def test_markdown_shows_in_quotes_alone() -> None:
    text = "**Some $60 billion** has [gone](https://example.org)."
    reply = ANSWERER.reply("What has gone?", [read(text, 9.0)])
    assert quotes(reply) == [text]
    assert reply.text == "Some $60 billion has gone [1]."


def test_a_name_is_known_by_its_initials() -> None:
    text = "The Securities and Exchange Commission sued Ripple."
    reply = ANSWERER.reply("Did the SEC sue Ripple?", [read(text, 6.0)])
    assert reply.answered
    other = ANSWERER.reply("Did the CFTC sue Ripple?", [read(text, 6.0)])
    assert (reply.confidence or 0) > (other.confidence or 0)


def test_a_title_is_known_by_its_abbreviation() -> None:
    spelled_out = read("The chief executive of Ripple resigned.", 6.0)
    abbreviated = read("The CEO of Ripple resigned.", 6.0)
    for question, found in (
        ("Did the CEO of Ripple resign?", spelled_out),
        ("Did the chief executive of Ripple resign?", abbreviated),
    ):
        like = ANSWERER.reply(question, [found])
        other = ANSWERER.reply(question, [read("The CFO of Ripple resigned.", 6.0)])
        assert (like.confidence or 0) > (other.confidence or 0)


def test_a_question_about_now_is_answered_by_the_newest_article() -> None:
    old = read("Jay Clayton runs the agency.", 8.0, published=date(2020, 1, 1), title="Old")
    new = read("Gary Gensler runs the agency.", 7.5, published=date(2021, 5, 1), title="New")
    now = ANSWERER.reply("Who runs the agency?", [old, new])
    assert quotes(now)[0] == "Gary Gensler runs the agency."
    then = ANSWERER.reply("Who ran the agency in 2020?", [old, new])
    assert quotes(then)[0] == "Jay Clayton runs the agency."


def test_the_same_sentence_is_quoted_once() -> None:
    one = read(f"{FACT}.", 8.0, title="One")
    other = read(f"{FACT}.", 8.0, title="Other")
    assert quotes(ANSWERER.reply(QUESTION, [one, other])) == [f"{FACT}."]


@pytest.mark.parametrize(
    ("question", "rarity", "said"),
    [
        ("How much is the salary of Teng?", 0.9, "No sentence about"),
        ("How much is the salary of Teng?", 1.0, "Ask in the language of the articles"),
        ("Summarize what Binance did", 0.9, "QA_MODEL"),
    ],
)
def test_declining_says_what_was_looked_for(question: str, rarity: float, said: str) -> None:
    answerer = ExtractiveAnswerer(lambda words: dict.fromkeys(words, rarity))
    odds = 8.0 if "Summarize" in question else -12.0
    passage = read(f"{FACT}.", odds, published=date(2022, 4, 20), title="A lobby loses")
    reply = answerer.reply(question, [replace(passage, prior=0.0)])
    assert not reply.answered
    assert reply.text.startswith("The articles do not say. ")
    assert said in reply.text
    assert reply.citations == ()


def test_nothing_found_is_declined() -> None:
    assert not ANSWERER.reply(QUESTION, []).answered
