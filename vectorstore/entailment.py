"""Models that read evidence and a claim, and say how likely the evidence supports the claim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.cross_encoder import CrossEncoder, Logits, packaged_sha256, read_weights
from vectorstore.errors import UserError
from vectorstore.lazy_model import LazyModel, load_named
from vectorstore.torch_extra import require_torch

WEIGHTS = Path(__file__).with_name("entailment.safetensors")

SUREST = 5.0

OUTCOMES = ("supported", "contradicted", "not found")
"""The columns of all logits and probabilities here."""

Probabilities = NDArray[np.float32]
"""One row per pair, one column per outcome, rows summing to one: shape (n, 3)."""


class EntailmentModelError(UserError):
    """A model for checking claims cannot be loaded or used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's scaling of the log-odds of support (Platt 1999), fitted on development pairs."""

    slope: float = 1.0
    intercept: float = 0.0

    def probabilities(self, logits: Logits) -> Probabilities:
        """The probability of support is calibrated; the others split the rest by their softmax.

        >>> Calibration().probabilities(np.zeros((1, 3), np.float32)).round(3)
        array([[0.333, 0.333, 0.333]], dtype=float32)
        """
        others = np.exp(logits[:, 1:] - logits[:, 1:].max(axis=1, keepdims=True))
        shares = others / others.sum(axis=1, keepdims=True)
        odds = self.slope * log_odds(logits) + self.intercept
        supported = 1 / (1 + np.exp(-odds))
        rest = (1 - supported)[:, None] * shares
        found: Probabilities = np.column_stack([supported, rest]).astype(np.float32)
        return found


def log_odds(logits: Logits) -> NDArray[np.float64]:
    """The log-odds of support against both other outcomes together: (n, 3) -> (n,).

    Clipped to plus or minus `SUREST`: no pair is surer than that.
    """
    wide = logits.astype(np.float64)
    odds: NDArray[np.float64] = wide[:, 0] - np.logaddexp(wide[:, 1], wide[:, 2])
    return np.clip(odds, -SUREST, SUREST)


class BundledEntailment:
    """The bundled model. Its weights are read once, for the first pair. Thread-safe."""

    threshold = 0.5
    """More likely than not: the probabilities are calibrated."""

    def __init__(self, read: Callable[[], tuple[CrossEncoder, Calibration]] | None = None) -> None:
        self.model = LazyModel(read or read_bundled)

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        """Of `OUTCOMES` for pairs of (evidence, claim). Raises CrossEncoderError."""
        with self.model.in_turn() as (network, calibration):
            return calibration.probabilities(network.logits(pairs))


def read_bundled(weights: Path = WEIGHTS) -> tuple[CrossEncoder, Calibration]:
    """The model in the package, its hash verified. Raises CrossEncoderError."""
    trained = read_weights(weights, packaged_sha256(weights))
    return CrossEncoder(trained), Calibration(**trained.settings)


class NamedEntailment:
    """A sentence-transformers CrossEncoder for entailment: a folder, or a name on the hub.

    What its labels mean is read from its configuration. It is loaded for the first pair. Only a
    name that is not in the local cache needs the network.
    """

    threshold = 0.5

    def __init__(self, model: str) -> None:
        self.model = LazyModel(partial(_load, model))

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        """Of `OUTCOMES` for pairs of (evidence, claim). Raises EntailmentModelError."""
        with self.model.in_turn() as (predict, columns):
            scores = predict(pairs)
        found = np.zeros((len(pairs), len(OUTCOMES)), np.float32)
        for outcome, column in enumerate(columns):
            if column is not None:
                found[:, outcome] = scores[:, column]
        found[:, 2] = 1 - found[:, 0] - found[:, 1]
        return found


def label_columns(labels: dict[int, str]) -> tuple[int, int | None] | None:
    """The columns of entailment and of contradiction, if any; None if no label means entailment.

    >>> label_columns({0: "CONTRADICTION", 1: "neutral", 2: "entailment"})
    (2, 0)
    >>> label_columns({0: "not_entailment", 1: "entailment"})
    (1, None)
    """
    names = {column: label.lower().replace(" ", "_") for column, label in labels.items()}
    entailment = next((c for c, n in names.items() if n in _ENTAILMENT), None)
    contradiction = next((c for c, n in names.items() if n in _CONTRADICTION), None)
    return None if entailment is None else (entailment, contradiction)


_ENTAILMENT = frozenset({"entailment", "entails", "supported", "supports", "consistent", "factual"})
_CONTRADICTION = frozenset({"contradiction", "contradicted", "contradicts", "refuted", "refutes"})


def _load(
    setting: str,
) -> tuple[Callable[[Sequence[tuple[str, str]]], Probabilities], tuple[int, int | None]]:
    require_torch(setting, EntailmentModelError)
    import torch
    from sentence_transformers import CrossEncoder as PairModel

    model = load_named(
        setting,
        lambda local: PairModel(setting, local_files_only=local),
        lambda reason: EntailmentModelError(
            f"The model {setting!r} for checking sentences could not be read: {reason} "
            "Set QA_CHECKER to bundled, rules or llm, to a folder "
            "with a sentence-transformers CrossEncoder for entailment, or to the name of one on "
            "the hub that this machine can reach."
        ),
    )
    labels = {int(column): str(label) for column, label in model.config.id2label.items()}
    columns = label_columns(labels)
    if columns is None:
        raise EntailmentModelError(
            f"The model {setting!r} is not one for entailment: its labels are "
            f"{', '.join(labels.values())}. Set QA_CHECKER to one that has the label entailment."
        )

    def predict(pairs: Sequence[tuple[str, str]]) -> Probabilities:
        scores: Probabilities = model.predict(
            list(pairs),
            activation_fn=torch.nn.Softmax(dim=-1),
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return scores.astype(np.float32)

    return predict, columns
