"""The real embedder around a scripted model: batches, fairness, and the choice of weights."""

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from vectorstore import embedding, torch_extra
from vectorstore.bundled_model import bundled_folder
from vectorstore.embedding import BATCH, MANY, BundledEmbedder, SentenceTransformerEmbedder
from vectorstore.entailment import NamedEntailment
from vectorstore.errors import UserError
from vectorstore.passage_reader import NamedReader, NamedReranker
from vectorstore.torch_speed import CoreThreads
from vectorstore.types import Vectors

SECONDS = 20


class ScriptedModel:
    """Embeds a text as its length, a batch at a time, each when the test lets it."""

    def __init__(self, *, gated: bool = False, device: str = "cuda") -> None:
        self.batches: list[list[str]] = []
        self.device = SimpleNamespace(type=device)
        self._gated = gated
        self._begun = threading.Semaphore(0)
        self._allowed = threading.Semaphore(0)

    def get_embedding_dimension(self) -> int:
        return 2

    def encode(self, texts: Sequence[str], **options: object) -> Vectors:
        self.batches.append(list(texts))
        if self._gated:
            self._begun.release()
            assert self._allowed.acquire(timeout=SECONDS)
        return np.array([[len(text), 1] for text in texts], np.float32)

    def wait_for_a_batch(self) -> list[str]:
        assert self._begun.acquire(timeout=SECONDS)
        return self.batches[-1]

    def let_it_go(self) -> None:
        self._allowed.release()


def embedder_over(
    model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> SentenceTransformerEmbedder:
    monkeypatch.setattr(embedding, "_load_model", lambda setting: model)
    return SentenceTransformerEmbedder("scripted")


def test_texts_of_similar_length_share_a_batch_and_come_back_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = ScriptedModel()
    texts = ["x" * (1 + 37 * n % 50) for n in range(50)]
    vectors = embedder_over(model, monkeypatch).embed(texts)
    assert np.allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts])
    assert max(map(len, model.batches)) == BATCH
    lengths = [len(text) for batch in model.batches for text in batch]
    assert lengths == sorted(lengths, reverse=True)


def test_a_question_goes_between_two_batches_of_an_ingest(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ScriptedModel(gated=True)
    embedder = embedder_over(model, monkeypatch)
    batches = 20
    ingest = threading.Thread(target=embedder.embed, args=[["passage"] * (batches * BATCH)])
    question = threading.Thread(target=embedder.embed, args=[["question"]])
    ingest.start()
    model.wait_for_a_batch()
    question.start()
    embedded_before = 0
    while model.batches[-1] != ["question"]:
        embedded_before += 1
        model.let_it_go()
        model.wait_for_a_batch()
    assert embedded_before < batches / 2
    for _ in range(batches):
        model.let_it_go()
    for thread in (ingest, question):
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_on_a_cpu_batches_are_embedded_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ScriptedModel(gated=True, device="cpu")
    pytest.importorskip("torch")
    threads = CoreThreads(2)
    monkeypatch.setattr(embedding, "core_threads", lambda: threads)
    with ThreadPoolExecutor(1) as ingest:
        texts = ["x" * (1 + n) for n in range(3 * BATCH)]
        vectors = ingest.submit(embedder_over(model, monkeypatch).embed, texts)
        model.wait_for_a_batch()
        model.wait_for_a_batch()
        assert len(model.batches) == 2
        for _ in range(3):
            model.let_it_go()
        found = vectors.result(SECONDS)
    assert np.allclose(found[:, 0] / found[:, 1], [len(text) for text in texts])


def weights_in(folder: Path, content: bytes, name: str = "model.safetensors") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return str(folder)


def test_two_folders_of_one_name_are_told_apart_by_their_weights(tmp_path: Path) -> None:
    one = SentenceTransformerEmbedder(weights_in(tmp_path / "one" / "model", b"some weights"))
    other = SentenceTransformerEmbedder(weights_in(tmp_path / "other" / "model", b"others"))
    copy = SentenceTransformerEmbedder(weights_in(tmp_path / "copy" / "named-so", b"others"))
    assert one.name == other.name
    assert one.fingerprint == hashlib.sha256(b"some weights").hexdigest()
    assert one.fingerprint != other.fingerprint == copy.fingerprint


def test_weights_in_several_files_all_count(tmp_path: Path) -> None:
    folder = weights_in(tmp_path / "model", b"1", "model-1.safetensors")
    weights_in(tmp_path / "model", b"2", "model-2.safetensors")
    before = SentenceTransformerEmbedder(folder).fingerprint
    weights_in(tmp_path / "model", b"3", "model-2.safetensors")
    assert before != SentenceTransformerEmbedder(folder).fingerprint


def test_a_folder_without_weights_and_a_hub_name_have_no_fingerprint(tmp_path: Path) -> None:
    assert SentenceTransformerEmbedder(str(tmp_path)).fingerprint is None
    assert SentenceTransformerEmbedder("someone/some-model").fingerprint is None


def test_the_bundled_model_is_known_by_the_weights_it_has() -> None:
    folder = SentenceTransformerEmbedder(bundled_folder())
    bundled = BundledEmbedder()
    assert bundled.fingerprint == folder.fingerprint
    assert (bundled.dimension, bundled.max_tokens) == (folder.dimension, folder.max_tokens)


def test_without_torch_the_bundled_model_embeds_and_a_named_one_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch_extra, "find_spec", lambda name: None)
    monkeypatch.setattr(embedding, "bfloat16_is_faster", lambda: True)
    texts = ["The fund bought houses."] * (MANY + 1)
    assert BundledEmbedder().embed(texts).shape == (MANY + 1, 384)
    for use in (
        lambda: SentenceTransformerEmbedder("someone/some-model").embed(["text"]),
        lambda: NamedReader("someone/some-model").read("Who?", []),
        lambda: NamedReranker("someone/some-model").log_odds("Who?", []),
        lambda: NamedEntailment("someone/some-model").probabilities([("a", "b")]),
    ):
        with pytest.raises(
            UserError, match=r"someone/some-model.*pip install 'article-qa\[torch\]'"
        ):
            use()


@pytest.mark.parametrize("faster", [True, False])
def test_many_texts_get_the_vectors_that_few_get(
    faster: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {"embed": 1.0 if faster else 3.0, "_with_onnx": 2.0}
    monkeypatch.setattr(embedding, "bfloat16_is_faster", lambda: True)
    monkeypatch.setattr(embedding, "_seconds", lambda embed, texts: seconds[embed.__name__])
    monkeypatch.setattr(embedding, "MANY", BATCH)
    bundled = BundledEmbedder()
    texts = [f"The fund bought {n} houses. " * (1 + n % 30) for n in range(2 * BATCH)]
    together = bundled.embed(texts)
    assert ("_model" in bundled._with_torch.__dict__) is faster
    alone = np.concatenate([bundled.embed([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_a_few_texts_start_no_torch_and_many_are_tried_with_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding, "bfloat16_is_faster", lambda: True)
    monkeypatch.setattr(embedding, "MANY", 3 * BATCH)
    bundled = BundledEmbedder()
    texts = [f"Word {n}." for n in range(2 * BATCH)]
    bundled.embed(texts)
    assert "_with_torch" not in bundled.__dict__
    bundled.embed(texts)
    assert bundled.__dict__["_torch_is_faster"] in (True, False)
