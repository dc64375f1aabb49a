"""Questions for an office or a number of things that the articles do not name."""

import pytest

from qa.answering.extractive.asked_for import thing_asked_for
from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.types import Reply
from tests.qa.answering.extractive.test_standing import found
from vectorstore.embedding import BundledEmbedder

EMBEDDER = BundledEmbedder()
CHIEF = "Nadia Ferro, the chief executive of Aldana Pharma, expects sales to grow."
STAFF = "Aldana Pharma has 310 employees in Harrow."


def reply(question: str, *sentences: str) -> Reply:
    answerer = ExtractiveAnswerer(lambda words: dict.fromkeys(words, 0.7), EMBEDDER.embed)
    return answerer.reply(question, [found(each, "2025-02-11", read=[6]) for each in sentences])


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Who is the chief financial officer of Aldana Pharma?", "chief financial officer"),
        ("Who is Aldana Pharma's treasurer?", "treasurer"),
        ("so who was the chairman in 2020", "chairman"),
        ("How many tonnes of pears does it buy?", "tonnes of pears"),
        ("Who is the Pope?", None),
        ("Who is in charge of security?", None),
        ("Who resigned?", None),
        ("When was the chairman elected?", None),
    ],
)
def test_what_is_asked_for(question: str, thing: str | None) -> None:
    assert thing_asked_for(question) == thing


@pytest.mark.parametrize(
    ("question", "sentence", "answered"),
    [
        ("Who is the chief financial officer of Aldana Pharma?", CHIEF, False),
        ("Who is the treasurer of Aldana Pharma?", CHIEF, False),
        ("Who is the chief executive of Aldana Pharma?", CHIEF, True),
        ("Who is the CEO of Aldana Pharma?", CHIEF, True),
        ("How many students does Aldana Pharma have?", STAFF, False),
        ("How many staff members does Aldana Pharma have?", STAFF, True),
    ],
)
def test_what_the_articles_do_not_name_is_declined(
    question: str, sentence: str, answered: bool
) -> None:
    answer = reply(question, sentence)
    assert answer.answered == answered
    if not answered:
        assert sentence in answer.text, "what comes nearest is told"
        assert answer.citations == ()


def test_an_office_that_another_article_names_for_another_is_not_named() -> None:
    elsewhere = "Amira Sole was elected mayor of Port Sable."
    here = "Thieves broke into a shop in Oakhaven on Monday."
    assert not reply("Who is the mayor of Oakhaven?", elsewhere, here).answered
    assert reply("Who is the mayor of Port Sable?", elsewhere, here).answered


def test_an_office_of_what_only_other_articles_call_by_its_acronym_is_named() -> None:
    spelled_out = "Mara Quill was sworn in as chairman of the Harbor and Ports Commission."
    short = "The HPC fined a shipping line on Monday."
    assert reply("Who is the chairman of the HPC?", spelled_out, short).answered
