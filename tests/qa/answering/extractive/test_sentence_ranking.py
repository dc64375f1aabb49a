"""What ranks a sentence besides its reading: its article, what is asked for, where it stands."""

from dataclasses import replace

import pytest

from qa.answering.extractive.question_analysis import QuestionAnalysis, topic_words
from qa.answering.extractive.sentence_ranking import (
    asks_for_several,
    candidates_of,
    probability_of_answer,
    ranked,
    worth_quoting,
)
from tests.qa.passages import passage_of
from vectorstore.types import Reading, ScoredPassage


def asked(question: str) -> QuestionAnalysis:
    return QuestionAnalysis.of(question, dict.fromkeys(topic_words(question), 0.5))


def read(found: ScoredPassage, log_odds: float = 0.0) -> ScoredPassage:
    return replace(found, reading=Reading((log_odds,) * len(found.passage.sentences)))


def best(question: str, *passages: ScoredPassage) -> str:
    return ranked(asked(question), candidates_of(passages))[0].candidate.text


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        (
            "When did the ferry sail?",
            "The ferry sailed on 4 May 2023.",
            "The ferry sailed at last.",
        ),
        ("Who runs the ferry?", "Anna Holm runs the ferry.", "The same men still run the ferry."),
        ("How much does it cost?", "It does cost nine euros.", "It does cost rather a lot."),
        ("Why did it stop?", "It did stop because of ice.", "It did stop, and nobody saw it."),
    ],
)
def test_a_sentence_with_what_is_asked_for_comes_first(
    question: str, answer: str, other: str
) -> None:
    assert best(question, read(passage_of(f"{other} {answer}"))) == answer


def test_what_an_article_tells_elsewhere_counts_for_its_sentences() -> None:
    skarn = read(passage_of("The ferry to Skarn is new. Nine people are on board.", "skarn"))
    moen = read(passage_of("The ferry to Moen is new. Nine people are on board.", "moen"))
    order = ranked(asked("How many are on board the Skarn ferry?"), candidates_of([moen, skarn]))
    on_board = [e.candidate.article.id for e in order if "board" in e.candidate.text]
    assert on_board == ["skarn", "moen"]


def test_of_two_alike_the_earlier_in_its_article_comes_first() -> None:
    early = read(passage_of("The harbour opened again.", "early"))
    late = read(passage_of("The harbour opened again.", "late", before="A word. " * 300))
    order = ranked(asked("What opened again?"), candidates_of([late, early]))
    assert [each.candidate.article.id for each in order] == ["early", "late"]


def test_of_several_things_other_articles_have_theirs() -> None:
    chains = [
        read(passage_of("The chain Fennway bargained with the growers.", "fennway"), 2.0),
        read(passage_of("Fennway bargained again. Nobody knew of it.", "again"), 3.0),
        read(passage_of("Ostermann, a chain, spoke with them.", "ostermann"), 4.0),
    ]
    order = ranked(asked("Which chains bargained with the growers?"), candidates_of(chains))
    listed = worth_quoting(order, several=True)
    assert {each.article.id for each in listed} == {"fennway", "again", "ostermann"}
    assert "Nobody knew of it." not in [each.text for each in listed]
    assert [each.article.id for each in worth_quoting(order, several=False)] == ["fennway"]


@pytest.mark.parametrize(
    "question",
    [
        "What causes inflation?",
        "What happens next?",
        "What will Texas do?",
        "What made James quit?",
    ],
)
def test_a_verb_or_a_name_is_no_list_of_things(question: str) -> None:
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    ["What measures did it take?", "What companies failed in May?", "Which chains have it?"],
)
def test_a_question_for_things_asks_for_several(question: str) -> None:
    assert asks_for_several(question)


def test_an_answer_is_less_probable_the_less_is_told_of_the_question() -> None:
    found = read(passage_of("The ferry to Skarn sailed on Monday."))
    questions = (
        "When did the ferry to Skarn sail?",
        "When did the ferry to Skarn sink?",
        "When did the tanker to Moen sink?",
    )
    probabilities = [
        probability_of_answer(asked(each), ranked(asked(each), candidates_of([found])))
        for each in questions
    ]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(set(probabilities)) == len(questions)
