"""A tiny embedding model, for tests that do not depend on the model."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from vectorstore.types import Span, Vectors

LONGEST_TOKEN = 6
_TOKEN = re.compile(rf"\w{{1,{LONGEST_TOKEN}}}|[^\w\s]")


class HashingEmbedder:
    """Adds up one fixed random direction per word. Long words are many tokens, marks are one."""

    def __init__(
        self,
        name: str = "hashing",
        dimension: int = 32,
        max_tokens: int = 254,
        fingerprint: str | None = None,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.embedded: list[str] = []
        """Every text that was embedded, in the order it came."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        rows = np.array([self._row(text) for text in texts], np.float32)
        return rows.reshape(len(texts), self.dimension)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self.token_spans(text)) for text in texts]

    def token_spans(self, text: str) -> list[Span]:
        return [Span(*match.span()) for match in _TOKEN.finditer(text)]

    def _row(self, text: str) -> Vectors:
        words = re.findall(r"\w+", text.casefold())
        row = np.sum([self._direction(word) for word in ["", *words]], axis=0)
        unit: Vectors = (row / np.linalg.norm(row)).astype(np.float32)
        return unit

    def _direction(self, word: str) -> Vectors:
        seed = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        found: Vectors = np.random.default_rng(int.from_bytes(seed, "big")).standard_normal(
            self.dimension, np.float32
        )
        return found
