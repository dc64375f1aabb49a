"""Vectors of texts that are longer than the model reads."""

import numpy as np

from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.whole_texts import embed_whole


def test_a_short_text_has_its_own_vector() -> None:
    embedder = HashingEmbedder(max_tokens=4)
    texts = ["a whale", "the bill"]
    assert np.allclose(embed_whole(embedder, texts), embedder.embed(texts))


def test_a_long_text_is_the_weighted_mean_of_its_pieces() -> None:
    embedder = HashingEmbedder(max_tokens=4)
    vector = embed_whole(embedder, ["one two six ten red sea"])[0]
    first, second = embedder.embed(["one two six ten", "red sea"])
    mean = 4 * first + 2 * second
    assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_no_texts_have_no_vectors() -> None:
    assert embed_whole(HashingEmbedder(), []).shape == (0, 32)
