"""Labelled pairs of evidence and claim, and which of them may be trained on. Pure, reading aside.

A claim belongs to one split whatever source it is in, so no test claim is ever trained on.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from vectorstore.text.sentences import split_sentences
from vectorstore.types import Vectors

Outcome = Literal["supported", "contradicted", "neutral", "unsupported"]
"""What evidence says of a claim; `unsupported` if a source merges contradicted and neutral."""
Split = Literal["train", "development", "test"]

_OUTCOMES: dict[str, Outcome] = {
    "entailment": "supported",
    "SUPPORTS": "supported",
    "SUPPORTED": "supported",
    "Supports": "supported",
    "supports": "supported",
    "supported": "supported",
    "Fully attributable": "supported",
    "contradiction": "contradicted",
    "REFUTES": "contradicted",
    "REFUTED": "contradicted",
    "Refutes": "contradicted",
    "refutes": "contradicted",
    "neutral": "neutral",
    "Neutral": "neutral",
    "NOT_ENOUGH_INFO": "neutral",
    "not enough info": "neutral",
    "not_entailment": "unsupported",
    "not_supported": "unsupported",
    "partially_supported": "unsupported",
    "Not fully attributable": "unsupported",
}

TRAINING_CAPS = {
    "mnli_dev_matched": 8_000,
    "snli_dev": 2_500,
    "snli_test": 2_000,
    "cad_snli": 1_200,
    "rte": 2_000,
    "fever_dev_rte": 3_000,
    "fever_symmetric": 1_500,
    "vitaminc_sample": 400,
    "wice_claim": 700,
    "scifact_rte": 600,
    "negation_nli": 1_500,
    "med": 1_500,
    "begin_wow": 3_000,
}
"""The most training pairs per source; captions and odd sentences are kept few."""

NEVER_TRAINED = ("covidfact", "healthver", "climate_fever", "scitail_test")
"""Noisy or loosely labelled sources: read at the end, to see how well the judge generalises."""

ARTICLE_LIKE = ("wice_claim", "rte", "vitaminc_sample", "begin_wow")
"""Sources whose evidence can be understood by itself, as an article can. In others it is a sentence
taken out of context, which does not say whom it is about."""

LONG_EVIDENCE = 700
NEAREST = 5
"""Evidence of more characters is cut to this many of its sentences, as the checker does."""

GROUPS = {
    "captions": ("snli_dev", "snli_test", "cad_snli"),
    "general": ("mnli_dev_matched", "rte", "negation_nli", "med"),
    "wikipedia": ("fever_dev_rte", "fever_symmetric", "vitaminc_sample", "wice_claim"),
    "dialogue": ("begin_wow",),
    "science": ("scifact_rte", *NEVER_TRAINED),
}
"""Sources by kind, left out of training together."""


@dataclass(frozen=True, slots=True)
class EntailmentPair:
    """A claim, the text it is checked against, and how people labelled the two."""

    evidence: str
    claim: str
    outcome: Outcome
    source: str

    @property
    def is_supported(self) -> bool:
        return self.outcome == "supported"


def sources_in(folder: Path) -> list[str]:
    """The sources of a folder whose claims are statements, not questions."""
    return [
        path.stem
        for path in sorted(folder.glob("*.jsonl"))
        if not json.loads(path.read_text(encoding="utf-8").split("\n", 1)[0])["claim"].endswith("?")
    ]


def read_pairs(folder: Path, source: str) -> list[EntailmentPair]:
    """The pairs of `source`.jsonl; raises KeyError for an unknown label."""
    lines = (folder / f"{source}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        EntailmentPair(row["evidence"], row["claim"], _OUTCOMES[row["label"]], source)
        for row in map(json.loads, lines)
    ]


def with_nearest(
    pairs: Sequence[EntailmentPair], embed: Callable[[Sequence[str]], Vectors]
) -> list[EntailmentPair]:
    """The pairs, with long evidence cut to the sentences nearest to the claim, in their order."""
    return [
        replace(pair, evidence=_nearest(pair.evidence, pair.claim, embed))
        if len(pair.evidence) > LONG_EVIDENCE
        else pair
        for pair in pairs
    ]


def _nearest(evidence: str, claim: str, embed: Callable[[Sequence[str]], Vectors]) -> str:
    sentences = [" ".join(span.of(evidence).split()) for span in split_sentences(evidence)]
    vectors = embed([claim, *sentences])
    nearest = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")[:NEAREST]
    return " ".join(sentences[place] for place in sorted(nearest))


def split_of(text: str) -> Split:
    """The split that a claim, or an article's title, always belongs to: 70, 10 and 20 in 100.

    >>> split_of("The fund joined in 2020.") == split_of("the fund joined in 2020")
    True
    """
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    number = int.from_bytes(hashlib.sha256(" ".join(words).encode()).digest()[:4], "big") % 10
    return "test" if number < 2 else "development" if number == 2 else "train"


def in_split(pairs: Sequence[EntailmentPair], split: Split) -> list[EntailmentPair]:
    return [pair for pair in pairs if split_of(pair.claim) == split]


def with_distractor(pair: EntailmentPair, distractor: str, *, first: bool) -> EntailmentPair:
    """The pair with an irrelevant sentence before or after its evidence."""
    both = (distractor, pair.evidence) if first else (pair.evidence, distractor)
    return replace(pair, evidence=" ".join(both))
