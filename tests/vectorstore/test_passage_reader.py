"""The bundled reader, and those that people name."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    BertForSequenceClassification,
)

from tests.qa.passages import passage_of
from tests.vectorstore import nasty
from vectorstore.bundled_model import bundled_folder
from vectorstore.passage_reader import (
    WEIGHTS,
    BundledReader,
    NamedReader,
    NamedReranker,
    ReaderError,
    ReadingPassage,
)
from vectorstore.types import Reader, Reading, ScoredPassage

ANSWERS = passage_of(
    "The group was founded in 2018. The exchange joined it in August 2020. It has 80 members.",
    before="Harbor Desk. ",
)
OTHER = passage_of("The price of wheat rose in Chicago. Farmers were content.", "wheat")
QUESTION = "When did the exchange join the group?"


def test_the_sentence_that_answers_is_found(reader: BundledReader) -> None:
    answers, other = reader.read(QUESTION, [ANSWERS, OTHER])
    assert int(np.argmax(answers.sentences)) == 1
    assert answers.log_odds > 0 > other.log_odds


def test_the_words_that_answer_are_found_in_each_sentence(reader: BundledReader) -> None:
    [reading] = reader.read(QUESTION, [ANSWERS])
    words = [each and each.of(ANSWERS.passage.text) for each in reading.words]
    assert words[:2] == ["2018", "August 2020"]
    sentences = ReadingPassage.of(ANSWERS).sentences
    for span, sentence in zip(reading.words, sentences, strict=True):
        assert span is not None
        assert sentence.start <= span.start < span.end <= sentence.end


def test_a_passage_is_read_the_same_alone_and_among_others(reader: BundledReader) -> None:
    together = reader.read(QUESTION, [ANSWERS, OTHER])
    alone = [reading for each in (ANSWERS, OTHER) for reading in reader.read(QUESTION, [each])]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(np.array(one.sentences) - np.array(other.sentences)).max() < 0.3


def test_whatever_the_text_each_sentence_has_a_score(
    reader: BundledReader,
) -> None:
    @given(text=nasty.texts, question=nasty.texts)
    @settings(deadline=None, max_examples=40)
    def check(text: str, question: str) -> None:
        passage = passage_of(text, before="é 🏛️ ")
        check_reading(reader.read(question, [passage])[0], passage)

    check()


def check_reading(reading: Reading, found: ScoredPassage) -> None:
    sentences = found.passage.sentences
    assert len(reading.sentences) == len(sentences)
    assert all(np.isfinite(reading.sentences))


def test_what_is_beyond_the_models_length_is_not_read(reader: BundledReader) -> None:
    long = passage_of("The cat sat on the mat. " * 200)
    reading = reader.read(QUESTION, [long])[0]
    assert reading.sentences[-1] < min(reading.sentences[:10])


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size <= 12_000_000


def test_the_title_is_read_unless_the_text_has_it() -> None:
    assert ReadingPassage.of(passage_of("It left.", title="A lobby")).heading == "A lobby\n"
    assert ReadingPassage.of(passage_of("A  lobby left.", title="A lobby")).heading == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny untrained models, saved as people save theirs."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("models")
    tokenizer = AutoTokenizer.from_pretrained(bundled_folder())

    def tiny(outputs: int = 2) -> BertConfig:
        return BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            id2label={n: f"LABEL_{n}" for n in range(outputs)},
            label2id={f"LABEL_{n}": n for n in range(outputs)},
        )

    for name, model in (
        ("reader", BertForQuestionAnswering(tiny())),
        ("reranker", BertForSequenceClassification(tiny(1))),
        ("judge", BertForSequenceClassification(tiny(3))),
    ):
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder


def test_a_named_reader_gives_a_sentence_its_best_span_against_no_answer(folder: Path) -> None:
    named: Reader = NamedReader(str(folder / "reader"))
    [reading] = named.read(QUESTION, [ANSWERS])
    check_reading(reading, ANSWERS)
    model = BertForQuestionAnswering.from_pretrained(folder / "reader")
    tokenizer = AutoTokenizer.from_pretrained(folder / "reader")
    heading = ReadingPassage.of(ANSWERS).heading
    batch = tokenizer(QUESTION, heading + ANSWERS.passage.text, return_tensors="pt")
    with torch.inference_mode():
        output = model(**batch)
    starts, ends = output.start_logits[0], output.end_logits[0]
    first = ANSWERS.passage.sentences[1]
    shift = len(heading) - ANSWERS.passage.start
    tokens = [batch.char_to_token(0, place + shift, 1) for place in range(first.start, first.end)]
    inside = sorted({token for token in tokens if token is not None})
    best = max(float(starts[a] + ends[b]) for a in inside for b in inside if a <= b)
    assert reading.sentences[1] == pytest.approx(best - float(starts[0] + ends[0]), abs=1e-3)


def test_a_named_reranker_scores_passages(folder: Path) -> None:
    found = NamedReranker(str(folder / "reranker")).log_odds(QUESTION, [ANSWERS, OTHER])
    assert len(found) == 2
    assert found[0] != found[1]


def test_models_that_do_not_fit_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="it has 3 outputs"):
        NamedReranker(str(folder / "judge")).log_odds(QUESTION, [ANSWERS])
    with pytest.raises(ReaderError, match="Set QA_RERANKER"):
        NamedReranker(str(tmp_path)).log_odds(QUESTION, [ANSWERS])
    with pytest.raises(ReaderError, match="Set QA_READER"):
        NamedReader(str(tmp_path)).read(QUESTION, [ANSWERS])
