"""The bundled model's network, a BERT (Devlin et al. 2019), computed by ONNX Runtime.

The graph ships with the package, without weights (`scripts/make-bert-graph` makes it); those come
from the bundled model, or one fine-tuned from it. Nothing here needs torch, which takes seconds to
import and hundreds of megabytes.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.bundled_model import EmbeddingModelError, bundled_folder

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Weights = Mapping[str, NDArray[np.float32]]
"""Arrays by their names in the bundled model's file."""

GRAPH = Path(__file__).with_name("bert.onnx")
LAYERS = 6
DIMENSION = 384
_EMBEDDINGS = {
    "word_embeddings": "embeddings.word_embeddings.weight",
    "position_embeddings": "embeddings.position_embeddings.weight",
    "type_embeddings": "embeddings.token_type_embeddings.weight",
    "embeddings_norm.weight": "embeddings.LayerNorm.weight",
    "embeddings_norm.bias": "embeddings.LayerNorm.bias",
}
_PROJECTIONS = ("query", "key", "value")


class BertSession:
    """The encoder. Any thread may use it; ONNX Runtime spreads each call over all cores, unless it
    is told to stay on the caller's."""

    def __init__(self, weights: Weights) -> None:
        import onnxruntime  # type: ignore[import-untyped]  # it ships none

        # Kept, because sessions do not copy them.
        self._values = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(value)
            for name, value in graph_weights(weights).items()
        }
        self._loading = threading.Lock()
        self._sessions: dict[int, Any] = {}

    def hidden(
        self, encodings: Sequence["Encoding"], *, on_one_core: bool = False
    ) -> NDArray[np.float32]:
        """The tokens' vectors, (n, longest, `DIMENSION`), padded to the longest text."""
        longest = max(len(each) for each in encodings)
        inputs = np.zeros((3, len(encodings), longest), np.int32)
        for row, each in enumerate(encodings):
            inputs[:, row, : len(each)] = [each.ids, each.type_ids, each.attention_mask]
        tokens, types, mask = inputs
        session = self._session(1 if on_one_core else os.cpu_count() or 1)
        (found,) = session.run(None, {"tokens": tokens, "types": types, "mask": mask})
        hidden: NDArray[np.float32] = found
        return hidden

    def _session(self, threads: int) -> Any:
        with self._loading:
            if threads not in self._sessions:
                self._sessions[threads] = self._make_session(threads)
            return self._sessions[threads]

    def _make_session(self, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Idle threads leave the cores to other work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_external_initializers(list(self._values), list(self._values.values()))
        return onnxruntime.InferenceSession(
            GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"]
        )


@lru_cache(maxsize=1)
def bundled_weights() -> Weights:
    from safetensors.numpy import load_file

    stored = load_file(Path(bundled_folder()) / "model.safetensors")
    return {name: each for name, each in stored.items() if each.dtype == np.float32}


def bundled_tokenizer() -> "Tokenizer":
    """A new one, which neither pads nor truncates."""
    from tokenizers import Tokenizer

    tokenizer: Tokenizer = Tokenizer.from_file(str(Path(bundled_folder()) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=1)
def bundled_words() -> frozenset[str]:
    """The vocabulary's whole words, in lower case; none if the model is not installed."""
    try:
        vocabulary = bundled_tokenizer().get_vocab()
    except EmbeddingModelError:
        return frozenset()
    return frozenset(each for each in vocabulary if each.isalpha())


def graph_weights(weights: Weights) -> dict[str, NDArray[np.float32]]:
    """The weights as the graph names and shapes them: matrices transposed, and those of query, key
    and value side by side."""
    found = {name: weights[key] for name, key in _EMBEDDINGS.items()}
    for layer in range(LAYERS):
        own = {
            name.removeprefix(f"encoder.layer.{layer}."): value
            for name, value in weights.items()
            if name.startswith(f"encoder.layer.{layer}.")
        }
        projections = [own[f"attention.self.{each}.weight"].T for each in _PROJECTIONS]
        biases = [own[f"attention.self.{each}.bias"] for each in _PROJECTIONS]
        found |= {
            f"{layer}.attention.weight": np.ascontiguousarray(np.concatenate(projections, axis=1)),
            f"{layer}.attention.bias": np.concatenate(biases),
        }
        for name, key in (
            ("attended", "attention.output.dense"),
            ("wide", "intermediate.dense"),
            ("narrow", "output.dense"),
        ):
            found[f"{layer}.{name}.weight"] = np.ascontiguousarray(own[f"{key}.weight"].T)
            found[f"{layer}.{name}.bias"] = own[f"{key}.bias"]
        for name, key in (
            ("attended_norm", "attention.output.LayerNorm"),
            ("norm", "output.LayerNorm"),
        ):
            found[f"{layer}.{name}.weight"] = own[f"{key}.weight"]
            found[f"{layer}.{name}.bias"] = own[f"{key}.bias"]
    return found
