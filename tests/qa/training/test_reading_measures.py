"""What a reader is measured on: questions that it was not trained on, and how many they are."""

import json
from itertools import count
from pathlib import Path

import pytest

from qa.training.entailment_pairs import Split, split_of
from qa.training.reading_examples import trained_sentence_questions
from qa.training.reading_measures import reading_figures
from vectorstore.passage_reader import PassageReader, read_bundled_reader

CONTEXT = "The suit was filed in Manhattan. Judge Analisa Torres hears it. XRP rose."


def one_of(split: Split, words: str) -> str:
    """Words that belong to a split."""
    return next(text for n in count() if split_of(text := f"{words} {n}?") == split)


TRAINED, UNSEEN = one_of("train", "Who hears suit"), one_of("test", "Where was suit")


@pytest.fixture(scope="module")
def reader() -> PassageReader:
    return read_bundled_reader()


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    """A file with a question that nothing answers, and two that its paragraph does."""
    answers = {TRAINED: "Judge Analisa Torres", UNSEEN: "Manhattan"}
    questions: list[dict[str, object]] = [
        {"question": question, "answers": [{"start": CONTEXT.index(text), "text": text}]}
        for question, text in answers.items()
    ]
    questions.append({"question": "Who paid for lunch?", "answers": []})
    row = {"title": one_of("test", "Ripple"), "context": CONTEXT, "questions": questions}
    path = tmp_path / "squad_dev.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    return path


def test_the_share_of_right_sentences_is_told_with_the_number_that_it_is_of(
    reader: PassageReader, squad: Path
) -> None:
    questions, answerable, _, _ = reading_figures(reader, squad)
    assert (questions, answerable) == ("3", "2")


def test_questions_that_were_trained_on_with_single_sentences_are_not_measured(
    reader: PassageReader, squad: Path, tmp_path: Path
) -> None:
    (tmp_path / "entailment").mkdir()
    (tmp_path / "entailment" / "qnli_dev.jsonl").write_text(
        "\n".join(json.dumps({"claim": each}) for each in (TRAINED, UNSEEN)), encoding="utf-8"
    )
    trained_on = trained_sentence_questions(tmp_path)
    assert trained_on == {TRAINED}
    questions, answerable, _, _ = reading_figures(reader, squad, trained_on)
    assert (questions, answerable) == ("2", "1")
