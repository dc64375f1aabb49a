"""The contract of every embedder: the real one, and the fake used in other tests."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Embedder

TEXTS = [
    "Binance.US joined the Blockchain Association in August 2020.",
    "The Senate votes on the crypto bill on Tuesday.",
    "",
    " \n\t ",
    "\x00 \u200d \ufeff",
    "👩‍👩‍👧‍👦 e\u0301 שלום 中文沒有空格",
    "word " * 2_000,
    "x" * 10_000,
]


@pytest.fixture(params=["real", "fake"])
def each_embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "fake":
        return HashingEmbedder()
    found: Embedder = request.getfixturevalue("embedder")
    return found


def test_every_text_gets_a_unit_vector_in_the_order_given(each_embedder: Embedder) -> None:
    vectors = each_embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), each_embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    backwards = each_embedder.embed(TEXTS[::-1])
    assert np.allclose(np.sum(vectors * backwards[::-1], axis=1), 1, atol=2e-3)


def test_no_texts_are_no_rows(each_embedder: Embedder) -> None:
    assert each_embedder.embed([]).shape == (0, each_embedder.dimension)
    assert each_embedder.count_tokens([]) == []


def test_a_text_is_nearer_to_its_paraphrase_than_to_another(each_embedder: Embedder) -> None:
    question, near, far = each_embedder.embed(
        [
            "When did Binance.US join the Blockchain Association?",
            "In August 2020 Binance.US joined the Blockchain Association.",
            "Rain is expected over the northern hills this weekend.",
        ]
    )
    assert question @ near > question @ far + 0.2


@pytest.mark.parametrize("text", TEXTS)
def test_the_token_spans_are_the_tokens_that_are_counted(
    each_embedder: Embedder, text: str
) -> None:
    spans = each_embedder.token_spans(text)
    assert each_embedder.count_tokens([text, "and another"])[0] == len(spans)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(spans))


def test_tokens_are_counted_beyond_what_the_model_reads(each_embedder: Embedder) -> None:
    assert each_embedder.count_tokens(["word " * 2_000]) == [2_000]
    assert each_embedder.max_tokens < 2_000


def test_what_lies_beyond_the_limit_does_not_change_the_vector_of_the_real_model(
    embedder: Embedder,
) -> None:
    within = "word " * embedder.max_tokens
    vectors = embedder.embed([within, within + "and something else entirely"])
    assert vectors[0] @ vectors[1] == pytest.approx(1, abs=1e-3)
    shorter = embedder.embed(["senate " + "word " * (embedder.max_tokens - 2) + "bitcoin"])
    other = embedder.embed(["senate " + "word " * (embedder.max_tokens - 2) + "cattle"])
    assert shorter[0] @ other[0] < 0.9999


def test_any_thread_may_embed_at_the_same_time(each_embedder: Embedder) -> None:
    alone = each_embedder.embed(TEXTS[:2])
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: each_embedder.embed(TEXTS[:2]), range(8)))
    for vectors in together:
        assert np.allclose(vectors, alone, atol=1e-3)
