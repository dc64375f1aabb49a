"""Fine-tuning learns, and the fit finds which conflicts count."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qa.evaluation.pair_checking import article_of
from qa.training.entailment_pairs import EntailmentPair
from qa.training.fine_tuning import (
    CheckpointError,
    JudgingTask,
    ReadingTask,
    Recipe,
    fine_tune,
)
from qa.training.networks import ReadingNetwork
from qa.training.reading_examples import ReadingExample, document_of
from qa.training.support_fit import FEATURES, LabelledClaim, fit_support
from vectorstore.cross_encoder import Logits
from vectorstore.entailment import log_odds
from vectorstore.passage_reader import read_passages
from vectorstore.types import Span

PAIRS = [
    EntailmentPair("The fund joined the board.", "The fund joined the board.", "supported", "x"),
    EntailmentPair("The fund joined the board.", "The fund left the board.", "contradicted", "x"),
    EntailmentPair("The fund joined the board.", "It rained in Paris.", "neutral", "x"),
    EntailmentPair("It rained in Paris.", "The fund joined the board.", "unsupported", "x"),
]


def test_a_few_pairs_are_learnt_by_heart() -> None:
    recipe = Recipe(epochs=30, learning_rate=3e-4, head_learning_rate=3e-3, warmup=0.1)
    told: list[str] = []
    task = JudgingTask()
    fine_tune(task, PAIRS, recipe, told.append)
    odds = log_odds(task.network.logits([(pair.evidence, pair.claim) for pair in PAIRS]))
    assert [bool(each > 0) for each in odds] == [pair.is_supported for pair in PAIRS]
    assert told[0] == "4 examples, 30 steps"


def test_only_the_training_that_a_checkpoint_is_of_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.training.fine_tuning.REPORT_EVERY", 1)
    checkpoint, recipe = tmp_path / "judge.ckpt", Recipe(epochs=2)

    def train(pairs: Sequence[EntailmentPair], recipe: Recipe, seed: int) -> tuple[Logits, int]:
        """What the network gives, and the number of steps taken."""
        told: list[str] = []
        task = JudgingTask(seed=seed)
        fine_tune(task, pairs, recipe, told.append, checkpoint)
        return task.network.logits([(p.evidence, p.claim) for p in PAIRS]), len(told) - 1

    trained, steps = train(PAIRS, recipe, seed=1)
    again, more_steps = train(PAIRS, recipe, seed=1)
    assert (steps, more_steps) == (2, 0)
    assert np.array_equal(again, trained)
    for pairs, other, seed in (
        (PAIRS[:3], recipe, 1),
        (PAIRS, replace(recipe, epochs=3), 1),
        (PAIRS, recipe, 2),
    ):
        with pytest.raises(CheckpointError, match="Remove it, or name another file"):
            train(pairs, other, seed)
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_a_few_questions_are_learnt_by_heart() -> None:
    document = document_of("", "The fund joined the board in 2020. It rained in Paris. He slept.")
    window = document.window(0, 2)

    def placed(words: str) -> Span:
        start = window.text.index(words)
        return Span(start, start + len(words))

    examples = [
        ReadingExample("Where did it rain?", window, (1,), placed("Paris"), "x"),
        ReadingExample("When did the fund join?", window, (0,), placed("2020"), "x"),
        ReadingExample("Who paid for lunch?", window, (), None, "x"),
    ]
    network = ReadingNetwork()
    recipe = Recipe(epochs=40, learning_rate=3e-4, head_learning_rate=3e-3, warmup=0.1)
    fine_tune(ReadingTask(network), examples, recipe, lambda told: None)
    for example in examples:
        [reading] = read_passages(network, example.question, [example.passage])
        assert (reading.log_odds > 0) == bool(example.answering)
        if example.answering:
            assert int(np.argmax(reading.sentences)) == example.answering[0]


def test_what_tells_false_claims_apart_gets_a_penalty() -> None:
    chance = random.Random(3)
    claims = []
    for number in range(10, 130):
        stated = number if number % 2 else number * 3
        passages = [article_of(f"The fund bought {number} houses in Rome.")]
        claim = f"The fund bought {stated} houses in Rome."
        claims.append(LabelledClaim("made", claim, passages, bool(number % 2)))

    def undecided(pairs: Sequence[tuple[str, str]]) -> Logits:
        return np.array([[chance.gauss(0, 1), 0, 0] for _ in pairs], np.float32)

    fit = fit_support(claims, undecided)
    coefficients = dict(zip(FEATURES, fit.coefficients, strict=True))
    assert coefficients["quantity"] < -3
    assert abs(coefficients["name"]) < 1
