"""What the judge is trained on: labelled pairs, some with distractors, and synthetic ones."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.training.entailment_pairs import (
    TRAINING_CAPS,
    EntailmentPair,
    Split,
    in_split,
    read_pairs,
    split_of,
    with_distractor,
    with_nearest,
)
from qa.training.question_claims import AskedQuestion, question_pairs
from qa.training.synthetic_pairs import (
    reference_pairs,
    role_pairs,
    synthetic_pairs,
)
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Vectors

Embed = Callable[[Sequence[str]], Vectors]

SYNTHETIC = "synthetic"
QUESTIONS = "questions"
SYNTHETIC_CAP = 12_000
ROLE_PAIRS = 1_500
SECOND_SYNTHETIC = 6_000
REFERRING = 7_000
ARTICLES = ("squad_dev", "duorc", "relation_extraction")
"""Files of `reading` whose paragraphs are made into pairs."""
EVIDENCE_ARTICLES = ("wice_claim", "fever_dev_rte", "rte", "vitaminc_sample", "scifact_rte")
"""Sources whose evidence is made into pairs, in training only."""
UNANSWERED: dict[str, Any] = {"text": "", "start": -1}
DISTRACTED = {"fever_dev_rte", "fever_symmetric", "vitaminc_sample", "rte", "begin_wow"}
DISTRACTOR_SHARE = 0.3


def training_mix(
    data: Path, seed: int, embed: Embed, left_out: Sequence[str] = ()
) -> list[EntailmentPair]:
    """All training pairs but those of the sources in `left_out`."""
    chance = random.Random(seed)  # noqa: S311  # a choice of examples, no secret
    pairs: list[EntailmentPair] = []
    for source, cap in TRAINING_CAPS.items():
        if source in left_out:
            continue
        labelled = in_split(read_pairs(data / "entailment", source), "train")
        chosen = with_nearest(chance.sample(labelled, k=min(cap, len(labelled))), embed)
        if source in DISTRACTED:
            chosen = list(_distracted(chosen, chance))
        pairs.extend(chosen)
    made = made_pairs(data, "train", seed, left_out)
    pairs.extend(chance.sample(made, k=min(SYNTHETIC_CAP, len(made))))
    pairs.extend(asked_pairs(data, "train", seed))
    sentences = [each for article in _articles(data, "train", left_out) for each in article]
    pairs.extend(role_pairs(sentences, ROLE_PAIRS, SYNTHETIC, chance))
    chance.shuffle(pairs)
    return pairs


def second_mix(
    data: Path, seed: int, embed: Embed, left_out: Sequence[str] = ()
) -> list[EntailmentPair]:
    """What training ends with: more of what is hard, and half of the first mix's labelled pairs."""
    chance = random.Random(seed + 1)  # noqa: S311  # a choice of examples, no secret
    first = training_mix(data, seed + 1, embed, left_out)
    labelled = [pair for pair in first if pair.source not in (SYNTHETIC, QUESTIONS)]
    pairs = chance.sample(labelled, k=len(labelled) // 2)
    pairs += [pair for pair in first if pair.source == QUESTIONS]
    made = [pair for pair in first if pair.source == SYNTHETIC]
    pairs += chance.sample(made, k=min(SECOND_SYNTHETIC, len(made)))
    referring = [
        pair
        for article in _articles(data, "train", left_out)
        for pair in reference_pairs(article, SYNTHETIC, chance)
    ]
    pairs += chance.sample(referring, k=min(REFERRING, len(referring)))
    chance.shuffle(pairs)
    return pairs


def made_pairs(
    data: Path, split: Split, seed: int, left_out: Sequence[str] = ()
) -> list[EntailmentPair]:
    """Synthetic pairs of the articles of a split; of the sources' evidence only in training."""
    chance = random.Random(seed)  # noqa: S311  # a choice of examples, no secret
    pairs: list[EntailmentPair] = []
    for sentences in _articles(data, split, left_out):
        pairs.extend(synthetic_pairs(sentences, SYNTHETIC, chance))
    return pairs


def asked_pairs(data: Path, split: Split, seed: int) -> list[EntailmentPair]:
    """Pairs made from what was asked about the articles of a split."""
    chance = random.Random(seed)  # noqa: S311  # a choice of examples, no secret
    pairs: list[EntailmentPair] = []
    for row in _reading(data, split):
        questions = [
            AskedQuestion(each["question"], answer["text"], answer["start"])
            for each in row["questions"]
            for answer in [next(iter(each["answers"]), UNANSWERED)]
        ]
        pairs.extend(question_pairs(row["context"], questions, QUESTIONS, chance))
    return pairs


def _reading(data: Path, split: Split) -> Iterator[dict[str, Any]]:
    for name in ARTICLES:
        yield from reading_rows(reading_file(data, name), split)


def reading_file(data: Path, source: str) -> Path:
    return data / "reading" / f"{source}.jsonl"


def reading_rows(path: Path, split: Split) -> Iterator[dict[str, Any]]:
    """The paragraphs of a file, with their questions, that belong to a split: by their story if
    they tell one in several articles, else by their title."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    yield from (row for row in rows if split_of(row.get("story", row["title"])) == split)


def _articles(data: Path, split: Split, left_out: Sequence[str]) -> Iterator[list[str]]:
    for row in _reading(data, split):
        yield prose_sentences(row["context"])
    if split != "train":
        return
    for source in EVIDENCE_ARTICLES:
        if source in left_out:
            continue
        pairs = in_split(read_pairs(data / "entailment", source), "train")
        for evidence in dict.fromkeys(pair.evidence for pair in pairs):
            yield prose_sentences(evidence)


def prose_sentences(text: str) -> list[str]:
    """The sentences of `text` that read as prose: 6 to 45 words, capital to full stop."""
    sentences = [" ".join(span.of(text).split()) for span in split_sentences(text)]
    return [
        sentence
        for sentence in sentences
        if 6 <= len(sentence.split()) <= 45
        and sentence[0].isupper()
        and sentence.endswith(".")
        and "http" not in sentence
    ]


def _distracted(pairs: Sequence[EntailmentPair], chance: random.Random) -> Iterator[EntailmentPair]:
    for pair in pairs:
        other = chance.choice(pairs)
        plain = len(pair.evidence) > 400 or len(other.evidence) > 300
        if plain or chance.random() > DISTRACTOR_SHARE:
            yield pair
        else:
            yield with_distractor(pair, other.evidence, first=chance.random() < 0.5)
