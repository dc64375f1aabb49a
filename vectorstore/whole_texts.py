"""Vectors of texts longer than an embedding model can read."""

from collections.abc import Sequence

import numpy as np

from vectorstore.types import Embedder, Span, Vectors


def embed_whole(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """One unit vector for each text, shape (len(texts), dimension).

    A text of more than `max_tokens` tokens is embedded in pieces; its vector is the mean of theirs,
    weighted by their number of tokens, as in
    https://cookbook.openai.com/examples/embedding_long_inputs.
    """
    pieces = [_pieces(embedder, text) for text in texts]
    vectors = embedder.embed(
        [
            text[piece.start : piece.end]
            for text, of in zip(texts, pieces, strict=True)
            for piece, _ in of
        ]
    )
    means = np.empty((len(texts), embedder.dimension), np.float32)
    first = 0
    for row, of in enumerate(pieces):
        weights = np.array([tokens for _, tokens in of], np.float32)
        means[row] = weights @ vectors[first : first + len(of)]
        first += len(of)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    unit: Vectors = means / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _pieces(embedder: Embedder, text: str) -> list[tuple[Span, int]]:
    """The ranges of a text that the model can read whole, each with its number of tokens."""
    tokens = embedder.token_spans(text)
    if len(tokens) <= embedder.max_tokens:
        return [(Span(0, len(text)), 1)]
    starts = range(0, len(tokens), embedder.max_tokens)
    groups = [tokens[start : start + embedder.max_tokens] for start in starts]
    return [(Span(each[0].start, each[-1].end), len(each)) for each in groups]
