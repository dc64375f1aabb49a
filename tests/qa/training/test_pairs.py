"""Pairs to train on: claims of one split only, and labels that follow from how a claim was made."""

import random

import numpy as np
import pytest

from qa.training.entailment_pairs import EntailmentPair, split_of, with_nearest
from qa.training.question_claims import AskedQuestion, claim_from, question_pairs
from qa.training.synthetic_pairs import reference_pairs, role_pairs, synthetic_pairs
from vectorstore.types import Vectors

ARTICLE = [
    "Alameda Research lent $500 million to Voyager in June 2022.",
    "Alameda Research had promised to pay the rest within three months.",
    "Gary Gensler, who chairs the commission, called the loan reckless.",
    "The Commodity Futures Trading Commission sued Voyager on October 12, 2023.",
    "The court rejected the complaint because the deadline had passed.",
    "Silvergate Bank closed all of its accounts in California.",
]


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


def outcomes(pairs: list[EntailmentPair]) -> set[str]:
    return {pair.outcome for pair in pairs}


def test_a_claim_is_in_one_split_however_it_is_written() -> None:
    assert split_of("The fund joined, in 2020.") == split_of("the fund joined in  2020")
    splits = [split_of(f"claim {number}") for number in range(2_000)]
    shares = [splits.count(each) / 2_000 for each in ("train", "development", "test")]
    assert np.allclose(shares, [0.7, 0.1, 0.2], atol=0.04)


def test_false_claims_are_not_in_the_article_and_true_ones_use_its_words(
    chance: random.Random,
) -> None:
    pairs = [pair for _ in range(30) for pair in synthetic_pairs(ARTICLE, "made", chance)]
    assert outcomes(pairs) == {"supported", "contradicted", "unsupported", "neutral"}
    text = " ".join(ARTICLE)
    for pair in pairs:
        if pair.outcome in ("contradicted", "unsupported"):
            assert pair.claim not in text, pair
        else:
            numbers = {word for word in pair.claim.split() if word[0].isdigit()}
            assert all(number.rstrip(".,") in text for number in numbers), pair


def test_a_claim_names_what_its_evidence_refers_to(chance: random.Random) -> None:
    pairs = [pair for _ in range(30) for pair in reference_pairs(ARTICLE, "made", chance)]
    named = "Alameda Research had promised"
    assert any(pair.claim.startswith(named) and named not in pair.evidence for pair in pairs)
    assert any(pair.claim.startswith("Gensler") for pair in pairs)


def test_roles_are_swapped_in_false_claims_only(chance: random.Random) -> None:
    sentences = ["Rome defeated Carthage.", "The fund acquired the bank.", "Ann visited Bob."]
    for pair in role_pairs(sentences, 200, "made", chance):
        assert (pair.outcome == "supported") == (_event(pair.claim) in _events(pair.evidence)), pair


def _events(text: str) -> set[tuple[str, str, str]]:
    return {_event(part) for part in text.split(". ") if part}


def _event(sentence: str) -> tuple[str, str, str]:
    """(who, did, to whom) of "The fund acquired the bank." and its passive."""
    words = sentence.lower().rstrip(".").replace("the ", "").split()
    if "by" in words:
        return words[-1], words[-3], words[0]
    return words[0], words[1], words[2]


def test_an_answer_put_into_another_question_makes_a_false_claim(chance: random.Random) -> None:
    context = "Newton formed the theory of gravitation. Curie discovered radium in Paris."
    questions = [
        AskedQuestion("Who formed the theory of gravitation?", "Newton", 0),
        AskedQuestion("Who discovered radium?", "Curie", 41),
        AskedQuestion("Who discovered oxygen?"),
    ]
    pairs = [p for _ in range(10) for p in question_pairs(context, questions, "asked", chance)]
    claims = {(pair.claim, pair.is_supported) for pair in pairs}
    assert ("Newton formed the theory of gravitation.", True) in claims
    assert ("Curie formed the theory of gravitation.", False) in claims
    assert {supported for claim, supported in claims if "oxygen" in claim} == {False}


def test_a_question_that_no_rule_turns_makes_no_claim() -> None:
    assert claim_from("How long did it take?", "two years") is None
    assert claim_from("Who formed it?", "") is None


def test_long_evidence_is_cut_to_the_sentences_nearest_to_the_claim() -> None:
    def embed(texts: list[str]) -> Vectors:
        return np.array([[float("radium" in text), 1.0] for text in texts], np.float32)

    filler = " ".join(f"Sentence number {n} is about something else entirely." for n in range(20))
    pair = EntailmentPair(f"{filler} Curie found radium.", "Curie found radium.", "supported", "x")
    (short,) = with_nearest([pair], embed)  # type: ignore[arg-type]  # a list is what it gets
    assert "Curie found radium." in short.evidence
    assert len(short.evidence) < 500
