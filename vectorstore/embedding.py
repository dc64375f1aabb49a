"""Embeds texts as unit vectors: with the bundled model, or one of sentence-transformers."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vectorstore.bert_session import (
    DIMENSION,
    BertSession,
    bundled_tokenizer,
    bundled_weights,
)
from vectorstore.bundled_model import (
    BUNDLED_MODEL,
    BUNDLED_WEIGHTS,
    EmbeddingModelError,
    bundled_folder,
    file_sha256,
)
from vectorstore.fair_lock import FairLock
from vectorstore.micro_batching import MicroBatcher
from vectorstore.torch_extra import require_torch, torch_is_installed
from vectorstore.torch_speed import (
    bfloat16_is_faster,
    core_threads,
    fastest_setting,
    has_gpu,
)
from vectorstore.types import Embedder, Span, Vectors

BUILDING_A_MODEL = threading.Lock()
"""Held while any model is built: transformers changes process-wide settings meanwhile."""

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding, Tokenizer

WEIGHT_FILES = ("*.safetensors", "pytorch_model*.bin")
SPECIAL_TOKENS = 2
MOST_TOKENS = 256
BATCH = 16
TOKENS_AT_ONCE = 1_024
"""ONNX Runtime computes more in one call, padding included, a few percent slower; of short texts it
gets `BATCH`."""
QUESTIONS, QUESTION_TOKENS = 4, 32
"""So few texts, none of more tokens, are computed on one core, each such batch on its own: waking
other threads takes about as long as they save."""
MANY = 128
"""More texts than this, in calls of over a batch, are worth the seconds torch takes to start."""
TRIALS = 2


def embedder_for(setting: str) -> Embedder:
    """The embedder that QA_EMBEDDING_MODEL names. Its model is loaded with the first text."""
    return BundledEmbedder() if setting == BUNDLED_MODEL else SentenceTransformerEmbedder(setting)


class BundledEmbedder:
    """The bundled model. Thread-safe; needs no network.

    A few texts, such as a question, go to ONNX Runtime, which is ready at once. Many go to torch if
    it is installed and, tried on one batch, faster: on a GPU, or a CPU that gains from bfloat16.
    The vectors that the two give for a text have a cosine above 0.999.
    """

    name = BUNDLED_MODEL
    fingerprint = BUNDLED_WEIGHTS
    dimension = DIMENSION
    max_tokens = MOST_TOKENS - SPECIAL_TOKENS

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._together = MicroBatcher(self._means, BATCH)
        self._questions = MicroBatcher(
            partial(self._means, on_one_core=True), QUESTIONS, batches=os.cpu_count() or 1
        )
        self._embedded_in_batches = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) > BATCH:
            self._embedded_in_batches += len(texts)
            if self._embedded_in_batches > MANY and self._torch_is_faster:
                return self._with_torch.embed(texts)
        return self._with_onnx(texts)

    def _with_onnx(self, texts: Sequence[str]) -> Vectors:
        encodings = self._truncating.encode_batch(list(texts))
        if 0 < len(texts) <= QUESTIONS and max(map(len, encodings)) <= QUESTION_TOKENS:
            return _unit(np.stack(self._questions(encodings)))
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        for batch in batches_of_tokens([len(each) for each in encodings]):
            vectors[batch] = self._together([encodings[index] for index in batch])
        return _unit(vectors)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return _token_counts(self._tokenizer, texts)

    def token_spans(self, text: str) -> list[Span]:
        return _token_spans(self._tokenizer, text)

    def load(self) -> None:
        """Load the model for few texts now, so that the first question does not wait for it."""
        self.embed(["ready"])

    def _means(
        self, encodings: Sequence["Encoding"], *, on_one_core: bool = False
    ) -> list[Vectors]:
        """The mean vector (d,) of each text's tokens."""
        hidden = self._session.hidden(encodings, on_one_core=on_one_core)
        return [
            vectors[: len(each)].mean(axis=0)
            for vectors, each in zip(hidden, encodings, strict=True)
        ]

    @cached_property
    def _session(self) -> BertSession:
        with self._loading:
            if "_session" in self.__dict__:
                return self.__dict__["_session"]  # type: ignore[no-any-return]
            return BertSession(bundled_weights())

    @cached_property
    def _torch_is_faster(self) -> bool:
        if not torch_is_installed() or not (has_gpu() or bfloat16_is_faster()):
            return False
        batch = ["word " * self.max_tokens] * BATCH
        return _seconds(self._with_torch.embed, batch) < _seconds(self._with_onnx, batch)

    @cached_property
    def _with_torch(self) -> "SentenceTransformerEmbedder":
        return SentenceTransformerEmbedder(bundled_folder())

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return bundled_tokenizer()

    @cached_property
    def _truncating(self) -> "Tokenizer":
        tokenizer = bundled_tokenizer()
        tokenizer.enable_truncation(MOST_TOKENS)
        return tokenizer


class SentenceTransformerEmbedder:
    """A sentence-transformers model: a folder, or a name on the hub.

    The model is loaded once, with the first text. Thread-safe. Only a hub name that is not in the
    local cache needs the network.
    """

    def __init__(self, model: str) -> None:
        self._model_setting = model
        self._loading = threading.Lock()
        # For a batch that uses the whole device. It is released after each one, so that a question
        # waits for one batch of an ingest and not for all of them.
        self._embedding = FairLock()

    @property
    def name(self) -> str:
        return Path(self._model_setting).name if self._is_folder else self._model_setting

    @cached_property
    def fingerprint(self) -> str | None:
        if not self._is_folder:
            return None
        folder = Path(self._model_setting)
        files = sorted(path for pattern in WEIGHT_FILES for path in folder.glob(pattern))
        if not files:
            return None
        if len(files) == 1:
            return file_sha256(files[0])
        digests = "".join(f"{path.name} {file_sha256(path)}\n" for path in files)
        return hashlib.sha256(digests.encode()).hexdigest()

    @property
    def dimension(self) -> int:
        size = self._model.get_embedding_dimension()
        if size is None:
            raise EmbeddingModelError(
                f"The embedding model {self.name} does not declare the dimension of its vectors. "
                "Set QA_EMBEDDING_MODEL to another one."
            )
        return size

    @property
    def max_tokens(self) -> int:
        length = self._model.max_seq_length
        return (length if isinstance(length, int) else 256) - SPECIAL_TOKENS

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        # Batches of similar lengths waste little computation on padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        encoded = self._encoded([[texts[index] for index in each] for each in batches])
        for batch, found in zip(batches, encoded, strict=True):
            vectors[batch] = found
        # The model's own normalisation is rounded to its dtype.
        return _unit(vectors)

    def _encoded(self, batches: Sequence[Sequence[str]]) -> Iterator[Vectors]:
        on_cpu = self._model.device.type == "cpu"
        threads = core_threads() if on_cpu and len(batches) > 1 else None
        if threads is not None and len(batches) >= threads.cores:
            yield from threads.map(self._encode, batches)
            return
        for each in batches:
            with self._embedding:
                yield self._encode(each)

    def _encode(self, batch: Sequence[str]) -> Vectors:
        found: Vectors = self._model.encode(
            list(batch), batch_size=BATCH, convert_to_numpy=True, show_progress_bar=False
        )
        return found

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return _token_counts(self._tokenizer, texts)

    def token_spans(self, text: str) -> list[Span]:
        return _token_spans(self._tokenizer, text)

    def load(self) -> None:
        """Load the model now, so that the first question does not wait for it."""
        self.embed(["ready"])

    @property
    def _is_folder(self) -> bool:
        return Path(self._model_setting).is_dir()

    @cached_property
    def _model(self) -> "SentenceTransformer":
        with self._loading:
            if "_model" in self.__dict__:
                return self.__dict__["_model"]  # type: ignore[no-any-return]
            return _load_model(self._model_setting)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        # A copy: the model's own tokenizer truncates, which would hide that a text is too long.
        tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def batches_of_tokens(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts with these lengths in tokens, longest first, in batches of at most
    `BATCH` texts and, with padding, `TOKENS_AT_ONCE` tokens.

    >>> list(batches_of_tokens([10, 500, 510, 500]))
    [[2, 1], [3, 0]]
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place], reverse=True):
        longest = lengths[batch[0]] if batch else 0
        if len(batch) == BATCH or (len(batch) + 1) * longest > TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _token_counts(tokenizer: "Tokenizer", texts: Sequence[str]) -> list[int]:
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    return [len(encoding) for encoding in encodings]


def _token_spans(tokenizer: "Tokenizer", text: str) -> list[Span]:
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return [Span(start, end) for start, end in encoding.offsets]


def _load_model(setting: str) -> "SentenceTransformer":
    folder = setting if Path(setting).is_dir() else None
    if folder is not None:
        # Everything is on disk; without this the library would ask its hub for newer files.
        os.environ["HF_HUB_OFFLINE"] = "1"

    require_torch(setting, EmbeddingModelError)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is untyped here
    device, dtype = fastest_setting()
    try:
        with BUILDING_A_MODEL:
            return SentenceTransformer(
                folder or setting,
                device=device.type,
                local_files_only=folder is not None,
                model_kwargs={"dtype": dtype},
            )
    except (OSError, ValueError) as error:
        raise EmbeddingModelError(
            f"The embedding model {setting!r} could not be read: {str(error).splitlines()[0]} "
            "Set QA_EMBEDDING_MODEL to a folder with a sentence-transformers model, to a name on "
            "the hub that this machine can reach, or leave it out for the bundled model."
        ) from error


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return unit


def _seconds(embed: Callable[[Sequence[str]], Vectors], texts: Sequence[str]) -> float:
    """The shortest of `TRIALS` times to embed these texts, once everything needed is loaded."""
    embed(texts[:1])
    times = []
    for _ in range(TRIALS):
        started = time.perf_counter()
        embed(texts)
        times.append(time.perf_counter() - started)
    return min(times)
