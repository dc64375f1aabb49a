"""Questions made from statements, and the windows that they are put to."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from qa.training.made_questions import base_form, made_questions
from qa.training.reading_examples import (
    NEIGHBOURS,
    Asked,
    Document,
    asked_examples,
    document_of,
    documents_of,
    example_of,
    other_story_examples,
    own_examples,
    statement_examples,
)
from vectorstore.types import Span, Vectors

TEXT = (
    "Ripple was sued by the SEC in December 2020. The suit was filed in Manhattan. "
    "Judge Analisa Torres hears it. About 40 percent of the tokens were sold in Texas."
)


def as_one(texts: Sequence[str]) -> Vectors:
    return np.ones((len(texts), 1), np.float32)


@pytest.mark.parametrize(
    ("statement", "question", "answer"),
    [
        ("Ripple was sued in December 2020.", "When was Ripple sued?", "December 2020"),
        ("Kraken stopped its service in Texas.", "Where did Kraken stop its service?", "Texas"),
        ("The fund paid $30 million to the state.", None, "$30 million"),
        (
            "The company left the group because the board did not fit.",
            "Why did the company leave the group?",
            "because the board",
        ),
    ],
)
def test_what_a_statement_says_is_asked_for(
    statement: str, question: str | None, answer: str
) -> None:
    made = [each for seed in range(20) for each in made_questions(statement, random.Random(seed))]
    fitting = [each for each in made if each.answer.startswith(answer)]
    assert fitting
    assert question is None or question in [each.text for each in fitting]
    assert all(each.answer in statement for each in made)


def test_base_forms() -> None:
    assert [base_form(each) for each in ("sued", "planned", "led")] == ["sue", "plan", "lead"]


def test_every_example_has_its_answer_where_it_says() -> None:
    document = document_of("Ripple", f"{TEXT} {'Nobody knew how it would end. ' * 60}")
    chance = random.Random(1)
    examples = [example for _ in range(20) for example in own_examples(document, chance)]
    examples += statement_examples(
        "The SEC sued Ripple in December 2020.", document, [document], "x", chance
    )
    assert any(not each.answering for each in examples)
    for example in examples:
        spans = example.passage.sentences
        if example.words:
            [place] = example.answering
            assert spans[place].start <= example.words.start < example.words.end <= spans[place].end
            assert example.words.of(example.passage.text).lower() in TEXT.lower()


def test_a_question_is_put_to_its_paragraph_and_to_another() -> None:
    document = document_of("Ripple", TEXT)
    asked = Asked("Who hears the suit?", 0, ((2, Span(0, 20)),))
    example = example_of(asked, document, 1, 3, "x")
    assert example.answering == (1,)
    assert example.words is not None
    assert example.words.of(example.passage.text) == "Judge Analisa Torres"
    without = example_of(asked, document, 0, 1, "x")
    assert (without.answering, without.words) == ((), None)


def test_a_files_paragraphs_make_one_document_a_title(tmp_path: Path) -> None:
    rows = [
        {
            "title": "Ripple",
            "context": "The suit was filed. Torres hears it.",
            "questions": [
                {"question": "Who hears it?", "answers": [{"start": 20, "text": "Torres"}]}
            ],
        },
        {
            "title": "Ripple",
            "context": "XRP rose.",
            "questions": [{"question": "Why?", "answers": []}],
        },
    ]
    path = tmp_path / "squad_dev.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = [
        each for split in ("train", "development", "test") for each in documents_of(path, split)
    ]
    [(document, asked)] = found
    assert document.sentences == ("The suit was filed.", "Torres hears it.", "XRP rose.")
    assert asked == (Asked("Who hears it?", 0, ((1, Span(0, 6)),)), Asked("Why?", 1, ()))
    examples = list(asked_examples(document, asked, "x", as_one, random.Random(1)))
    assert {bool(each.answering) for each in examples} == {True, False}


def test_questions_are_put_to_passages_of_other_stories_too() -> None:
    def story(number: int) -> tuple[Document, tuple[Asked, ...]]:
        document = document_of(
            f"Story {number}", f"In town {number} a clerk resigned. Nobody knew."
        )
        return document, (Asked(f"Who resigned in town {number}?", 0, ((0, Span(0, 4)),)),)

    stories = [story(number) for number in range(NEIGHBOURS + 3)]
    examples = list(other_story_examples(stories, "x", as_one, random.Random(1)))
    assert examples
    assert all(not each.answering for each in examples)
    texts = [document.window(0, 1).text for document, _ in stories]
    for each in examples:
        number = int(each.question.split()[-1].rstrip("?"))
        assert abs(texts.index(each.passage.text) - number) > NEIGHBOURS
