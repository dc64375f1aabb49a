"""Drawn collections: the exact nearest passages, collections kept, and memory."""

import os
from pathlib import Path

import numpy as np
import pytest

from qa.evaluation.drawn_collection import RealPassage, draw_articles
from qa.evaluation.scale import (
    FILTERS,
    QUESTIONS_OF_A_ROW,
    RECALL_AT,
    KeptCollectionError,
    built,
    exact_nearest,
    questions_of_row,
    resident_mb,
    serving,
)

PASSAGES = 4_500
SENTENCES = ("The port is open.", "It was closed for a week.", "Ships wait outside.")


def test_the_exact_nearest_are_found_batch_by_batch() -> None:
    random = np.random.default_rng(3)
    real = [
        RealPassage(SENTENCES, each / np.linalg.norm(each))
        for each in random.normal(size=(20, 16)).astype(np.float32)
    ]
    questions = {name: random.normal(size=(3, 16)).astype(np.float32) for name in FILTERS}
    drawn = list(draw_articles(real, PASSAGES))
    ids = np.array([each.id for article, _ in drawn for each in article.passages])
    owners = [article.article.info for article, _ in drawn for _ in article.passages]
    vectors = np.concatenate([vectors for _, vectors in drawn])

    found = exact_nearest(draw_articles(real, PASSAGES), questions)

    for name, filters in FILTERS.items():
        allowed = np.array([filters.let_through(each) for each in owners])
        for best, row in zip(found[name], questions[name] @ vectors.T, strict=True):
            expected = ids[np.argsort(np.where(allowed, -row, np.inf))[:RECALL_AT]]
            assert set(best) == set(expected), name


def test_each_row_has_questions_of_its_own_if_there_are_enough() -> None:
    questions = [str(n) for n in range(2 * QUESTIONS_OF_A_ROW)]
    first, second, third = (questions_of_row(questions, place) for place in range(3))
    assert not {*first} & {*second}
    assert third == first


def test_a_kept_collection_is_used_only_for_the_articles_it_was_drawn_from(tmp_path: Path) -> None:
    vectors = np.eye(3, 384, dtype=np.float32)
    real = [RealPassage(SENTENCES, each) for each in vectors]
    rate = built(tmp_path, real, 16)
    assert built(tmp_path, real, 16) == rate
    others = [RealPassage(("It rained.",), each) for each in vectors]
    with pytest.raises(KeptCollectionError, match="keep the new one in another folder"):
        built(tmp_path, others, 16)


@pytest.mark.slow
def test_an_index_is_measured_without_the_settings_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path, [RealPassage(SENTENCES, np.eye(1, 384, dtype=np.float32)[0])], 16)
    monkeypatch.setenv("QA_DATABASE_URL", "postgresql://production/articles")
    monkeypatch.setenv("QA_CHROMA_URL", "http://production:8000")
    with serving(tmp_path) as (client, _, _):
        assert client.collection().articles == 2


@pytest.mark.skipif(not Path("/proc").exists(), reason="the system has no /proc")
def test_the_memory_of_a_process_is_read() -> None:
    assert (resident_mb(os.getpid()) or 0) > 1


def test_memory_is_unknown_where_it_cannot_be_read() -> None:
    no_process = 2**31 - 1
    assert resident_mb(no_process) is None
