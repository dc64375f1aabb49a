"""Models that read a question and passages, and say which sentence answers it, if any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vectorstore.bert_session import BertSession, bundled_tokenizer
from vectorstore.cross_encoder import (
    Logits,
    TrainedWeights,
    batches,
    packaged_sha256,
    read_weights,
)
from vectorstore.errors import UserError
from vectorstore.lazy_model import LazyModel, load_named
from vectorstore.torch_extra import require_torch
from vectorstore.types import Reading, ScoredPassage, Span

if TYPE_CHECKING:
    from tokenizers import Encoding

WEIGHTS = Path(__file__).with_name("reading.safetensors")
MAX_TOKENS = 352
"""Of question, title and passage together; the longer text loses its end first."""
LONGEST_QUESTION = 400
"""In characters; the rest of a longer one is not read."""
BATCH_TOKENS = 4096


class ReaderError(UserError):
    """A model for reading or ranking passages cannot be loaded; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ReadingPassage:
    """A passage to read, its article's title, and the ranges of its sentences in `text`."""

    title: str
    text: str
    sentences: tuple[Span, ...]

    @classmethod
    def of(cls, found: ScoredPassage) -> "ReadingPassage":
        start = found.passage.start
        sentences = tuple(Span(s.start - start, s.end - start) for s in found.passage.sentences)
        return cls(found.article.title, found.passage.text, sentences)

    @property
    def heading(self) -> str:
        """What is read before the text: the title, unless the text contains it."""
        title = " ".join(self.title.split())
        return "" if not title or title in " ".join(self.text.split()) else f"{title}\n"


LONGEST_ANSWER = 12
"""In tokens."""
UNREAD = -20.0
"""The log-odds of a sentence that was cut off."""


class ReadingTokenizer:
    def __init__(self) -> None:
        self._tokenizer = bundled_tokenizer()

    def encode(
        self, pairs: Sequence[tuple[str, ReadingPassage]], max_tokens: int = MAX_TOKENS
    ) -> list["Encoding"]:
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        return self._tokenizer.encode_batch(
            [
                (question[:LONGEST_QUESTION], passage.heading + passage.text)
                for question, passage in pairs
            ]
        )


class SentenceScorer(Protocol):
    """A network that reads a question and a passage."""

    def tokenize(self, pairs: Sequence[tuple[str, ReadingPassage]]) -> list["Encoding"]: ...

    def logits(
        self, encodings: Sequence["Encoding"], owners: Sequence[NDArray[np.int64]], most: int
    ) -> tuple[Logits, Logits]:
        """Logits of no answer and of each sentence, (n, 1 + most), and of each token as the first
        and the last of the answer, (n, longest, 2).

        `owners` say which sentence a token belongs to, -1 for none. A sentence without tokens has
        the logit -inf.
        """


class PassageReader:
    """Reads a passage once, and gives a logit to each of its sentences and one to no answer.

    A sentence's logit comes from the first token, and the mean and the maximum of the sentence's
    tokens, which attend to the question and the other sentences. Those of the answer's ends come
    from each token (Devlin et al. 2019, section 4.2).
    """

    def __init__(self, trained: TrainedWeights) -> None:
        self._encoder = BertSession(trained.encoder)
        self._tokenizer = ReadingTokenizer()
        head = trained.head
        self._sentence, self._sentence_bias = head["sentence.weight"][0], head["sentence.bias"]
        self._none, self._none_bias = head["none.weight"][0], head["none.bias"]
        self._ends, self._ends_bias = head["ends.weight"], head["ends.bias"]

    def tokenize(self, pairs: Sequence[tuple[str, ReadingPassage]]) -> list["Encoding"]:
        return self._tokenizer.encode(pairs)

    def logits(
        self, encodings: Sequence["Encoding"], owners: Sequence[NDArray[np.int64]], most: int
    ) -> tuple[Logits, Logits]:
        """See `SentenceScorer`."""
        logits = np.full((len(encodings), 1 + most), -np.inf, np.float32)
        read = self._encoder.hidden(encodings)
        for row, (hidden, owner) in enumerate(zip(read, owners, strict=True)):
            first = hidden[0]
            logits[row, 0] = self._none @ first + self._none_bias[0]
            of_first, of_mean, of_highest = np.split(self._sentence, 3)
            constant = of_first @ first + self._sentence_bias[0]
            for sentence in np.unique(owner[owner >= 0]).tolist():
                tokens = hidden[: len(owner)][owner == sentence]
                logits[row, 1 + sentence] = (
                    constant + of_mean @ tokens.mean(axis=0) + of_highest @ tokens.max(axis=0)
                )
        ends: Logits = read @ self._ends.T + self._ends_bias
        return logits, ends


def owners_of(encoding: "Encoding", passage: ReadingPassage) -> NDArray[np.int64]:
    """Which sentence each token belongs to; -1 for special tokens, question and title."""
    is_second = np.array(encoding.type_ids) == 1
    is_second &= np.array(encoding.special_tokens_mask) == 0
    return sentence_owners(encoding.offsets, is_second, passage)


def sentence_owners(
    offsets: Sequence[Sequence[int]], is_second: ArrayLike, passage: ReadingPassage
) -> NDArray[np.int64]:
    starts = np.array([each.start for each in passage.sentences], np.int64)
    ends = np.array([each.end for each in passage.sentences], np.int64)
    begins = np.array(offsets, np.int64).reshape(-1, 2)[:, 0] - len(passage.heading)
    owner = np.searchsorted(starts, begins, side="right") - 1
    inside = np.array(is_second) & (owner >= 0)
    if len(ends):
        inside &= begins < ends[owner.clip(0)]
    found: NDArray[np.int64] = np.where(inside, owner, -1)
    return found


class BundledReader:
    """The bundled model. Its weights are read once, with the first question. Thread-safe."""

    def __init__(self) -> None:
        self.model = LazyModel(read_bundled_reader)

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        """Raises CrossEncoderError if the weights cannot be read."""
        with self.model.in_turn() as network:
            return read_passages(network, question, [ReadingPassage.of(p) for p in passages])


def read_bundled_reader() -> PassageReader:
    """The packaged model, after a check of its hash. Raises CrossEncoderError."""
    return PassageReader(read_weights(WEIGHTS, packaged_sha256(WEIGHTS)))


def read_passages(
    network: SentenceScorer, question: str, passages: Sequence[ReadingPassage]
) -> list[Reading]:
    found: dict[int, Reading] = {}
    encodings = network.tokenize([(question, passage) for passage in passages])
    for batch in batches(encodings, BATCH_TOKENS):
        chosen = [encodings[index] for index in batch]
        owners = [owners_of(encodings[index], passages[index]) for index in batch]
        most = max(len(passages[index].sentences) for index in batch)
        logits, ends = network.logits(chosen, owners, most)
        for row, index in enumerate(batch):
            sentences = range(len(passages[index].sentences))
            odds = np.clip(logits[row, 1:] - logits[row, 0], UNREAD, -UNREAD)
            words = answer_words(ends[row], owners[row], chosen[row].offsets, passages[index])
            found[index] = Reading(
                tuple(float(odds[each]) for each in sentences),
                tuple(words.get(each) for each in sentences),
            )
    return [found[index] for index in range(len(passages))]


def answer_words(
    ends: Logits,
    owner: NDArray[np.int64],
    offsets: Sequence[Sequence[int]],
    passage: ReadingPassage,
) -> dict[int, Span]:
    """By sentence, the range of the passage's text from the best first token to the best last one,
    whose logits are `ends` (n, 2), of at most `LONGEST_ANSWER` tokens."""
    found: dict[int, Span] = {}
    shift = len(passage.heading)
    firsts, lasts = ends.T.tolist()
    for sentence in np.unique(owner[owner >= 0]).tolist():
        tokens = np.flatnonzero(owner == sentence).tolist()
        _, first, last = max(
            (firsts[first] + lasts[last], first, last)
            for place, first in enumerate(tokens)
            for last in tokens[place : place + LONGEST_ANSWER]
        )
        found[sentence] = Span(offsets[first][0] - shift, offsets[last][1] - shift)
    return found


class NamedReader:
    """A model for extractive question answering: a folder, or a name on the hub.

    A sentence's log-odds are those of its best span against no answer, which such models assign
    to their first token (Devlin et al. 2019, section 4.3). The model is loaded with the first
    question.
    """

    def __init__(self, model: str) -> None:
        self.model = LazyModel(partial(_named_reader, model))

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        """Raises ReaderError if the model cannot be loaded."""
        with self.model.in_turn() as read:
            return [read(question, ReadingPassage.of(each)) for each in passages]


class NamedReranker:
    """A sentence-transformers CrossEncoder with one output: a folder, or a name on the hub."""

    def __init__(self, model: str) -> None:
        self.model = LazyModel(partial(_named_reranker, model))

    def log_odds(self, question: str, passages: Sequence[ScoredPassage]) -> list[float]:
        """Raises ReaderError if the model cannot be loaded."""
        with self.model.in_turn() as log_odds:
            return log_odds(question, [ReadingPassage.of(each) for each in passages])


def _named_reader(setting: str) -> Callable[[str, ReadingPassage], Reading]:
    require_torch(setting, ReaderError)
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer, model = load_named(
        setting,
        lambda local: (
            AutoTokenizer.from_pretrained(setting, local_files_only=local),
            AutoModelForQuestionAnswering.from_pretrained(setting, local_files_only=local),
        ),
        partial(_refusal, "QA_READER", "reading", setting),
    )
    model.train(mode=False)
    most = min(512, tokenizer.model_max_length)

    def read(question: str, passage: ReadingPassage) -> Reading:
        encoded = tokenizer(
            question[:LONGEST_QUESTION],
            passage.heading + passage.text,
            truncation="only_second",
            max_length=most,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = encoded.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            output = model(**encoded)
        starts, lasts = output.start_logits[0].float(), output.end_logits[0].float()
        ends = np.stack([starts.numpy(), lasts.numpy()], 1)
        is_second = [each == 1 for each in encoded.sequence_ids(0)]
        owner = sentence_owners(offsets, is_second, passage)
        none = float(ends[0].sum())
        sentences = range(len(passage.sentences))
        best = [_best_span(ends[owner == n]) for n in sentences]
        words = answer_words(ends, owner, offsets, passage)
        return Reading(
            tuple(max(UNREAD, each - none) for each in best), tuple(map(words.get, sentences))
        )

    return read


def _best_span(scores: NDArray[np.float32]) -> float:
    """The highest sum of a start and an end that is not before it; -inf without tokens."""
    if not len(scores):
        return -np.inf
    best_start = np.maximum.accumulate(scores[:, 0])
    return float((best_start + scores[:, 1]).max())


def _named_reranker(setting: str) -> Callable[[str, Sequence[ReadingPassage]], list[float]]:
    require_torch(setting, ReaderError)
    import torch
    from sentence_transformers import CrossEncoder

    model = load_named(
        setting,
        lambda local: CrossEncoder(setting, local_files_only=local),
        partial(_refusal, "QA_RERANKER", "ranking", setting),
    )
    if model.num_labels != 1:
        raise ReaderError(
            f"The model {setting!r} is not one for ranking: it has {model.num_labels} outputs, not "
            "one. Set QA_RERANKER to one that has one, or to reader."
        )

    def log_odds(question: str, passages: Sequence[ReadingPassage]) -> list[float]:
        pairs = [(question, each.heading + each.text) for each in passages]
        scores = model.predict(
            pairs, activation_fn=torch.nn.Identity(), convert_to_numpy=True, show_progress_bar=False
        )
        return [float(each) for each in scores]

    return log_odds


def _refusal(name: str, use: str, setting: str, reason: str) -> ReaderError:
    return ReaderError(
        f"The model {setting!r} for {use} passages could not be read: {reason} Set {name} to a "
        "folder with such a model, to the name of one on the hub that this machine can reach, or "
        "leave it out."
    )
