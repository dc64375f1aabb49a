"""Fine-tuning: word embeddings stay as they are, everything above them learns."""

import ctypes
import hashlib
import math
import platform
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from tokenizers import Encoding

from qa.training.entailment_pairs import EntailmentPair, Outcome
from qa.training.networks import JudgingNetwork, PairEncoder, ReadingNetwork
from qa.training.reading_examples import ReadingExample
from vectorstore.cross_encoder import batches
from vectorstore.entailment import OUTCOMES
from vectorstore.errors import UserError
from vectorstore.passage_reader import owners_of
from vectorstore.torch_speed import bfloat16_is_faster, fastest_setting

REPORT_EVERY = 50
SEED = 20240229

Example = TypeVar("Example", contravariant=True)

_MALLOC = {-4: 0, -1: 2**31 - 1, -2: 2**28}
"""Of `malloc.h`: M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD in bytes."""

_TARGETS: dict[Outcome, tuple[int, ...]] = {
    "supported": (0,),
    "contradicted": (1,),
    "neutral": (2,),
    "unsupported": (1, 2),
}


class CheckpointError(UserError):
    """The checkpoint is of another training."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained; a step is a batch of `batch_tokens` padded tokens."""

    epochs: float = 3.0
    warmup: float = 0.06
    learning_rate: float = 1.5e-4
    head_learning_rate: float = 5e-4
    batch_tokens: int = 3072
    max_tokens: int = 192
    label_smoothing: float = 0.05
    weight_decay: float = 0.01
    seed: int = SEED


SECOND_RECIPE = Recipe(epochs=1.0, learning_rate=7e-5, head_learning_rate=2e-4)
"""How the judge's training ends, on the second mix."""

READING_RECIPE = Recipe(epochs=1.5, max_tokens=288)


class Task(Protocol[Example]):
    """A network, and what it learns from."""

    @property
    def network(self) -> PairEncoder: ...

    def tokenize(self, examples: Sequence[Example], max_tokens: int) -> list[Encoding]: ...

    def loss(self, examples: Sequence[Example], recipe: Recipe) -> torch.Tensor: ...


def keep_freed_memory() -> None:
    """Keeps glibc from giving every step's tensors back to the system, and asking for them again,
    for the rest of this process.

    Where that is slow, as in some virtual machines, it takes nearly half of the time.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    malloc = ctypes.CDLL(None)
    for parameter, value in _MALLOC.items():
        malloc.mallopt(parameter, value)


def fine_tune(
    task: Task[Example],
    examples: Sequence[Example],
    recipe: Recipe,
    report: Callable[[str], None],
    checkpoint: Path | None = None,
) -> None:
    """Trains the task's network on `examples`, and leaves it on the CPU in float32.

    With a `checkpoint`, training goes on from it if it exists, and is saved to it on the way.
    Raises CheckpointError if it is of a training that began from other weights, or with other
    examples or another recipe.
    """
    network = task.network
    torch.manual_seed(recipe.seed)
    network.encoder.train()
    network.encoder.embeddings.requires_grad_(requires_grad=False)
    device, _ = fastest_setting()
    network.to(device, torch.float32)
    body: list[torch.Tensor] = [w for w in network.encoder.parameters() if w.requires_grad]
    head: list[torch.Tensor] = list(network.head.parameters())
    weights = [*body, *head]
    optimizer = _optimizer(head, body, recipe)
    start = 0
    training = _fingerprint(weights, examples, recipe) if checkpoint else ""
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state.get("training") != training:
            raise CheckpointError(
                f"{checkpoint} is of a training that began from other weights, or with other "
                "examples or another recipe. Remove it, or name another file."
            )
        start = state["steps"]
        optimizer.load_state_dict(state["optimizer"])
        _copy(state["weights"], weights)
    order = _order(task, examples, recipe)
    report(f"{len(examples):,} examples, {len(order):,} steps")
    started, losses = time.monotonic(), 0.0
    for step in range(start, len(order)):
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * _schedule(step, len(order), recipe)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_faster()):
            loss = task.loss([examples[index] for index in order[step]], recipe)
        loss.backward()  # type: ignore[no-untyped-call]  # torch is untyped here
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses += float(loss.detach())
        if (step + 1) % REPORT_EVERY == 0:
            seconds = time.monotonic() - started
            report(
                f"step {step + 1:,} of {len(order):,}: loss {losses / REPORT_EVERY:.3f}, "
                f"{seconds:.0f} s"
            )
            losses = 0.0
            if checkpoint:
                state = {
                    "training": training,
                    "steps": step + 1,
                    "optimizer": optimizer.state_dict(),
                    "weights": weights,
                }
                begun = checkpoint.with_name(f"{checkpoint.name}.new")
                torch.save(state, begun)
                begun.replace(checkpoint)
    network.to(torch.device("cpu"), torch.float32)
    network.encoder.train(mode=False)


class JudgingTask:
    """Learns what evidence says of a claim."""

    def __init__(self, network: JudgingNetwork | None = None, seed: int = SEED) -> None:
        """A new network over the bundled model by default."""
        self.network = network or JudgingNetwork(len(OUTCOMES))
        if network is None:
            _initialise(self.network, seed)

    def tokenize(self, examples: Sequence[EntailmentPair], max_tokens: int) -> list[Encoding]:
        return self.network.tokenize([(p.evidence, p.claim) for p in examples], max_tokens)

    def loss(self, examples: Sequence[EntailmentPair], recipe: Recipe) -> torch.Tensor:
        """Cross-entropy; where the source does not say which of two outcomes, that of either."""
        logits = self.network.forward(self.tokenize(examples, recipe.max_tokens))
        log_p = torch.log_softmax(logits.float(), dim=1)
        allowed = torch.full_like(log_p, float("-inf"))
        for row, pair in enumerate(examples):
            allowed[row, list(_TARGETS[pair.outcome])] = 0.0
        right = torch.logsumexp(log_p + allowed, dim=1)
        spread = log_p.mean(dim=1)
        smoothing = recipe.label_smoothing
        return -((1 - smoothing) * right + smoothing * spread).mean()


class ReadingTask:
    """Learns which sentence answers a question, or that none does, and where the answer is."""

    def __init__(self, network: ReadingNetwork, seed: int = SEED) -> None:
        """`network` may be trained for something else; its head is made anew."""
        self.network = network
        _initialise(network, seed)

    def tokenize(self, examples: Sequence[ReadingExample], max_tokens: int) -> list[Encoding]:
        return self.network.tokenize([(e.question, e.passage) for e in examples], max_tokens)

    def loss(self, examples: Sequence[ReadingExample], recipe: Recipe) -> torch.Tensor:
        """Cross-entropy of the sentences that answer, or of none, and that of both ends.

        Both ends together weigh half as much.
        """
        encodings = self.tokenize(examples, recipe.max_tokens)
        owners = [owners_of(e, x.passage) for e, x in zip(encodings, examples, strict=True)]
        most = max(len(example.passage.sentences) for example in examples)
        logits, ends = self.network.forward(encodings, owners, most)
        log_p = torch.log_softmax(logits.float(), dim=1)
        allowed = torch.full_like(log_p, float("-inf"))
        for row, example in enumerate(examples):
            allowed[row, [1 + place for place in example.answering] or [0]] = 0.0
        loss = -torch.logsumexp(log_p + allowed, dim=1).mean()
        rows, firsts, lasts = _ends(encodings, examples)
        if not rows:
            return loss
        passage = torch.full(ends.shape[:2], float("-inf"), device=ends.device)
        for row, owner in enumerate(owners):
            passage[row, : len(owner)][torch.from_numpy(owner >= 0)] = 0.0
        scores = torch.log_softmax(ends.float() + passage[:, :, None], dim=1)
        found = scores[rows, firsts, 0] + scores[rows, lasts, 1]
        return loss - 0.25 * found.sum() / len(examples)


def _ends(
    encodings: Sequence[Encoding], examples: Sequence[ReadingExample]
) -> tuple[list[int], list[int], list[int]]:
    """Rows, first tokens and last tokens of the answers that were not cut off."""
    found: list[tuple[int, int, int]] = []
    for row, (encoding, example) in enumerate(zip(encodings, examples, strict=True)):
        if example.words is None:
            continue
        shift = len(example.passage.heading)
        first = encoding.char_to_token(example.words.start + shift, 1)
        last = encoding.char_to_token(example.words.end - 1 + shift, 1)
        if first is not None and last is not None:
            found.append((row, first, last))
    rows, firsts, lasts = zip(*found, strict=True) if found else ((), (), ())
    return list(rows), list(firsts), list(lasts)


def _initialise(network: PairEncoder, seed: int) -> None:
    torch.manual_seed(seed)
    for parameter in network.head.parameters():
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.02)
        else:
            torch.nn.init.zeros_(parameter)


def _copy(sources: Sequence[torch.Tensor], targets: Sequence[torch.Tensor]) -> None:
    with torch.no_grad():
        for source, target in zip(sources, targets, strict=True):
            target.copy_(source)


def _fingerprint(
    weights: Sequence[torch.Tensor], examples: Sequence[object], recipe: Recipe
) -> str:
    """The same for two trainings that begin alike and learn the same."""
    digest = hashlib.sha256(repr(recipe).encode())
    for example in examples:
        digest.update(repr(example).encode())
    for each in weights:
        digest.update(each.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def _order(task: Task[Example], examples: Sequence[Example], recipe: Recipe) -> list[list[int]]:
    """A batch of examples of like length for every step, all shuffled anew for every epoch."""
    chance = random.Random(recipe.seed)  # noqa: S311  # an order, no secret
    encodings = task.tokenize(examples, recipe.max_tokens + 1)
    # What would have to be cut is left out: a label need not hold for a part.
    whole = [index for index, each in enumerate(encodings) if len(each) <= recipe.max_tokens]
    order: list[list[int]] = []
    for _ in range(math.ceil(recipe.epochs)):
        shuffled = chance.sample(whole, k=len(whole))
        grouped = batches([encodings[index] for index in shuffled], recipe.batch_tokens)
        chance.shuffle(grouped)
        order.extend([shuffled[place] for place in batch] for batch in grouped)
    return order[: int(len(order) * recipe.epochs / math.ceil(recipe.epochs))]


def _optimizer(
    head: list[torch.Tensor], body: list[torch.Tensor], recipe: Recipe
) -> torch.optim.Optimizer:
    groups = [
        {"params": head, "peak": recipe.head_learning_rate, "weight_decay": 0.0},
        {
            "params": [each for each in body if each.dim() == 2],
            "peak": recipe.learning_rate,
            "weight_decay": recipe.weight_decay,
        },
        {
            "params": [each for each in body if each.dim() != 2],
            "peak": recipe.learning_rate,
            "weight_decay": 0.0,
        },
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True)


def _schedule(step: int, steps: int, recipe: Recipe) -> float:
    """The share of the peak learning rate: up over the warm-up, then straight down to nothing.

    >>> [_schedule(step, 100, Recipe(warmup=0.2)) for step in (9, 19, 60)]
    [0.5, 1.0, 0.5]
    """
    rising = max(1, int(recipe.warmup * steps))
    return min((step + 1) / rising, (steps - step) / (steps - rising))
