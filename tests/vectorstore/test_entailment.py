"""The bundled model of entailment, and those that people name."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from vectorstore.bundled_model import bundled_folder
from vectorstore.cross_encoder import CrossEncoder, CrossEncoderError
from vectorstore.entailment import (
    WEIGHTS,
    BundledEntailment,
    Calibration,
    EntailmentModelError,
    NamedEntailment,
    read_bundled,
)

PAIRS = [
    ("The fund joined the board in August 2020.", "The fund joined the board."),
    ("The fund joined the board in August 2020.", "The fund left the board in May 2019."),
]


def test_the_bundled_model_tells_support_from_its_opposite() -> None:
    model = BundledEntailment()
    found = model.probabilities(PAIRS)
    assert found.shape == (2, 3)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-3)
    assert found[0, 0] >= model.threshold > found[1, 0]


def test_a_pair_is_judged_the_same_alone_and_among_others() -> None:
    model = BundledEntailment()
    long = ("The fund joined. " * 80, "The fund joined the board.")
    together = model.probabilities([*PAIRS, long])
    alone = np.concatenate([model.probabilities([pair]) for pair in [*PAIRS, long]])
    assert np.abs(together - alone).max() < 0.05


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size <= 12_000_000


def test_weights_that_were_altered_are_refused(tmp_path: Path) -> None:
    altered = tmp_path / WEIGHTS.name
    altered.write_bytes(WEIGHTS.read_bytes()[:-1] + b"x")
    altered.with_suffix(".sha256").write_bytes(WEIGHTS.with_suffix(".sha256").read_bytes())
    with pytest.raises(CrossEncoderError, match="not the file that this version came with"):
        read_bundled(altered)
    with pytest.raises(CrossEncoderError, match="is missing"):
        read_bundled(tmp_path / "none.safetensors")


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A tiny entailment model, untrained, saved as people save theirs."""
    return saved(tmp_path / "tiny", {0: "contradiction", 1: "entailment", 2: "neutral"})


def saved(folder: Path, labels: dict[int, str]) -> Path:
    torch.manual_seed(1)
    tokenizer = AutoTokenizer.from_pretrained(bundled_folder())
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        id2label=labels,
        label2id={label: column for column, label in labels.items()},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_named_models_labels_are_read_from_its_configuration(named: Path) -> None:
    found = NamedEntailment(str(named)).probabilities(PAIRS)
    model = BertForSequenceClassification.from_pretrained(named)
    tokenizer = AutoTokenizer.from_pretrained(named)
    with torch.inference_mode():
        evidence, claims = map(list, zip(*PAIRS, strict=True))
        batch = tokenizer(evidence, claims, padding=True, return_tensors="pt")
        expected = model(**batch).logits.softmax(dim=1).numpy()
    assert np.allclose(found, expected[:, [1, 0, 2]], atol=1e-3)


def test_a_model_for_something_else_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "moods", {0: "glad", 1: "sad"})
    with pytest.raises(EntailmentModelError, match="its labels are glad, sad"):
        NamedEntailment(str(folder)).probabilities(PAIRS)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EntailmentModelError, match="Set QA_CHECKER"):
        NamedEntailment(str(tmp_path)).probabilities(PAIRS)


def test_the_weights_are_read_once_for_the_first_pair() -> None:
    reads: list[str] = []

    def read() -> tuple[CrossEncoder, Calibration]:
        reads.append("read")
        return read_bundled()

    model = BundledEntailment(read)
    assert not reads
    for _ in range(2):
        model.probabilities(PAIRS)
    assert reads == ["read"]
